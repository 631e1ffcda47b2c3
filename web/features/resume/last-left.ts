/** What the app keeps by itself of the last visit: one checkpoint, which the next one takes the place of. */
import type { Checkpoint } from '../../../engine/api/checkpoint.ts';
import {
  entryOf,
  LAST_LEFT,
  openCheckpoints,
  type CheckpointEntry,
} from '../checkpoints/checkpoint-database.ts';

/** Bytes of the browser's storage that are left to progress, drafts and images. */
const RESERVE = 64 * 1024 * 1024;

/** Fetched when there is something to keep: a page that is only looked at needs none of it. */
const files = () => import('../../../engine/cluster/checkpoint-files.ts');

/** Undefined when there is none. Rejects where the browser keeps nothing. */
export async function findLastLeft(): Promise<CheckpointEntry | undefined> {
  return (await openCheckpoints()).get('entries', LAST_LEFT);
}

/**
 * Takes the place of the one before, in one transaction: when the tab ends meanwhile, or there is no room, that one stays as it
 * is. Rejects with `QuotaExceededError` when too little room would be left for others.
 */
export async function keepLastLeft(checkpoint: Checkpoint): Promise<CheckpointEntry> {
  const { writeCheckpoint } = await files();
  const file = writeCheckpoint(checkpoint);
  const { quota = Infinity, usage = 0 } = await navigator.storage.estimate();
  if (quota - usage < file.size + RESERVE)
    throw new DOMException('There is no room for what is left.', 'QuotaExceededError');
  const entry = entryOf(LAST_LEFT, checkpoint, file.size);
  const transaction = (await openCheckpoints()).transaction(['entries', 'files'], 'readwrite', {
    durability: 'strict',
  });
  await Promise.all([
    transaction.objectStore('files').put(file, LAST_LEFT),
    transaction.objectStore('entries').put(entry),
    transaction.done,
  ]);
  return entry;
}

/** Rejects when another tab has deleted it, or it is damaged. */
export async function loadLastLeft(): Promise<Checkpoint> {
  const { readCheckpoint } = await files();
  return readCheckpoint(await lastLeftFile());
}

/** As it can be downloaded. */
export async function lastLeftFile(): Promise<Blob> {
  const file = await (await openCheckpoints()).get('files', LAST_LEFT);
  if (file === undefined) throw new Error('It was deleted in another tab.');
  return file;
}

/** Makes an ordinary checkpoint of it, so that the next one does not take its place. */
export async function setLastLeftAside(name: string): Promise<void> {
  const transaction = (await openCheckpoints()).transaction(['entries', 'files'], 'readwrite');
  const [entries, kept] = [transaction.objectStore('entries'), transaction.objectStore('files')];
  const [entry, file] = await Promise.all([entries.get(LAST_LEFT), kept.get(LAST_LEFT)]);
  if (entry === undefined || file === undefined) return;
  const id = crypto.randomUUID();
  await Promise.all([
    entries.put({ ...entry, id, name }),
    kept.put(file, id),
    entries.delete(LAST_LEFT),
    kept.delete(LAST_LEFT),
    transaction.done,
  ]);
}
