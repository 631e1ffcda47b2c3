/** A protobuf message that is being written; fields that are undefined are left out. */
export class ProtobufWriter {
  #bytes = new Uint8Array(256);
  #size = 0;

  /** What has been written; valid until the next write. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  text(field: number, value: unknown): void {
    if (typeof value === 'string') this.#block(field, new TextEncoder().encode(value));
  }

  texts(field: number, values: unknown): void {
    if (Array.isArray(values)) for (const value of values) this.text(field, value);
  }

  flag(field: number, value: unknown): void {
    if (value === true) this.#number(field, 1);
  }

  whole(field: number, value: unknown): void {
    if (typeof value === 'number') this.#number(field, value);
  }

  double(field: number, value: unknown): void {
    if (typeof value !== 'number') return;
    this.#varint(field * 8 + 1);
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value, true);
    this.#append(bytes);
  }

  /** A message of its own; written even if it turns out empty. */
  message(field: number, write: (writer: ProtobufWriter) => void): void {
    const inner = new ProtobufWriter();
    write(inner);
    this.#block(field, inner.bytes);
  }

  #number(field: number, value: number): void {
    this.#varint(field * 8);
    this.#varint(value);
  }

  #block(field: number, bytes: Uint8Array): void {
    this.#varint(field * 8 + 2);
    this.#varint(bytes.length);
    this.#append(bytes);
  }

  #varint(value: number): void {
    this.#reserve(10);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#size++] = (rest % 0x80) + 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#size++] = rest;
  }

  #append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#size);
    this.#size += bytes.length;
  }

  #reserve(more: number): void {
    if (this.#size + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#size + more));
    larger.set(this.bytes);
    this.#bytes = larger;
  }
}
