/** Reflected Castagnoli polynomial (RFC 3720, section 12.1). */
const POLYNOMIAL = 0x82f63b78;

function firstTable(): Int32Array {
  return Int32Array.from({ length: 256 }, (_value, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++)
      value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ POLYNOMIAL;
    return value;
  });
}

const t0 = firstTable();
/** The table for a byte that lies one further ahead. */
const ahead = (table: Int32Array): Int32Array =>
  table.map((value) => (value >>> 8) ^ (t0[value & 255] ?? 0));
// Four bytes are folded in at once ("slicing by 4", Kounavis and Berry, 2005).
const t1 = ahead(t0);
const t2 = ahead(t1);
const t3 = ahead(t2);

/** CRC-32C of `bytes`, going on from the checksum of what came before. An unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array, before = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let crc = ~before;
  let at = 0;
  for (const end = bytes.length - 3; at < end; at += 4) {
    crc ^= view.getInt32(at, true);
    crc =
      (t3[crc & 255] ?? 0) ^
      (t2[(crc >>> 8) & 255] ?? 0) ^
      (t1[(crc >>> 16) & 255] ?? 0) ^
      (t0[crc >>> 24] ?? 0);
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ (t0[(crc ^ view.getUint8(at)) & 255] ?? 0);
  return ~crc >>> 0;
}
