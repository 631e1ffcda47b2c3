/**
 * Checkpoints, kept by the browser as the files that they can be downloaded as. What the list shows is stored
 * apart, so that showing it reads no machine and renaming writes none.
 */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { Checkpoint } from '../../../engine/api/checkpoint.ts';
import { readCheckpoint, writeCheckpoint } from '../../../engine/cluster/checkpoint-files.ts';
import { offerDownload } from '../../ui/offer-download.ts';

export interface CheckpointEntry {
  readonly id: string;
  readonly name: string;
  /** UNIX time in milliseconds */
  readonly savedAt: number;
  /** bytes */
  readonly size: number;
  /** id of the one that was gone on from when this one was made */
  readonly parent?: string;
  /** `machine`, `cluster`; one of an earlier version is a machine's */
  readonly holds?: readonly string[];
}

interface Schema extends DBSchema {
  entries: { key: string; value: CheckpointEntry };
  files: { key: string; value: Blob };
}

let database: Promise<IDBPDatabase<Schema>> | undefined;

function open(): Promise<IDBPDatabase<Schema>> {
  database ??= openDB<Schema>('drydock-machines', 1, {
    upgrade(db) {
      db.createObjectStore('entries', { keyPath: 'id' });
      db.createObjectStore('files');
    },
  });
  // Where the browser refuses, it may be asked again.
  database.catch(() => (database = undefined));
  return database;
}

/** Rejects where the browser keeps nothing. */
export async function listCheckpoints(): Promise<readonly CheckpointEntry[]> {
  return (await open()).getAll('entries');
}

/** Kept whole or not at all; gives its id. Rejects with `QuotaExceededError` when there is no room. */
export async function keepCheckpoint(checkpoint: Checkpoint, parent?: string): Promise<string> {
  // Asks the browser not to throw it away when the disk gets full. Its answer changes nothing here.
  await navigator.storage.persist().catch(() => false);
  const { name, savedAt, machine, cluster } = checkpoint;
  const file = writeCheckpoint(checkpoint);
  const entry: CheckpointEntry = {
    id: crypto.randomUUID(),
    name,
    savedAt,
    size: file.size,
    holds: Object.keys({ ...(machine && { machine }), ...(cluster && { cluster }) }),
    ...(parent === undefined ? {} : { parent }),
  };
  const transaction = (await open()).transaction(['entries', 'files'], 'readwrite');
  await Promise.all([
    transaction.objectStore('files').put(file, entry.id),
    transaction.objectStore('entries').put(entry),
    transaction.done,
  ]);
  return entry.id;
}

export async function renameCheckpoint(entry: CheckpointEntry, name: string): Promise<void> {
  await (await open()).put('entries', { ...entry, name });
}

/** Those that were gone on from it hang where it hung. */
export async function removeCheckpoint({ id, parent }: CheckpointEntry): Promise<void> {
  const transaction = (await open()).transaction(['entries', 'files'], 'readwrite');
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
  const file = await (await open()).get('files', id);
  if (file === undefined) throw new Error('It was deleted in another tab.');
  return { ...(await readCheckpoint(file)), name };
}

/** Offers it as a download. */
export function downloadCheckpoint(checkpoint: Checkpoint): void {
  const name = checkpoint.name.replaceAll(/[/\\:*?"<>|]/g, '-');
  offerDownload(writeCheckpoint(checkpoint), `${name}.drydock`);
}
