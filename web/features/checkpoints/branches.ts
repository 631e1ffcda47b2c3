import type { CheckpointEntry } from './checkpoint-database.ts';

export interface Branch {
  readonly entry: CheckpointEntry;
  readonly children: readonly Branch[];
}

/** Checkpoints below those they were gone on from; the newest first, at each place. */
export function branchesOf(entries: readonly CheckpointEntry[]): readonly Branch[] {
  const known = new Set(entries.map(({ id }) => id));
  const newest = entries.toSorted((one, other) => other.savedAt - one.savedAt);
  const below = (parent: string | undefined): readonly Branch[] =>
    newest
      .filter((entry) => (known.has(entry.parent ?? '') ? entry.parent : undefined) === parent)
      .map((entry) => ({ entry, children: below(entry.id) }));
  return below(undefined);
}
