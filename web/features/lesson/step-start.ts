import type { Checkpoint } from '../../../engine/api/checkpoint.ts';
import type { Lesson } from '../../../lessons/lesson.ts';
import type { Place } from '../../../lessons/place.ts';

/** Where the lesson happens, as it was when its learner came to a step. */
export interface StepStart {
  readonly step: string;
  /** the machine, or the cluster */
  readonly saved: Pick<Checkpoint, 'machine' | 'cluster'>;
}

/** Whether a step can be begun anew: machines beside the lesson's own are not saved with it. Such lessons begin anew as a whole. */
export function canKeepStart({ environment }: Lesson): boolean {
  return environment.kind === 'cluster' || Object.keys(environment.others).length === 0;
}

/** Undefined where the place cannot be saved now: the step is not offered to be begun anew then. */
export async function takeStart(place: Place, step: string): Promise<StepStart | undefined> {
  try {
    const saved =
      place.kind === 'machine'
        ? { machine: await place.machine.save() }
        : { cluster: await place.cluster.save(true) };
    return { step, saved };
  } catch {
    return undefined;
  }
}
