import { crc32c } from '../../base/crc32c.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import type { MvccStore } from './mvcc-store.ts';
import type { Version } from './version.ts';

/** Tags of the fields of `mvccpb.KeyValue`: number times 8 plus wire type (0 varint, 2 bytes). */
const KEY = 0x0a;
const CREATE_REVISION = 0x10;
const MOD_REVISION = 0x18;
const VERSION = 0x20;
const VALUE = 0x2a;
const LEASE = 0x30;

/**
 * The checksum etcd computes for the same history (`storage/mvcc/hash.go`): CRC-32C over the name
 * of its bucket and then each version as it stores it, up to `revision`. Of what the compaction
 * left below its revision only that counts which is valid at `revision`; unless nothing is, then all
 * of it but deletions.
 */
export function hashKv(store: MvccStore, revision: number): number {
  const { log, compactRevision } = store;
  let empty = true;
  store.scan({ key: '\0', rangeEnd: '\0' }, revision, () => (empty = false));
  const writer = new ByteWriter();
  let hash = crc32c(new TextEncoder().encode('key'));
  for (const version of log) {
    if (version.modRevision > revision) break;
    if (version.modRevision <= compactRevision) {
      const counts = empty ? !version.tombstone : store.get(version.key, revision) === version;
      if (!counts) continue;
    }
    hash = crc32c(encodeValue(writer, version), crc32c(encodeRevision(version), hash));
  }
  return hash;
}

/** The key of a version in etcd's bucket: big-endian revision and place in it, marked for a deletion. */
function encodeRevision(version: Version): Uint8Array {
  const bytes = new Uint8Array(version.tombstone ? 18 : 17);
  const view = new DataView(bytes.buffer);
  view.setBigInt64(0, BigInt(version.modRevision));
  bytes[8] = '_'.charCodeAt(0);
  view.setBigInt64(9, BigInt(version.sub));
  if (version.tombstone) bytes[17] = 't'.charCodeAt(0);
  return bytes;
}

/** A version as `mvccpb.KeyValue`. Of a deletion etcd stores the key alone. */
function encodeValue(writer: ByteWriter, version: Version): Uint8Array {
  writer.natural(KEY);
  writer.text(version.key);
  if (version.tombstone) return writer.take();
  writer.natural(CREATE_REVISION);
  writer.natural(version.createRevision);
  writer.natural(MOD_REVISION);
  writer.natural(version.modRevision);
  writer.natural(VERSION);
  writer.natural(version.version);
  if (version.value.length > 0) {
    writer.natural(VALUE);
    writer.bytes(version.value);
  }
  if (version.lease !== 0) {
    writer.natural(LEASE);
    writer.natural(version.lease);
  }
  return writer.take();
}
