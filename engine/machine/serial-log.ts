import { Emitter } from '../base/emitter.ts';

/** Kept from the beginning; a kernel's boot messages are about 20 KiB. */
const LIMIT = 256 * 1024;

/** What the guest wrote to its serial port: kernel messages and boot output. */
export class SerialLog {
  #bytes = new Uint8Array(8 * 1024);
  #length = 0;
  #flushed = 0;
  #flushing = false;
  readonly #data = new Emitter<Uint8Array>();

  /** One byte from the emulator. Readers get them together once the current task is over. */
  append(byte: number): void {
    if (this.#length === LIMIT) this.#dropOldestHalf();
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(Math.min(LIMIT, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#length++] = byte;
    if (this.#flushing || !this.#data.hasListeners) return;
    this.#flushing = true;
    this.#flushed = this.#length - 1;
    queueMicrotask(() => {
      this.#flushing = false;
      this.#data.fire(this.#bytes.slice(this.#flushed, this.#length));
    });
  }

  /** The last `length` bytes as text. */
  tail(length: number): string {
    return new TextDecoder().decode(
      this.#bytes.subarray(Math.max(0, this.#length - length), this.#length),
    );
  }

  /** All that is kept, then what comes. */
  open(): ReadableStream<Uint8Array> {
    let stop: (() => void) | undefined;
    return new ReadableStream({
      start: (controller) => {
        controller.enqueue(this.#bytes.slice(0, this.#length));
        const subscription = this.#data.event((bytes) => controller.enqueue(bytes));
        stop = () => subscription.dispose();
      },
      cancel: () => stop?.(),
    });
  }

  #dropOldestHalf(): void {
    this.#bytes.copyWithin(0, LIMIT / 2);
    this.#length -= LIMIT / 2;
    this.#flushed = Math.max(0, this.#flushed - LIMIT / 2);
  }
}
