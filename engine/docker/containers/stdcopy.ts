/** Docker's framing of two output streams on one connection: type, three zeros, length (4 bytes, big-endian), payload. */
const STDOUT = 1;
const STDERR = 2;

const HEADER = 8;

export function frame(stream: 'stdout' | 'stderr', bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(HEADER + bytes.length);
  result[0] = stream === 'stdout' ? STDOUT : STDERR;
  new DataView(result.buffer).setUint32(4, bytes.length);
  result.set(bytes, HEADER);
  return result;
}
