import type { VirtQueue } from './v86-internals.ts';

interface Waiting {
  bytes: Uint8Array;
  readonly taken: () => void;
}

/**
 * Input for a virtio device that waits until the guest's driver has room: v86 drops what it is
 * given when the driver offers no buffer.
 */
export class InputQueue {
  readonly #queue: VirtQueue | undefined;
  readonly #bufferSize: number;
  readonly #limit: number;
  readonly #send: (bytes: Uint8Array) => void;
  readonly #waiting: Waiting[] = [];
  #bytes = 0;

  /**
   * @param bufferSize input is a stream and goes in pieces of at most this size; 0 when each input is a packet
   * @param limit inputs that may wait; the oldest are dropped beyond
   */
  constructor(
    queue: VirtQueue | undefined,
    bufferSize: number,
    limit: number,
    send: (bytes: Uint8Array) => void,
  ) {
    this.#queue = queue;
    this.#bufferSize = bufferSize;
    this.#limit = limit;
    this.#send = send;
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Resolves when the driver has taken the input, or it was dropped. */
  push(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push({ bytes, taken: resolve });
      this.#bytes += bytes.length;
      if (this.#waiting.length > this.#limit) this.#shift();
      this.pump();
    });
  }

  /** Forgets what waits, as if it had been taken. */
  clear(): void {
    while (this.#waiting.length > 0) this.#shift();
  }

  /** Hands over as much as there is room for. Called whenever the guest has run. */
  pump(): void {
    const queue = this.#queue;
    if (this.#waiting.length === 0 || queue === undefined || !queue.is_configured()) return;
    // Counted anew each time: sending wakes the guest, which may call this function again.
    while (this.#waiting.length > 0 && queue.count_requests() > 0)
      this.#send(this.#bufferSize === 0 ? this.#shift() : this.#piece());
  }

  /** The oldest input, whole. */
  #shift(): Uint8Array {
    const first = this.#waiting.shift();
    if (first === undefined) return new Uint8Array();
    this.#bytes -= first.bytes.length;
    first.taken();
    return first.bytes;
  }

  /** Up to a buffer's worth, from as many inputs as fit: the driver gets few full buffers instead of many small ones. */
  #piece(): Uint8Array {
    const [first] = this.#waiting;
    if (first !== undefined && first.bytes.length === this.#bufferSize) return this.#shift();
    const piece = new Uint8Array(Math.min(this.#bufferSize, this.#bytes));
    let filled = 0;
    while (filled < piece.length) {
      const next = this.#waiting[0];
      if (next === undefined) break;
      const room = piece.length - filled;
      if (next.bytes.length <= room) {
        piece.set(this.#shift(), filled);
        filled += next.bytes.length;
      } else {
        piece.set(next.bytes.subarray(0, room), filled);
        next.bytes = next.bytes.subarray(room);
        this.#bytes -= room;
        filled += room;
      }
    }
    return piece;
  }
}
