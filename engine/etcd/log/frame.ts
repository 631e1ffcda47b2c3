/**
 * The unit of everything stored: some records with a checksum. A frame of the log holds what one
 * flush made durable; a snapshot is a sequence of frames.
 *
 *   0  magic, 4 bytes       8  payload length, u32    16  index of the first record, u64
 *   4  CRC-32C of the rest  12  number of records, u32  24  payload: each record with its length before it
 *
 * Numbers are little-endian.
 */
import { EtcdError } from '../../api/etcd.ts';
import { crc32c } from '../../base/crc32c.ts';
import { concatenate } from '../../storage/memory-storage.ts';
import { ByteReader } from '../wire/byte-reader.ts';
import { ByteWriter } from '../wire/byte-writer.ts';

/** "DDF" and the version of the format */
const MAGIC = 0x01_46_44_44;
export const HEADER_BYTES = 24;
/** Longer payloads are not written, so a length beyond it is damage. A request is 1.5 MiB at most. */
export const MAX_PAYLOAD = 16 * 1024 * 1024;

export interface Frame {
  /** of the first record */
  readonly index: number;
  readonly count: number;
  readonly payload: Uint8Array;
}

/** The head of a frame, if there can be one at `offset`. */
function payloadLength(view: DataView, offset: number): number | undefined {
  if (offset + HEADER_BYTES > view.byteLength) return undefined;
  if (view.getUint32(offset, true) !== MAGIC) return undefined;
  const length = view.getUint32(offset + 8, true);
  return length <= MAX_PAYLOAD ? length : undefined;
}

/** The frame at `offset`, with the offset behind it. Undefined when there is none or it is damaged. */
export function frameAt(
  bytes: Uint8Array,
  offset: number,
): (Frame & { readonly end: number }) | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = payloadLength(view, offset);
  if (length === undefined) return undefined;
  const end = offset + HEADER_BYTES + length;
  if (end > bytes.length) return undefined;
  if (crc32c(bytes.subarray(offset + 8, end)) !== view.getUint32(offset + 4, true))
    return undefined;
  return {
    index: Number(view.getBigUint64(offset + 16, true)),
    count: view.getUint32(offset + 12, true),
    payload: bytes.subarray(offset + HEADER_BYTES, end),
    end,
  };
}

/** The frames of something stored as a whole. @throws EtcdError `CORRUPT` at the first damaged byte */
export async function* framesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  let bytes = new Uint8Array();
  let at = 0;
  for await (const chunk of chunks) {
    bytes = concatenate([bytes, chunk]);
    for (;;) {
      const frame = frameAt(bytes, 0);
      if (frame === undefined) break;
      yield frame;
      bytes = bytes.subarray(frame.end);
      at += frame.end;
    }
    if (bytes.length > HEADER_BYTES + MAX_PAYLOAD) break;
  }
  if (bytes.length > 0) throw new EtcdError('CORRUPT', `it is damaged at byte ${at}`);
}

/** Whether a whole frame of records after `index` begins anywhere from `offset` on. */
export function hasFrameAfter(bytes: Uint8Array, offset: number, index: number): boolean {
  const first = MAGIC & 0xff;
  for (let at = bytes.indexOf(first, offset); at !== -1; at = bytes.indexOf(first, at + 1)) {
    const frame = frameAt(bytes, at);
    if (frame !== undefined && frame.index > index) return true;
  }
  return false;
}

export function encodeFrame(index: number, records: readonly Uint8Array[]): Uint8Array {
  // A length takes at most four bytes.
  const most = records.reduce((sum, record) => sum + record.length + 4, HEADER_BYTES);
  const writer = new ByteWriter(most);
  writer.skip(HEADER_BYTES);
  for (const record of records) writer.bytes(record);
  const bytes = writer.end();
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(8, bytes.length - HEADER_BYTES, true);
  view.setUint32(12, records.length, true);
  view.setBigUint64(16, BigInt(index), true);
  view.setUint32(4, crc32c(bytes.subarray(8)), true);
  return bytes;
}

/** The records of a frame, without copies. */
export function recordsOf({ count, payload }: Frame): Uint8Array[] {
  const reader = new ByteReader(payload);
  return Array.from({ length: count }, () => reader.view());
}
