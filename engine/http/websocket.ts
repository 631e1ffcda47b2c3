/** WebSocket (RFC 6455), without extensions. */
import type { ByteStream } from '../api/byte-stream.ts';
import type { HttpRequest } from '../api/http-message.ts';
import { ByteReader } from './byte-reader.ts';
import { hasToken } from './message.ts';

const KEY_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const VERSION = '13';

const CONTINUATION = 0;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
const FINAL = 0x80;
const MASKED = 0x80;
/** Longer messages end the connection. */
const MAX_MESSAGE = 16 * 1024 * 1024;

const CLOSED_NORMALLY = 1000;
const PROTOCOL_ERROR = 1002;
const TOO_BIG = 1009;

type Masks = () => Uint8Array;

/** What ends a connection, with the code that tells the client. */
class Ending extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Headers of the answer 101 that opens a WebSocket; undefined when the request asks for none. */
export async function webSocketHeaders({ headers }: HttpRequest): Promise<Headers | undefined> {
  const key = headers.get('sec-websocket-key');
  const asks =
    hasToken(headers, 'connection', 'upgrade') && hasToken(headers, 'upgrade', 'websocket');
  if (!asks || key === null || headers.get('sec-websocket-version') !== VERSION) return undefined;
  const hash = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(key + KEY_SUFFIX));
  return new Headers({
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-accept': btoa(String.fromCharCode(...new Uint8Array(hash))),
  });
}

/**
 * Messages over a connection that was upgraded: each chunk is one, in either direction; those sent are binary.
 * Pings are answered. The readable ends when the other side closes, and errors when it breaks the protocol. Closing
 * the writable says goodbye and ends the connection.
 * @param staysOpen leaves the connection open after a goodbye: to the client that has to say it too
 * @param masks makes the mask of a frame, four bytes, at a client; a server has none
 */
export function webSocketMessages(
  { readable, writable }: ByteStream,
  { staysOpen = false, masks }: { readonly staysOpen?: boolean; readonly masks?: Masks } = {},
): ByteStream {
  const reader = new ByteReader(readable);
  const writer = writable.getWriter();
  let closed = false;
  const send = async (opcode: number, payload: Uint8Array): Promise<void> => {
    if (!closed) await writer.write(encodeFrame(opcode, payload, masks?.()));
  };
  const close = async (status: number): Promise<void> => {
    if (closed) return;
    const sent = send(CLOSE, new Uint8Array([status >> 8, status & 0xff]));
    closed = true;
    await sent;
    if (!staysOpen) await writer.close();
  };
  return {
    readable: new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          try {
            const message = await readMessage(reader, send, masks === undefined);
            if (message !== undefined) return controller.enqueue(message);
            await close(CLOSED_NORMALLY).catch(() => {});
            controller.close();
          } catch (error) {
            await close(error instanceof Ending ? error.status : PROTOCOL_ERROR).catch(() => {});
            controller.error(error);
          }
        },
        cancel: () => close(CLOSED_NORMALLY).catch(() => {}),
      },
      { highWaterMark: 0 },
    ),
    writable: new WritableStream<Uint8Array>({
      write: (chunk) => send(BINARY, chunk),
      close: () => close(CLOSED_NORMALLY),
      abort: () => close(CLOSED_NORMALLY).catch(() => {}),
    }),
  };
}

/** The next whole message; undefined when the client closes. Answers pings on the way. */
async function readMessage(
  reader: ByteReader,
  send: (opcode: number, payload: Uint8Array) => Promise<void>,
  areMasked: boolean,
): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const frame = await readFrame(reader, areMasked);
    if (frame === undefined || frame.opcode === CLOSE) return undefined;
    if (frame.opcode === PING) await send(PONG, frame.payload);
    if (frame.opcode >= CLOSE) continue;
    if ((frame.opcode === CONTINUATION) !== parts.length > 0)
      throw new Ending(PROTOCOL_ERROR, 'A message was continued that was not begun, or left open.');
    parts.push(frame.payload);
    length += frame.payload.length;
    if (length > MAX_MESSAGE) throw new Ending(TOO_BIG, 'The message is too long.');
    if (!frame.final) continue;
    const message = new Uint8Array(length);
    let offset = 0;
    for (const part of parts) {
      message.set(part, offset);
      offset += part.length;
    }
    return message;
  }
}

interface Frame {
  readonly opcode: number;
  readonly final: boolean;
  readonly payload: Uint8Array;
}

const UNMASKED = new Uint8Array(4);

async function readFrame(reader: ByteReader, isMasked: boolean): Promise<Frame | undefined> {
  const head = await reader.exactly(2);
  if (head === undefined) return undefined;
  const [first = 0, second = 0] = head;
  if (((second & MASKED) !== 0) !== isMasked || (first & 0x70) !== 0)
    throw new Ending(
      PROTOCOL_ERROR,
      'A client masks its frames, a server does not, and neither uses reserved bits.',
    );
  const length = await readLength(reader, second & 0x7f);
  if (length > MAX_MESSAGE) throw new Ending(TOO_BIG, 'The message is too long.');
  const mask = isMasked ? await reader.exactly(4) : UNMASKED;
  const payload = mask && (await reader.exactly(length));
  if (payload === undefined || mask === undefined) return undefined;
  return { opcode: first & 0x0f, final: (first & FINAL) !== 0, payload: masked(payload, mask) };
}

/** Masks, and takes a mask off. */
const masked = (payload: Uint8Array, mask: Uint8Array): Uint8Array =>
  payload.map((byte, index) => byte ^ (mask[index & 3] ?? 0));

async function readLength(reader: ByteReader, short: number): Promise<number> {
  if (short < 126) return short;
  const bytes = await reader.exactly(short === 126 ? 2 : 8);
  if (bytes === undefined) return 0;
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

function encodeFrame(opcode: number, payload: Uint8Array, mask?: Uint8Array): Uint8Array {
  const { length } = payload;
  const extended = length < 126 ? 0 : length < 0x1_0000 ? 2 : 8;
  const start = 2 + extended + (mask?.length ?? 0);
  const frame = new Uint8Array(start + length);
  const view = new DataView(frame.buffer);
  frame[0] = FINAL | opcode;
  frame[1] = extended === 0 ? length : extended === 2 ? 126 : 127;
  if (extended === 2) view.setUint16(2, length);
  if (extended === 8) view.setBigUint64(2, BigInt(length));
  if (mask !== undefined) {
    frame[1] |= MASKED;
    frame.set(mask, 2 + extended);
  }
  frame.set(mask === undefined ? payload : masked(payload, mask), start);
  return frame;
}
