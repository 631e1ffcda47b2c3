import type { World } from '../../../engine/api/checkpoint.ts';
import type { KeptMachines } from '../../../lessons/other-machines.ts';
import type { Place } from '../../../lessons/place.ts';

/** Where the lesson happens, as it was when its learner came to a step. */
export interface StepStart {
  readonly step: string;
  /** the machine, or the cluster */
  readonly saved: World;
  /** machines beside the lesson's own */
  readonly others: KeptMachines;
}

/** Undefined where the place cannot be saved now: the step is not offered to be begun anew then. */
export async function takeStart(place: Place, step: string): Promise<StepStart | undefined> {
  try {
    if (place.kind === 'cluster')
      return { step, saved: { cluster: await place.cluster.save(true) }, others: {} };
    const [machine, others] = await Promise.all([place.machine.save(), place.others.save()]);
    return { step, saved: { machine }, others };
  } catch {
    return undefined;
  }
}
