const encoder = new TextEncoder();

/** Builds a record. Grows as needed. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  /** @param capacity bytes that are likely */
  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** A safe integer, negative ones too: zigzag and base 128, least significant first. */
  integer(value: number): void {
    // No bit operations: they would cut off what is above 32 bits.
    this.natural(value < 0 ? -value * 2 - 1 : value * 2);
  }

  text(value: string): void {
    // UTF-8 takes at most three bytes a code unit.
    this.#reserve(value.length * 3 + 5);
    const start = this.#length;
    const guess = naturalSize(value.length);
    const { written } = encoder.encodeInto(value, this.#bytes.subarray(start + guess));
    const size = naturalSize(written);
    if (size !== guess)
      this.#bytes.copyWithin(start + size, start + guess, start + guess + written);
    this.natural(written);
    this.#length = start + size + written;
  }

  bytes(value: Uint8Array): void {
    this.natural(value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** Leaves room for something that is known later. */
  skip(count: number): void {
    this.#reserve(count);
    this.#length += count;
  }

  /** A copy of what was written. The writer starts anew. */
  take(): Uint8Array {
    const result = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return result;
  }

  /** What was written, without a copy. The writer must not be used any more. */
  end(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** An integer from 0 on, as Protocol Buffers write a varint. */
  natural(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

function naturalSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}
