/** A two-way stream of bytes with back-pressure in both directions. Closing `writable` is a half-close. */
export interface ByteStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}
