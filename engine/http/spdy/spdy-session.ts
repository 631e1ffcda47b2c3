import type { ByteStream } from '../../api/byte-stream.ts';
import { concatBytes } from '../body.ts';
import { ByteReader } from '../byte-reader.ts';
import { HttpError } from '../http-error.ts';
import { HeaderWriter, HeaderReader } from './header-block.ts';

/** A stream that the client has opened. */
export interface SpdyStream {
  /** names in lower case */
  readonly headers: ReadonlyMap<string, string>;
  /** cancelling it resets the stream */
  readonly readable: ReadableStream<Uint8Array>;
  /** closing it ends our half, aborting it resets the stream */
  readonly writable: WritableStream<Uint8Array>;
}

const SYN_STREAM = 1;
const SYN_REPLY = 2;
const RST_STREAM = 3;
const PING = 6;
const GOAWAY = 7;
const HEADERS = 8;

const FIN = 1;
/** Status of RST_STREAM: the stream is not wanted any more. */
const CANCEL = 5;
/** Bytes of a data frame that we send at most. */
const CHUNK = 32 * 1024;
/** Bytes of a stream that are kept for who reads it, before the whole connection waits. */
const READ_AHEAD = 256 * 1024;
/** Bytes of a frame at most; the client sends 32 KiB. */
const MAX_FRAME = 1 << 20;

/**
 * The server's side of SPDY/3.1 as Kubernetes' clients speak it on an upgraded connection (moby/spdystream):
 * streams that the client opens, without flow control, priorities and settings, which that client has not either.
 * Resolves when the client is gone or says goodbye. Errors: `HttpError` when it breaks the protocol.
 */
export async function serveSpdy(
  connection: ByteStream,
  onStream: (stream: SpdyStream) => void,
): Promise<void> {
  const session = new Session(connection, onStream);
  await session.run();
}

interface OpenStream {
  controller: ReadableStreamDefaultController<Uint8Array>;
  /** called when there is room again */
  room?: () => void;
  received: boolean;
  sent: boolean;
}

class Session {
  readonly #reader: ByteReader;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #onStream: (stream: SpdyStream) => void;
  readonly #streams = new Map<number, OpenStream>();
  readonly #names = new HeaderWriter();
  readonly #clientNames = new HeaderReader();
  #last = 0;

  constructor({ readable, writable }: ByteStream, onStream: (stream: SpdyStream) => void) {
    this.#reader = new ByteReader(readable);
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(() => {});
    this.#onStream = onStream;
  }

  async run(): Promise<void> {
    let failure: unknown;
    try {
      while (await this.#next()) continue;
    } catch (error) {
      failure = error;
    }
    const gone = new HttpError('CLOSED_EARLY', 'The connection of the stream has ended.');
    for (const id of this.#streams.keys()) this.#drop(id, failure ?? gone);
    await this.#writer.close().catch(() => {});
    if (failure !== undefined) {
      await this.#reader.cancel(failure).catch(() => {});
      throw failure;
    }
  }

  /** One frame. False at the end. */
  async #next(): Promise<boolean> {
    const head = await this.#bytes(8);
    if (head === undefined) return false;
    const view = new DataView(head.buffer, head.byteOffset, 8);
    const first = view.getUint32(0);
    const flags = view.getUint8(4);
    const length = view.getUint32(4) & 0xff_ff_ff;
    if (length > MAX_FRAME) throw new HttpError('TOO_LARGE', 'A frame is too long.');
    const payload = length === 0 ? new Uint8Array(0) : await this.#bytes(length);
    if (payload === undefined)
      throw new HttpError('CLOSED_EARLY', 'The connection closed inside a frame.');
    if (first >>> 31 === 0) await this.#data(first, flags, payload);
    else return this.#control(first & 0xff_ff, flags, payload);
    return true;
  }

  async #bytes(length: number): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = [];
    for (let left = length; left > 0;) {
      const part = await this.#reader.some(left);
      if (part === undefined) {
        if (parts.length === 0) return undefined;
        throw new HttpError('CLOSED_EARLY', 'The connection closed inside a frame.');
      }
      parts.push(part);
      left -= part.length;
    }
    return concatBytes(...parts);
  }

  async #control(type: number, flags: number, payload: Uint8Array): Promise<boolean> {
    const id = payload.length < 4 ? 0 : new DataView(payload.buffer).getUint32(0) & 0x7f_ff_ff_ff;
    switch (type) {
      case SYN_STREAM:
        await this.#open(id, flags, payload.subarray(10));
        break;
      case HEADERS:
        // The compressed stream must see every block.
        this.#clientNames.read(payload.subarray(4));
        break;
      case RST_STREAM:
        this.#drop(id, new HttpError('CLOSED_EARLY', 'The client has reset the stream.'));
        break;
      case PING:
        // Even numbers answer pings of ours, of which there are none.
        if (id % 2 === 1) await this.#send(controlFrame(PING, 0, payload));
        break;
      case GOAWAY:
        return false;
    }
    return true;
  }

  async #open(id: number, flags: number, block: Uint8Array): Promise<void> {
    if (id % 2 === 0 || id <= this.#last)
      throw new HttpError('MALFORMED', `This is no number for a new stream: ${id}`);
    this.#last = id;
    const headers = new Map(this.#clientNames.read(block));
    const replied = this.#send(
      controlFrame(SYN_REPLY, 0, concatBytes(uint32(id), this.#names.write([]))),
    );
    const stream: Partial<OpenStream> = { received: false, sent: false };
    const readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (stream.controller = controller),
        pull: () => stream.room?.(),
        cancel: () => this.#reset(id),
      },
      { highWaterMark: READ_AHEAD, size: (bytes) => bytes.length },
    );
    const writable = new WritableStream<Uint8Array>({
      write: (bytes) => this.#write(id, bytes),
      close: () => this.#finish(id),
      abort: () => this.#reset(id),
    });
    this.#streams.set(id, stream as OpenStream);
    if ((flags & FIN) !== 0) this.#ended(id);
    this.#onStream({ headers, readable, writable });
    await replied;
  }

  async #data(id: number, flags: number, payload: Uint8Array): Promise<void> {
    const stream = this.#streams.get(id);
    // What is on its way to a stream that was reset meanwhile.
    if (stream === undefined || stream.received) return;
    if (payload.length > 0) stream.controller.enqueue(payload);
    if ((flags & FIN) !== 0) this.#ended(id);
    else if ((stream.controller.desiredSize ?? 0) <= 0)
      await new Promise<void>((resolve) => (stream.room = resolve));
  }

  #ended(id: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    stream.received = true;
    stream.controller.close();
    if (stream.sent) this.#streams.delete(id);
  }

  #drop(id: number, reason: unknown): void {
    const stream = this.#streams.get(id);
    this.#streams.delete(id);
    stream?.room?.();
    if (stream?.received === false) stream.controller.error(reason);
  }

  async #write(id: number, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += CHUNK) {
      if (!this.#streams.has(id)) throw new HttpError('CLOSED_EARLY', 'The stream has ended.');
      await this.#send(dataFrame(id, 0, bytes.subarray(at, at + CHUNK)));
    }
  }

  async #finish(id: number): Promise<void> {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    stream.sent = true;
    if (stream.received) this.#streams.delete(id);
    await this.#send(dataFrame(id, FIN, new Uint8Array(0)));
  }

  async #reset(id: number): Promise<void> {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    this.#streams.delete(id);
    stream.room?.();
    await this.#send(controlFrame(RST_STREAM, 0, concatBytes(uint32(id), uint32(CANCEL))));
  }

  #send(frame: Uint8Array): Promise<void> {
    return this.#writer.write(frame);
  }
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

const flagsAndLength = (flags: number, payload: Uint8Array): Uint8Array =>
  uint32(flags * 0x1_00_00_00 + payload.length);

function controlFrame(type: number, flags: number, payload: Uint8Array): Uint8Array {
  return concatBytes(uint32(0x80_03_00_00 + type), flagsAndLength(flags, payload), payload);
}

function dataFrame(id: number, flags: number, payload: Uint8Array): Uint8Array {
  return concatBytes(uint32(id), flagsAndLength(flags, payload), payload);
}
