/**
 * What the learner last typed into each file, kept by the browser. A reload ends the machine, and with it
 * may go what was saved there; this brings it back. By machine and path.
 */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { storageRefused } from '../../ui/storage-health.ts';

interface Schema extends DBSchema {
  drafts: {
    key: [machine: string, path: string];
    value: { machine: string; path: string; text: string; time: number };
  };
}

export interface Drafts {
  /** undefined when this file was never edited here */
  text(path: string): Promise<string | undefined>;
  keep(path: string, text: string): Promise<void>;
  drop(path: string): Promise<void>;
  paths(): Promise<readonly string[]>;
}

let database: Promise<IDBPDatabase<Schema>> | undefined;

function open(): Promise<IDBPDatabase<Schema>> {
  return (database ??= openDB<Schema>('drydock-editor', 1, {
    upgrade: (db) => void db.createObjectStore('drafts', { keyPath: ['machine', 'path'] }),
  }));
}

/** Drafts of one machine. Where the browser keeps nothing (some private windows), they are lost on reload, and nothing else happens. */
export function draftsOf(machine: string): Drafts {
  const attempt = async <T>(
    action: (db: IDBPDatabase<Schema>) => Promise<T>,
    otherwise: T,
  ): Promise<T> => {
    try {
      return await action(await open());
    } catch (error) {
      storageRefused(error);
      return otherwise;
    }
  };
  return {
    text: (path) =>
      attempt(async (db) => (await db.get('drafts', [machine, path]))?.text, undefined),
    keep: (path, text) =>
      attempt(
        async (db) => void (await db.put('drafts', { machine, path, text, time: Date.now() })),
        undefined,
      ),
    drop: (path) => attempt((db) => db.delete('drafts', [machine, path]), undefined),
    paths: () =>
      attempt(
        async (db) =>
          (
            await db.getAllKeys('drafts', IDBKeyRange.bound([machine, ''], [machine, '\uFFFF']))
          ).map(([, path]) => path),
        [],
      ),
  };
}
