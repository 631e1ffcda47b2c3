import type { Storage } from '../../storage/storage.ts';
import type { Command } from '../state/command.ts';
import { StateMachine, type Identity } from '../state/state-machine.ts';
import { decodeCommand } from '../wire/command-codec.ts';
import {
  corrupt,
  fileName,
  indexesIn,
  LOG,
  readFile,
  readSegment,
  SNAPSHOTS,
} from './data-directory.ts';
import { framesOf } from './frame.ts';
import { LogWriter } from './log-writer.ts';
import { captureSnapshot, readSnapshot } from './snapshot.ts';

export interface Recovered {
  readonly machine: StateMachine;
  readonly log: LogWriter;
}

/**
 * The state as of the last command that was durable. An empty storage becomes a new member.
 * @throws EtcdError `CORRUPT` when something that was durable is damaged or missing
 */
export async function recover(storage: Storage, newIdentity: () => Identity): Promise<Recovered> {
  const snapshots = await indexesIn(storage, SNAPSHOTS);
  const segments = await indexesIn(storage, LOG);
  const newest = snapshots.at(-1);
  if (newest === undefined) {
    if (segments.length > 0) throw corrupt('there is a log but no snapshot it goes on from');
    return create(storage, newIdentity());
  }
  const machine = await load(storage, fileName(SNAPSHOTS, newest));
  const tail = await replay(storage, machine, segments);
  const log = await LogWriter.open(storage, tail.first, machine.appliedIndex + 1, tail.validSize);
  await removeOld(storage, newest, tail.oldest);
  return { machine, log };
}

async function create(storage: Storage, identity: Identity): Promise<Recovered> {
  const machine = new StateMachine(identity);
  await writeSnapshot(storage, machine.appliedIndex, captureSnapshot(machine));
  return { machine, log: await LogWriter.open(storage, 1, 1, 0) };
}

async function load(storage: Storage, name: string): Promise<StateMachine> {
  try {
    return await readSnapshot(framesOf(readFile(storage, name)));
  } catch (error) {
    throw corrupt(`${name} cannot be used: ${error instanceof Error ? error.message : ''}`, error);
  }
}

/** Where the log is to go on, and the first index of the oldest segment that the snapshot needs. */
interface Tail {
  readonly oldest: number;
  readonly first: number;
  readonly validSize: number;
}

/** Applies what the log has after the snapshot. */
async function replay(
  storage: Storage,
  machine: StateMachine,
  segments: readonly number[],
): Promise<Tail> {
  // Older segments than the last that begins at or before the end of the snapshot are not needed.
  const start = segments.findLastIndex((first) => first <= machine.appliedIndex + 1);
  const needed = segments.slice(Math.max(0, start));
  const oldest = needed[0] ?? machine.appliedIndex + 1;
  let tail: Tail = { oldest, first: oldest, validSize: 0 };
  for (const [position, first] of needed.entries()) {
    if (first > machine.appliedIndex + 1)
      throw corrupt(`commands ${machine.appliedIndex + 1} to ${first - 1} are missing`);
    const segment = await readSegment(storage, first, position === needed.length - 1);
    for (const record of segment.records.slice(machine.appliedIndex + 1 - first))
      machine.apply(commandIn(record, machine.appliedIndex + 1));
    tail = { oldest, first, validSize: segment.validSize };
  }
  return tail;
}

function commandIn(record: Uint8Array, index: number): Command {
  try {
    return decodeCommand(record);
  } catch (error) {
    throw corrupt(`command ${index} is of a later version, or of something else`, error);
  }
}

/** Stores a snapshot as a whole. @param index of the last command it holds */
export async function writeSnapshot(
  storage: Storage,
  index: number,
  frames: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const writer = await storage.create();
  try {
    for await (const frame of frames) await writer.write(frame);
    await writer.commit(fileName(SNAPSHOTS, index));
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** Removes what the snapshot at `index` replaced: older snapshots, and segments before `first`. */
export async function removeOld(storage: Storage, index: number, first: number): Promise<void> {
  for (const old of await indexesIn(storage, SNAPSHOTS))
    if (old < index) await storage.remove(fileName(SNAPSHOTS, old));
  for (const old of await indexesIn(storage, LOG))
    if (old < first) await storage.remove(fileName(LOG, old));
}
