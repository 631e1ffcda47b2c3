/** Where checkpoints are in the browser: what lists show apart from the files, so that showing it reads no machine. */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { Checkpoint } from '../../../engine/api/checkpoint.ts';

export interface CheckpointEntry {
  readonly id: string;
  readonly name: string;
  /** UNIX time in milliseconds */
  readonly savedAt: number;
  /** bytes */
  readonly size: number;
  /** id of the one that was gone on from when this one was made */
  readonly parent?: string;
  /** `machine`, `others`, `cluster`; one of an earlier version is a machine's */
  readonly holds?: readonly string[];
}

/** id of the one that the app keeps by itself */
export const LAST_LEFT = 'last-left';

interface Schema extends DBSchema {
  entries: { key: string; value: CheckpointEntry };
  files: { key: string; value: Blob };
}

let database: Promise<IDBPDatabase<Schema>> | undefined;

/** Rejects where the browser keeps nothing. */
export function openCheckpoints(): Promise<IDBPDatabase<Schema>> {
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

/** What a list shows of a checkpoint. @param size of its file, in bytes */
export function entryOf(
  id: string,
  { name, savedAt, machine, others, cluster }: Checkpoint,
  size: number,
  parent?: string,
): CheckpointEntry {
  return {
    id,
    name,
    savedAt,
    size,
    holds: Object.entries({ machine, others, cluster }).flatMap(([part, kept]) =>
      kept === undefined ? [] : [part],
    ),
    ...(parent === undefined ? {} : { parent }),
  };
}

/** In words. What one of an earlier version holds is not written down: it was a machine. */
export function contentsOf({ holds = ['machine'] }: CheckpointEntry): string {
  const words = [
    ...(holds.includes('machine') ? ['Docker machine'] : []),
    ...(holds.includes('others') ? ['machines of the lesson'] : []),
    ...(holds.includes('cluster') ? ['cluster'] : []),
  ];
  return new Intl.ListFormat('en-GB').format(words);
}
