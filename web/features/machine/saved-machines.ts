/**
 * Machines that the learner saved, kept by the browser as the files that they can be downloaded as. What
 * the list shows is stored apart, so that showing it reads no machine and renaming writes none.
 */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { readMachineFile, writeMachineFile } from '../../../engine/cluster/machine-files.ts';
import type { MachineFile } from '../../../engine/api/machine.ts';

export interface SavedEntry {
  readonly id: string;
  readonly name: string;
  /** UNIX time in milliseconds */
  readonly savedAt: number;
  /** bytes */
  readonly size: number;
}

interface Schema extends DBSchema {
  entries: { key: string; value: SavedEntry };
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

/** Newest first. Rejects where the browser keeps nothing. */
export async function listSaved(): Promise<readonly SavedEntry[]> {
  const entries = await (await open()).getAll('entries');
  return entries.toSorted((one, other) => other.savedAt - one.savedAt);
}

/** Kept whole or not at all. Rejects with `QuotaExceededError` when there is no room. */
export async function keepSaved(machine: MachineFile): Promise<void> {
  // Asks the browser not to throw it away when the disk gets full. Its answer changes nothing here.
  await navigator.storage.persist().catch(() => false);
  const { name, savedAt } = machine;
  const file = writeMachineFile(machine);
  const id = crypto.randomUUID();
  const transaction = (await open()).transaction(['entries', 'files'], 'readwrite');
  await Promise.all([
    transaction.objectStore('files').put(file, id),
    transaction.objectStore('entries').put({ id, name, savedAt, size: file.size }),
    transaction.done,
  ]);
}

export async function renameSaved(entry: SavedEntry, name: string): Promise<void> {
  await (await open()).put('entries', { ...entry, name });
}

export async function removeSaved({ id }: SavedEntry): Promise<void> {
  const transaction = (await open()).transaction(['entries', 'files'], 'readwrite');
  await Promise.all([
    transaction.objectStore('files').delete(id),
    transaction.objectStore('entries').delete(id),
    transaction.done,
  ]);
}

/** Under the name it has now. Rejects when another tab has deleted it, or it is damaged. */
export async function readSaved({ id, name }: SavedEntry): Promise<MachineFile> {
  const file = await (await open()).get('files', id);
  if (file === undefined) throw new Error('It was deleted in another tab.');
  return { ...(await readMachineFile(file)), name };
}

/** Offers the machine as a download. */
export function downloadMachine(machine: MachineFile): void {
  const url = URL.createObjectURL(writeMachineFile(machine));
  const link = document.createElement('a');
  link.href = url;
  link.download = `${machine.name.replaceAll(/[/\\:*?"<>|]/g, '-')}.drydock`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
