import { HttpError } from './http-error.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const latin1 = new TextDecoder('latin1');

/** Reads lines and counted bytes from a stream; what is not asked for stays there for the next reader. */
export class ByteReader {
  readonly #source: ReadableStreamDefaultReader<Uint8Array>;
  #buffer: Uint8Array = new Uint8Array(0);
  #ended = false;
  #pending: Promise<boolean> | undefined;
  #failure: unknown;

  constructor(readable: ReadableStream<Uint8Array>) {
    this.#source = readable.getReader();
  }

  /** Waits until bytes can be read. False at the end of the stream. Several callers may wait at once. */
  async available(): Promise<boolean> {
    return this.#buffer.length > 0 || this.#fill();
  }

  /** Between 1 and `limit` bytes, as they come; undefined at the end. */
  async some(limit = Number.POSITIVE_INFINITY): Promise<Uint8Array | undefined> {
    if (!(await this.available())) return undefined;
    const bytes = this.#buffer.subarray(0, Math.min(limit, this.#buffer.length));
    this.#buffer = this.#buffer.subarray(bytes.length);
    return bytes;
  }

  /** So many bytes. Undefined at the end of the stream. Error: `CLOSED_EARLY` when it ends within them. */
  async exactly(length: number): Promise<Uint8Array | undefined> {
    while (this.#buffer.length < length) {
      if (await this.#fill()) continue;
      if (this.#buffer.length === 0) return undefined;
      throw new HttpError('CLOSED_EARLY', `The connection closed before byte ${length}.`);
    }
    const bytes = this.#buffer.subarray(0, length);
    this.#buffer = this.#buffer.subarray(length);
    return bytes;
  }

  /**
   * A line without its line break (CRLF, or LF alone as RFC 9112 section 2.2 allows).
   * Undefined at the end of the stream. Errors: `TOO_LARGE`, and `CLOSED_EARLY` inside a line.
   */
  async line(limit: number): Promise<string | undefined> {
    let searched = 0;
    for (;;) {
      const end = this.#buffer.indexOf(LINE_FEED, searched);
      if (end > limit || (end < 0 && this.#buffer.length > limit)) {
        throw new HttpError('TOO_LARGE', `A line is longer than ${limit} bytes.`);
      }
      if (end >= 0) {
        const length = end > 0 && this.#buffer[end - 1] === CARRIAGE_RETURN ? end - 1 : end;
        const line = latin1.decode(this.#buffer.subarray(0, length));
        this.#buffer = this.#buffer.subarray(end + 1);
        return line;
      }
      searched = this.#buffer.length;
      if (!(await this.#fill())) {
        if (searched === 0) return undefined;
        throw new HttpError('CLOSED_EARLY', 'The connection closed inside a line.');
      }
    }
  }

  /** Everything from here on. Cancelling it stops reading and leaves what comes to this reader. */
  rest(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const bytes = await this.some();
          if (bytes === undefined) controller.close();
          else controller.enqueue(bytes);
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** Reads that wait and reads to come fail with `reason`; without one they see the end. */
  async cancel(reason?: unknown): Promise<void> {
    this.#ended = true;
    this.#failure = reason;
    this.#buffer = new Uint8Array(0);
    await this.#source.cancel(reason);
  }

  #fill(): Promise<boolean> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure as Error);
    if (this.#ended) return Promise.resolve(false);
    this.#pending ??= this.#readMore().finally(() => (this.#pending = undefined));
    return this.#pending;
  }

  async #readMore(): Promise<boolean> {
    for (;;) {
      const { done, value } = await this.#source.read();
      if (done) {
        this.#ended = true;
        if (this.#failure !== undefined) throw this.#failure as Error;
        return false;
      }
      if (value.length === 0) continue;
      if (this.#buffer.length === 0) this.#buffer = value;
      else {
        const joined = new Uint8Array(this.#buffer.length + value.length);
        joined.set(this.#buffer);
        joined.set(value, this.#buffer.length);
        this.#buffer = joined;
      }
      return true;
    }
  }
}
