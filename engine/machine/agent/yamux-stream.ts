import type { ByteStream } from '../../api/byte-stream.ts';
import { AgentError } from './agent-error.ts';
import { encodeFrame, Flag, FrameKind } from './yamux-frame.ts';

/** What each side may send on a new stream before the other has read: fixed by the protocol. */
export const INITIAL_WINDOW = 256 * 1024;
/**
 * Largest payload sent in one frame. The agent refuses more, which bounds how long a reader
 * stuck inside a frame of a lost session stays stuck; it also shares the channel fairly.
 */
export const MAX_PAYLOAD = 16 * 1024;

/** What a stream needs of its session. */
export interface StreamHost {
  /** Sends a whole frame; resolves when the next one may follow. */
  send(frame: Uint8Array): void | Promise<void>;
  /** Both directions are over. */
  forget(id: number): void;
}

/** One multiplexed stream. Cancelling the readable or aborting the writable resets it as a whole. */
export class YamuxStream implements ByteStream {
  readonly id: number;
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;

  readonly #host: StreamHost;
  /** SYN or ACK, until the first frame has carried it */
  #firstFlag: number;
  readonly #received: Uint8Array[] = [];
  #sendWindow = INITIAL_WINDOW;
  /** bytes the other side may still send */
  #receiveWindow = INITIAL_WINDOW;
  /** bytes taken by the reader that the other side does not know of yet */
  #consumed = 0;
  #remoteEnded = false;
  #localEnded = false;
  #failure: AgentError | undefined;
  #reader: ReadableStreamDefaultController<Uint8Array> | undefined;
  #writer: WritableStreamDefaultController | undefined;
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  constructor(id: number, host: StreamHost, firstFlag: number) {
    this.id = id;
    this.#host = host;
    this.#firstFlag = firstFlag;
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#reader = controller),
        pull: (controller) => this.#pull(controller),
        cancel: () => this.reset('The reader has gone.'),
      },
      { highWaterMark: 0 },
    );
    this.writable = new WritableStream<Uint8Array>({
      start: (controller) => void (this.#writer = controller),
      write: (chunk) => this.#write(chunk),
      close: () => this.#end(),
      abort: () => this.reset('The writer has gone.'),
    });
  }

  /** Puts back bytes that were read too far; the next read returns them. */
  unread(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#received.unshift(bytes);
    this.#consumed -= bytes.length;
  }

  /** Data from the other side. False when it exceeds the window. */
  receive(payload: Uint8Array): boolean {
    if (payload.length > this.#receiveWindow) return false;
    this.#receiveWindow -= payload.length;
    if (payload.length > 0 && this.#failure === undefined) this.#received.push(payload);
    this.#wakeReader?.();
    return true;
  }

  widen(bytes: number): void {
    this.#sendWindow += bytes;
    this.#wakeWriter?.();
  }

  /** The other side will send no more. */
  receiveEnd(): void {
    this.#remoteEnded = true;
    this.#wakeReader?.();
    this.#forgetWhenOver();
  }

  /** The stream, or its session, broke: reads and writes fail with `error`. */
  fail(error: AgentError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    const whole = this.#remoteEnded && this.#received.length === 0;
    this.#received.length = 0;
    if (!whole) this.#reader?.error(error);
    if (!this.#localEnded) this.#writer?.error(error);
    this.#wakeReader?.();
    this.#wakeWriter?.();
    this.#host.forget(this.id);
  }

  /** Breaks the stream and tells the other side. */
  reset(reason: string): void {
    if (this.#failure !== undefined || (this.#remoteEnded && this.#localEnded)) return;
    void this.#host.send(
      encodeFrame({
        kind: FrameKind.windowUpdate,
        flags: this.#flags(Flag.rst),
        stream: this.id,
        length: 0,
      }),
    );
    this.fail(new AgentError('EPIPE', reason));
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    while (this.#received.length === 0 && !this.#remoteEnded && this.#failure === undefined) {
      await new Promise<void>((resolve) => (this.#wakeReader = resolve));
      this.#wakeReader = undefined;
    }
    if (this.#failure !== undefined) return;
    const bytes = this.#received.shift();
    if (bytes === undefined) {
      controller.close();
      return;
    }
    controller.enqueue(bytes);
    this.#consumed += bytes.length;
    if (this.#consumed < INITIAL_WINDOW / 2 || this.#remoteEnded) return;
    const length = this.#consumed;
    this.#consumed = 0;
    this.#receiveWindow += length;
    void this.#host.send(
      encodeFrame({ kind: FrameKind.windowUpdate, flags: this.#flags(0), stream: this.id, length }),
    );
  }

  /** Sends these bytes before all others. When they are all there is, the end leaves together with them, and wakes nobody again. */
  async begin(bytes: Uint8Array, areAll: boolean): Promise<void> {
    await this.#write(bytes, areAll);
    if (areAll) await this.writable.close();
  }

  async #write(chunk: Uint8Array, isLast = false): Promise<void> {
    for (let sent = 0; sent < chunk.length;) {
      while (this.#sendWindow === 0 && this.#failure === undefined) {
        await new Promise<void>((resolve) => (this.#wakeWriter = resolve));
        this.#wakeWriter = undefined;
      }
      if (this.#failure !== undefined) throw this.#failure;
      const length = Math.min(chunk.length - sent, this.#sendWindow, MAX_PAYLOAD);
      this.#sendWindow -= length;
      const payload = chunk.subarray(sent, sent + length);
      sent += length;
      const sending = this.#host.send(
        encodeFrame(
          { kind: FrameKind.data, flags: this.#flags(0), stream: this.id, length },
          payload,
        ),
      );
      // Not a flag of the data: the agent's yamux takes an end into account before what came with it.
      if (isLast && sent === chunk.length) this.#end();
      await sending;
    }
  }

  #end(): void {
    if (this.#localEnded || this.#failure !== undefined) return;
    this.#localEnded = true;
    void this.#host.send(
      encodeFrame({
        kind: FrameKind.windowUpdate,
        flags: this.#flags(Flag.fin),
        stream: this.id,
        length: 0,
      }),
    );
    this.#forgetWhenOver();
  }

  #flags(more: number): number {
    const flags = this.#firstFlag | more;
    this.#firstFlag = 0;
    return flags;
  }

  #forgetWhenOver(): void {
    if (this.#remoteEnded && this.#localEnded) this.#host.forget(this.id);
  }
}
