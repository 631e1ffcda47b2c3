const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads what a `ByteWriter` wrote. @throws RangeError when there is less than expected */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get ended(): boolean {
    return this.#at >= this.#bytes.length;
  }

  integer(): number {
    const value = this.#natural();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  text(): string {
    return decoder.decode(this.#take(this.#natural()));
  }

  /** A copy: what outlives the record must not keep all of it in memory. */
  bytes(): Uint8Array {
    return this.#take(this.#natural()).slice();
  }

  /** As `bytes`, without a copy. */
  view(): Uint8Array {
    return this.#take(this.#natural());
  }

  #natural(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new RangeError('the record is too short');
      if (byte < 128) return value + byte * scale;
      value += (byte - 128) * scale;
      scale *= 128;
    }
  }

  #take(length: number): Uint8Array {
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new RangeError('the record is too short');
    return this.#bytes.subarray(start, this.#at);
  }
}
