/**
 * One call of gRPC over a connection of its own: as little of HTTP/2 (RFC 9113) as that needs, since no library
 * for it runs without Node's sockets (docs/decisions/027-one-call-of-grpc.md).
 */
import type { ByteStream } from '../../../api/byte-stream.ts';
import { ByteReader } from '../../../http/byte-reader.ts';
import { concatBytes } from '../../../http/index.ts';
import { HttpError } from '../../../http/http-error.ts';
import { encodeFields, FieldReader } from './header-block.ts';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const PING = 6;
const GOAWAY = 7;
const CONTINUATION = 9;

const END_STREAM = 0x1;
const ACK = 0x1;
const END_HEADERS = 0x4;
const PADDED = 0x8;
const PRIORITY = 0x20;

/** The only stream there is. */
const STREAM = 1;
/** Bytes of a frame at most, as long as nobody has asked for more. */
const MAX_FRAME = 16_384;

const encoder = new TextEncoder();

export interface GrpcCall {
  /** `10.244.0.5:5000` */
  readonly authority: string;
  readonly scheme: 'http' | 'https';
  /** `/grpc.health.v1.Health/Check` */
  readonly path: string;
  readonly userAgent: string;
  readonly message: Uint8Array;
}

export interface GrpcAnswer {
  /** 0 is success */
  readonly code: number;
  readonly description: string;
  readonly message: Uint8Array;
}

/** A call on a connection that speaks HTTP/2. */
export class GrpcConnection {
  readonly #reader: ByteReader;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #fields = new FieldReader();

  private constructor(stream: ByteStream) {
    this.#reader = new ByteReader(stream.readable);
    this.#writer = stream.writable.getWriter();
    this.#writer.closed.catch(() => {});
  }

  /** Resolves when the server has greeted. Throws `HttpError` when it does not speak HTTP/2. @param signal closes it */
  static async open(stream: ByteStream, signal: AbortSignal): Promise<GrpcConnection> {
    const connection = new GrpcConnection(stream);
    signal.addEventListener('abort', () => void connection.#close(), { once: true });
    if (signal.aborted) await connection.#close();
    await connection.#writer.write(
      concatBytes(encoder.encode(PREFACE), frame(SETTINGS, 0, 0, new Uint8Array(0))),
    );
    const first = await connection.#next();
    if (first.type !== SETTINGS)
      throw new HttpError('MALFORMED', 'The server does not speak HTTP/2.');
    await connection.#send(SETTINGS, ACK, 0);
    return connection;
  }

  /** Throws `HttpError` when the connection ends or breaks the protocol. */
  async call({ authority, scheme, path, userAgent, message }: GrpcCall): Promise<GrpcAnswer> {
    const fields = encodeFields([
      [':method', 'POST'],
      [':scheme', scheme],
      [':path', path],
      [':authority', authority],
      ['content-type', 'application/grpc'],
      ['user-agent', userAgent],
      ['te', 'trailers'],
    ]);
    const head = new Uint8Array(5);
    new DataView(head.buffer).setUint32(1, message.length);
    await this.#writer.write(
      concatBytes(
        frame(HEADERS, END_HEADERS, STREAM, fields),
        frame(DATA, END_STREAM, STREAM, concatBytes(head, message)),
      ),
    );
    return this.#answer();
  }

  async #close(): Promise<void> {
    await Promise.allSettled([this.#writer.abort(), this.#reader.cancel()]);
  }

  async #answer(): Promise<GrpcAnswer> {
    const headers = new Map<string, string>();
    const parts: Uint8Array[] = [];
    for (let ended = false; !ended;) {
      const { type, flags, stream, payload } = await this.#next();
      if (type === PING && (flags & ACK) === 0) await this.#send(PING, ACK, 0, payload);
      if (type === SETTINGS && (flags & ACK) === 0) await this.#send(SETTINGS, ACK, 0);
      if (type === GOAWAY && lastStream(payload) < STREAM)
        throw new HttpError('CLOSED_EARLY', 'The server takes no more calls.');
      if (stream !== STREAM) continue;
      if (type === RST_STREAM)
        throw new HttpError('CLOSED_EARLY', 'The server has reset the stream.');
      if (type === DATA) parts.push(unpadded(flags, payload));
      if (type === HEADERS) {
        const block = await this.#block(flags, payload);
        for (const [name, value] of this.#fields.read(block)) headers.set(name, value);
      }
      ended = (type === DATA || type === HEADERS) && (flags & END_STREAM) !== 0;
    }
    return { ...statusOf(headers), message: concatBytes(...parts).subarray(5) };
  }

  /** A block of fields with the frames that continue it. */
  async #block(flags: number, payload: Uint8Array): Promise<Uint8Array> {
    const inner = unpadded(flags, payload);
    const parts = [(flags & PRIORITY) === 0 ? inner : inner.subarray(5)];
    for (let complete = (flags & END_HEADERS) !== 0; !complete;) {
      const next = await this.#next();
      if (next.type !== CONTINUATION || next.stream !== STREAM || parts.length > 64)
        throw new HttpError('MALFORMED', 'The server did not go on with its headers.');
      parts.push(next.payload);
      complete = (next.flags & END_HEADERS) !== 0;
    }
    return concatBytes(...parts);
  }

  async #next() {
    const head = await this.#reader.exactly(9);
    if (head === undefined) throw new HttpError('CLOSED_EARLY', 'error reading from server: EOF');
    const view = new DataView(head.buffer, head.byteOffset, 9);
    const length = view.getUint32(0) >>> 8;
    if (length > MAX_FRAME) throw new HttpError('TOO_LARGE', 'A frame is too long.');
    const payload = length === 0 ? new Uint8Array(0) : await this.#reader.exactly(length);
    if (payload === undefined)
      throw new HttpError('CLOSED_EARLY', 'error reading from server: unexpected EOF');
    const stream = view.getUint32(5) & 0x7f_ff_ff_ff;
    return { type: view.getUint8(3), flags: view.getUint8(4), stream, payload };
  }

  #send(
    type: number,
    flags: number,
    stream: number,
    payload: Uint8Array = new Uint8Array(0),
  ): Promise<void> {
    return this.#writer.write(frame(type, flags, stream, payload));
  }
}

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Uint8Array {
  const head = new Uint8Array(9);
  const view = new DataView(head.buffer);
  view.setUint32(0, payload.length << 8);
  view.setUint8(3, type);
  view.setUint8(4, flags);
  view.setUint32(5, stream);
  return concatBytes(head, payload);
}

const lastStream = (payload: Uint8Array): number =>
  payload.length < 4
    ? 0
    : new DataView(payload.buffer, payload.byteOffset).getUint32(0) & 0x7f_ff_ff_ff;

function unpadded(flags: number, payload: Uint8Array): Uint8Array {
  if ((flags & PADDED) === 0) return payload;
  return payload.subarray(1, Math.max(1, payload.length - (payload[0] ?? 0)));
}

/** Codes for HTTP statuses of servers that do not know gRPC (grpc `http-grpc-status-mapping.md`). */
const CODES_OF_HTTP: Readonly<Record<string, number>> = {
  400: 13,
  401: 16,
  403: 7,
  404: 12,
  429: 14,
  502: 14,
  503: 14,
  504: 14,
};
const UNKNOWN = 2;

function statusOf(headers: ReadonlyMap<string, string>): Omit<GrpcAnswer, 'message'> {
  const code = headers.get('grpc-status');
  if (code !== undefined)
    return { code: Number(code), description: percentDecoded(headers.get('grpc-message') ?? '') };
  const http = headers.get(':status') ?? '';
  return {
    code: CODES_OF_HTTP[http] ?? UNKNOWN,
    description: `unexpected HTTP status code received from server: ${http}`,
  };
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
