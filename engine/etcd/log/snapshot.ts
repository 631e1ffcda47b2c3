/**
 * The whole state as a sequence of frames: first a record about the whole, then the leases and all
 * versions in the order of their revisions, at last an empty frame that says nothing is missing.
 */
import { EtcdError } from '../../api/etcd.ts';
import { StateMachine, type Identity } from '../state/state-machine.ts';
import { Version } from '../store/version.ts';
import { ByteReader } from '../wire/byte-reader.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import { encodeFrame, recordsOf, type Frame } from './frame.ts';

/** Bytes after which a frame is closed: much smaller than what a reader accepts, large enough to be few. */
const FRAME_BYTES = 256 * 1024;

/** Takes hold of the state as it is now; the frames may be asked for later, while it changes. */
export function captureSnapshot(machine: StateMachine): Generator<Uint8Array, void, void> {
  const { store, identity, appliedIndex, term } = machine;
  const versions = [...store.log];
  const leases = machine.leases.all;
  const writer = new ByteWriter();
  writer.text(identity.clusterId);
  writer.text(identity.memberId);
  writer.integer(appliedIndex);
  writer.integer(term);
  writer.integer(store.revision);
  writer.integer(store.compactRevision);
  writer.integer(leases.length);
  for (const { id, ttl } of leases) {
    writer.integer(id);
    writer.integer(ttl);
  }
  writer.integer(versions.length);
  return frames(writer.take(), versions);
}

function* frames(
  about: Uint8Array,
  versions: readonly Version[],
): Generator<Uint8Array, void, void> {
  yield encodeFrame(0, [about]);
  const writer = new ByteWriter();
  let records: Uint8Array[] = [];
  let size = 0;
  let next = 1;
  for (const version of versions) {
    const record = encodeVersion(writer, version);
    records.push(record);
    size += record.length;
    if (size < FRAME_BYTES) continue;
    yield encodeFrame(next, records);
    next += records.length;
    records = [];
    size = 0;
  }
  if (records.length > 0) yield encodeFrame(next, records);
  yield encodeFrame(next + records.length, []);
}

function encodeVersion(writer: ByteWriter, version: Version): Uint8Array {
  writer.text(version.key);
  writer.bytes(version.value);
  writer.integer(version.createRevision);
  writer.integer(version.modRevision);
  writer.integer(version.version);
  writer.integer(version.lease);
  writer.integer(version.sub);
  return writer.take();
}

function decodeVersion(record: Uint8Array): Version {
  const reader = new ByteReader(record);
  const fields = {
    key: reader.text(),
    value: reader.bytes(),
    createRevision: reader.integer(),
    modRevision: reader.integer(),
    version: reader.integer(),
    lease: reader.integer(),
  };
  return new Version(fields, reader.integer());
}

/**
 * The state a snapshot holds.
 * @param identity of the member that takes it up; the snapshot's own when absent
 * @throws EtcdError `CORRUPT` when frames are missing
 */
export async function readSnapshot(
  frames: AsyncIterable<Frame>,
  identity?: Identity,
): Promise<StateMachine> {
  const versions: Version[] = [];
  let about: Uint8Array | undefined;
  let complete = false;
  let next = 0;
  for await (const frame of frames) {
    if (complete || frame.index !== next) throw new EtcdError('CORRUPT', 'frames are out of order');
    next += frame.count;
    const records = recordsOf(frame);
    if (about === undefined) about = records[0];
    else for (const record of records) versions.push(decodeVersion(record));
    complete = frame.count === 0;
  }
  if (about === undefined || !complete) throw new EtcdError('CORRUPT', 'the end is missing');
  return restore(new ByteReader(about), versions, identity);
}

function restore(
  about: ByteReader,
  versions: readonly Version[],
  identity: Identity | undefined,
): StateMachine {
  const own = { clusterId: about.text(), memberId: about.text() };
  const machine = new StateMachine(identity ?? own);
  machine.appliedIndex = about.integer();
  machine.term = about.integer();
  const revision = about.integer();
  const compactRevision = about.integer();
  for (let left = about.integer(); left > 0; left--)
    machine.leases.grant(about.integer(), about.integer());
  if (about.integer() !== versions.length) throw new EtcdError('CORRUPT', 'versions are missing');
  machine.restore(revision, compactRevision, versions);
  return machine;
}
