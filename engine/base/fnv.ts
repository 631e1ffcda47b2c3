/** Offset basis and prime of the 32-bit hashes (http://www.isthe.com/chongo/tech/comp/fnv/). */
const BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/** FNV-1, 32 bits: an unsigned number. */
export function fnv32(bytes: Uint8Array): number {
  let hash = BASIS;
  for (const byte of bytes) hash = Math.imul(hash, PRIME) ^ byte;
  return hash >>> 0;
}

/** FNV-1a, 32 bits: an unsigned number. */
export function fnv32a(bytes: Uint8Array): number {
  let hash = BASIS;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, PRIME);
  return hash >>> 0;
}
