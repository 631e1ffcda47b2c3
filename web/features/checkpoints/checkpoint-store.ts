/**
 * Checkpoints, kept by the browser as the files that they can be downloaded as. What the list shows is stored
 * apart, so that showing it reads no machine and renaming writes none.
 */
import type { Checkpoint } from '../../../engine/api/checkpoint.ts';
import { readCheckpoint, writeCheckpoint } from '../../../engine/cluster/checkpoint-files.ts';
import { offerDownload } from '../../ui/offer-download.ts';
import {
  entryOf,
  LAST_LEFT,
  openCheckpoints,
  type CheckpointEntry,
} from './checkpoint-database.ts';

/** Those that somebody made. Rejects where the browser keeps nothing. */
export async function listCheckpoints(): Promise<readonly CheckpointEntry[]> {
  const entries = await (await openCheckpoints()).getAll('entries');
  return entries.filter(({ id }) => id !== LAST_LEFT);
}

/** Kept whole or not at all; gives its id. Rejects with `QuotaExceededError` when there is no room. */
export async function keepCheckpoint(checkpoint: Checkpoint, parent?: string): Promise<string> {
  // Asks the browser not to throw it away when the disk gets full. Its answer changes nothing here.
  await navigator.storage.persist().catch(() => false);
  const file = writeCheckpoint(checkpoint);
  const entry = entryOf(crypto.randomUUID(), checkpoint, file.size, parent);
  const transaction = (await openCheckpoints()).transaction(['entries', 'files'], 'readwrite');
  await Promise.all([
    transaction.objectStore('files').put(file, entry.id),
    transaction.objectStore('entries').put(entry),
    transaction.done,
  ]);
  return entry.id;
}

export async function renameCheckpoint(entry: CheckpointEntry, name: string): Promise<void> {
  await (await openCheckpoints()).put('entries', { ...entry, name });
}

/** Those that were gone on from it hang where it hung. */
export async function removeCheckpoint({ id, parent }: CheckpointEntry): Promise<void> {
  const transaction = (await openCheckpoints()).transaction(['entries', 'files'], 'readwrite');
  const entries = transaction.objectStore('entries');
  for (const entry of await entries.getAll()) {
    if (entry.parent !== id) continue;
    const { parent: _, ...child } = entry;
    await entries.put(parent === undefined ? child : { ...child, parent });
  }
  await Promise.all([
    transaction.objectStore('files').delete(id),
    entries.delete(id),
    transaction.done,
  ]);
}

/** Under the name it has now. Rejects when another tab has deleted it, or it is damaged. */
export async function loadCheckpoint({ id, name }: CheckpointEntry): Promise<Checkpoint> {
  const file = await (await openCheckpoints()).get('files', id);
  if (file === undefined) throw new Error('It was deleted in another tab.');
  return { ...(await readCheckpoint(file)), name };
}

/** Offers it as a download. */
export function downloadCheckpoint(checkpoint: Checkpoint): void {
  const name = checkpoint.name.replaceAll(/[/\\:*?"<>|]/g, '-');
  offerDownload(writeCheckpoint(checkpoint), `${name}.drydock`);
}
