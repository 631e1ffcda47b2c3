import type { Checkpoint, World } from '../../../engine/api/checkpoint.ts';
import { openFilesRecord, restoreOpenFiles } from '../editor/open-files.ts';

/** The machines, to be kept and gone on from. */
export interface Savable {
  /** What `save` leaves out now, a sentence each. */
  readonly leavesOut: () => readonly string[];
  /** Rejects when nothing runs. */
  readonly save: () => Promise<World>;
  /**
   * Rejects when it was refused; what was there goes on then. Resolves to whether the machine runs: when it does not, the
   * page says why.
   */
  readonly goOnFrom: (world: World) => Promise<boolean>;
}

/** Everything as it is now, with the place in the course and the files that are open. */
export async function takeCheckpoint(world: Savable, name: string): Promise<Checkpoint> {
  const { hash } = location;
  return {
    name,
    savedAt: Date.now(),
    ...(hash === '' ? {} : { place: hash }),
    openFiles: openFilesRecord(),
    ...(await world.save()),
  };
}

/** @returns whether the machine runs. Rejects as `Savable.goOnFrom` does. */
export async function goOnFromCheckpoint(world: Savable, checkpoint: Checkpoint): Promise<boolean> {
  const runs = await world.goOnFrom(checkpoint);
  if (checkpoint.openFiles !== undefined) restoreOpenFiles(checkpoint.openFiles);
  if (checkpoint.place !== undefined) location.hash = checkpoint.place;
  return runs;
}
