/** Bytes per write: small enough that back-pressure bites before a slow program's terminal overflows. */
const chunkBytes = 1024;

/**
 * Carries keyboard input and pastes into a stream in order and whole: writes wait until the
 * stream asks for more, however much is pushed. After the stream fails, input is dropped.
 */
export class InputPump {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #encoder = new TextEncoder();
  readonly #pending: Uint8Array[] = [];
  #running = false;
  #closed = false;

  constructor(writable: WritableStream<Uint8Array>) {
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(() => this.#drop());
  }

  push(text: string): void {
    this.#enqueue(this.#encoder.encode(text));
  }

  /** Input that is bytes, one a character, as mouse reports in X10 encoding are. */
  pushBinary(text: string): void {
    this.#enqueue(Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff));
  }

  stop(): void {
    this.#drop();
    this.#writer.releaseLock();
  }

  #enqueue(bytes: Uint8Array): void {
    if (this.#closed) return;
    for (let start = 0; start < bytes.length; start += chunkBytes) {
      this.#pending.push(bytes.slice(start, start + chunkBytes));
    }
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      for (let chunk = this.#pending.shift(); chunk; chunk = this.#pending.shift()) {
        if ((this.#writer.desiredSize ?? 0) <= 0) await this.#writer.ready;
        this.#writer.write(chunk).catch(() => this.#drop());
      }
    } catch {
      this.#drop();
    } finally {
      this.#running = false;
    }
  }

  #drop(): void {
    this.#closed = true;
    this.#pending.length = 0;
  }
}
