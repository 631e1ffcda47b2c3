/**
 * What etcd keeps in a storage: `snapshots/N` is the state after the command with index N, and
 * `log/N` holds the commands from index N on. There is always a snapshot; the log goes on from it.
 */
import { EtcdError } from '../../api/etcd.ts';
import type { Storage } from '../../storage/storage.ts';
import { frameAt, hasFrameAfter, recordsOf } from './frame.ts';

const INDEX_DIGITS = 16;
/** Bytes read at once. */
const WINDOW_BYTES = 4 * 1024 * 1024;

export const LOG = 'log/';
export const SNAPSHOTS = 'snapshots/';

export function fileName(directory: string, index: number): string {
  return directory + String(index).padStart(INDEX_DIGITS, '0');
}

/** Indexes of the files in a directory, ascending. */
export async function indexesIn(storage: Storage, directory: string): Promise<number[]> {
  const files = await storage.list(directory);
  return files.map(({ name }) => Number(name.slice(directory.length))).sort((a, b) => a - b);
}

/** Refuses to go on, and says what can be done. */
export function corrupt(what: string, cause?: unknown): EtcdError {
  return new EtcdError(
    'CORRUPT',
    `etcdserver: corrupt data: ${what}. Nothing was changed. To go on, restore a snapshot into an ` +
      'empty data directory (drydock etcd restore FILE --data DIRECTORY); to begin anew, ' +
      'remove the data directory.',
    cause === undefined ? undefined : { cause },
  );
}

/** The bytes of a stored file in order. */
export async function* readFile(storage: Storage, name: string): AsyncGenerator<Uint8Array> {
  for (let at = 0; ; at += WINDOW_BYTES) {
    const bytes = await storage.read(name, at, WINDOW_BYTES);
    if (bytes === undefined || bytes.length === 0) return;
    yield bytes;
  }
}

/** A part of the log as it was found. */
export interface Segment {
  readonly records: readonly Uint8Array[];
  /** bytes that hold whole frames; what is behind them was never acknowledged */
  readonly validSize: number;
}

/**
 * Reads `log/first`. Each frame was durable before the next was begun, so only the last frame of
 * the last segment may be torn; it was never acknowledged and is left out. A damaged frame with a
 * whole one behind it was durable once.
 * @throws EtcdError `CORRUPT`
 */
export async function readSegment(
  storage: Storage,
  first: number,
  last: boolean,
): Promise<Segment> {
  const name = fileName(LOG, first);
  const size = (await storage.size(name)) ?? 0;
  const bytes = (await storage.read(name, 0, size)) ?? new Uint8Array();
  const records: Uint8Array[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const frame = frameAt(bytes, offset);
    if (frame === undefined) {
      if (!last)
        throw corrupt(`${name} is damaged at byte ${offset}, and the log goes on after it`);
      if (hasFrameAfter(bytes, offset + 1, first + records.length))
        throw corrupt(`${name} is damaged at byte ${offset}, and whole records follow`);
      break;
    }
    if (frame.index !== first + records.length)
      throw corrupt(`${name} has record ${frame.index} where ${first + records.length} belongs`);
    records.push(...recordsOf(frame));
    offset = frame.end;
  }
  return { records, validSize: offset };
}
