import type { World } from '../../../engine/api/checkpoint.ts';
import type { Place } from '../../../lessons/place.ts';

/** Where the lesson happens, as it was when its learner came to a step. */
export interface StepStart {
  readonly step: string;
  /** the machine with those beside it, or the cluster */
  readonly saved: World;
}

/** Undefined where the place cannot be saved now: the step is not offered to be begun anew then. */
export async function takeStart(place: Place, step: string): Promise<StepStart | undefined> {
  try {
    if (place.kind === 'cluster')
      return { step, saved: { cluster: await place.cluster.save(true) } };
    const [machine, others] = await Promise.all([place.machine.save(), place.others.save()]);
    return { step, saved: { machine, ...(others && { others }) } };
  } catch {
    return undefined;
  }
}
