import type { SavedMachine } from '../../../engine/api/machine.ts';
import type { Lesson } from '../../../lessons/lesson.ts';
import type { Place } from '../../../lessons/place.ts';

/** The machine as it was when its learner came to a step. */
export interface StepStart {
  readonly step: string;
  readonly saved: SavedMachine;
}

/**
 * Whether a step can be begun anew. A cluster takes far longer to be saved and gone on from than a step is worth, and machines
 * beside the first one are not saved with it: such lessons begin anew as a whole.
 */
export function canKeepStart({ environment }: Lesson): boolean {
  return environment.kind === 'machine' && Object.keys(environment.others).length === 0;
}

/** Undefined where the machine cannot be saved now: the step is not offered to be begun anew then. */
export async function takeStart(place: Place, step: string): Promise<StepStart | undefined> {
  if (place.kind !== 'machine') return undefined;
  try {
    return { step, saved: await place.machine.save() };
  } catch {
    return undefined;
  }
}
