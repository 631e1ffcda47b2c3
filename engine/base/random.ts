/** A source of random numbers. */
export interface Random {
  /** `length` random bytes */
  bytes(length: number): Uint8Array<ArrayBuffer>;
  /** a number in [0, 1) */
  next(): number;
}

/** Asking the host costs much more than the bytes, and most want 16 of them: so many are fetched at once. */
const POOL_BYTES = 4096;
const pool = new Uint8Array(POOL_BYTES);
let used = POOL_BYTES;

/** Fresh bytes, which are wiped where they came from. */
function fromPool(length: number): Uint8Array<ArrayBuffer> {
  if (used + length > POOL_BYTES) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  const taken = pool.slice(used, used + length);
  pool.fill(0, used, used + length);
  used += length;
  return taken;
}

/** Cryptographic randomness of the host: identities, keys, entropy for guests. */
export const cryptoRandom: Random = {
  bytes(length) {
    if (length <= POOL_BYTES / 64) return fromPool(length);
    const result = new Uint8Array(length);
    // getRandomValues accepts at most 65,536 bytes a call (Web Cryptography API)
    for (let start = 0; start < length; start += 65_536)
      crypto.getRandomValues(result.subarray(start, start + 65_536));
    return result;
  },
  next() {
    const [value = 0] = new Uint32Array(fromPool(4).buffer);
    return value / 2 ** 32;
  },
};

/**
 * A repeatable sequence for tests and simulations; not for secrets.
 * The generator is mulberry32 (public domain, Tommy Ettinger): 32 bits of state.
 */
export class SeededRandom implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length }, () => Math.floor(this.next() * 256));
  }
}
