import { FrameType, type TerminalSize } from '../api/agent.ts';
import type { ByteStream } from '../api/byte-stream.ts';
import { encodeFrame } from '../machine/agent/frames.ts';
import { MessageBuffer } from '../machine/agent/messages.ts';

/** What the program in the machine says first (engine/guest/agent/internal/crictl). */
export interface CrictlRequest {
  readonly args: readonly string[];
  /** such as `PATH=/bin` */
  readonly environment: readonly string[];
  /** which of its streams are terminals */
  readonly terminal: {
    readonly stdin: boolean;
    readonly stderr: boolean;
    readonly size: TerminalSize;
  };
}

/** Bytes of standard output in one frame; the agent takes a mebibyte. */
const LARGEST_FRAME = 64 * 1024;
const HEADER_BYTES = 5;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One run of crictl in a machine: its request, its terminal, and its end. */
export class CrictlSession {
  readonly request: CrictlRequest;
  /** aborted when the program in the machine is gone */
  readonly gone: AbortSignal;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #input = new TransformStream<Uint8Array, Uint8Array>();
  #onResize: (size: TerminalSize) => void = () => {};

  private constructor(
    request: CrictlRequest,
    gone: AbortSignal,
    writer: WritableStreamDefaultWriter<Uint8Array>,
  ) {
    this.request = request;
    this.gone = gone;
    this.#writer = writer;
  }

  /** Reads the request. Undefined when the program goes before it has said anything. */
  static async open({ readable, writable }: ByteStream): Promise<CrictlSession | undefined> {
    const reader = readable.getReader();
    const buffer = new MessageBuffer();
    let request: unknown;
    while (request === undefined) {
      const { done, value } = await reader.read();
      if (done) return undefined;
      buffer.push(value);
      request = buffer.shift();
    }
    const gone = new AbortController();
    const session = new CrictlSession(request as CrictlRequest, gone.signal, writable.getWriter());
    void session.#follow(reader, buffer.rest()).finally(() => gone.abort());
    return session;
  }

  async stdout(output: string | Uint8Array): Promise<void> {
    await this.#send(FrameType.stdout, output);
  }

  async stderr(output: string | Uint8Array): Promise<void> {
    await this.#send(FrameType.stderr, output);
  }

  /** What is typed from now on. @param raw every key, from a terminal whose sizes `onResize` is told */
  async input(
    raw: boolean,
    onResize: (size: TerminalSize) => void,
  ): Promise<ReadableStream<Uint8Array>> {
    this.#onResize = onResize;
    await this.#write(FrameType.stdin, encoder.encode(JSON.stringify({ raw })));
    return this.#input.readable;
  }

  async exit(code: number): Promise<void> {
    await this.#write(FrameType.exit, encoder.encode(JSON.stringify({ code, finishedAt: 0 })));
    await this.#writer.close().catch(() => {});
  }

  async #send(type: FrameType, output: string | Uint8Array): Promise<void> {
    const bytes = typeof output === 'string' ? encoder.encode(output) : output;
    for (let at = 0; at < bytes.length; at += LARGEST_FRAME)
      await this.#write(type, bytes.subarray(at, at + LARGEST_FRAME));
  }

  /** What nobody is there to read is lost, as it is with any program that was killed. */
  async #write(type: FrameType, payload: Uint8Array): Promise<void> {
    await this.#writer.write(encodeFrame(type, payload)).catch(() => {});
  }

  async #follow(reader: ReadableStreamDefaultReader<Uint8Array>, first: Uint8Array): Promise<void> {
    const input = this.#input.writable.getWriter();
    input.closed.catch(() => {});
    let bytes = first;
    try {
      for (;;) {
        bytes = await this.#take(bytes, input);
        const { done, value } = await reader.read();
        if (done) return;
        const joined = new Uint8Array(bytes.length + value.length);
        joined.set(bytes);
        joined.set(value, bytes.length);
        bytes = joined;
      }
    } catch {
      // A connection that breaks is one that ends.
    } finally {
      await input.close().catch(() => {});
    }
  }

  /** Takes whole frames; returns what is left. */
  async #take(
    bytes: Uint8Array,
    input: WritableStreamDefaultWriter<Uint8Array>,
  ): Promise<Uint8Array> {
    let rest = bytes;
    while (rest.length >= HEADER_BYTES) {
      const length = new DataView(rest.buffer, rest.byteOffset).getUint32(1);
      if (rest.length < HEADER_BYTES + length) break;
      const payload = rest.subarray(HEADER_BYTES, HEADER_BYTES + length);
      if (rest[0] === FrameType.stdin) await input.write(payload).catch(() => {});
      if (rest[0] === FrameType.stdinEnd) await input.close().catch(() => {});
      if (rest[0] === FrameType.resize)
        this.#onResize(JSON.parse(decoder.decode(payload)) as TerminalSize);
      rest = rest.subarray(HEADER_BYTES + length);
    }
    return rest;
  }
}
