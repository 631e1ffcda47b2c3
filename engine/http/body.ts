import type { ByteReader } from './byte-reader.ts';
import { HttpError } from './http-error.ts';
import { hasToken } from './message.ts';

/** How the end of a body is found (RFC 9112, section 6.3). */
export type Framing =
  | { readonly kind: 'none' | 'chunked' | 'until-close' }
  | { readonly kind: 'length'; readonly length: number };

/** Longest line with a chunk's size and extensions, or trailer. */
const MAX_CHUNK_LINE = 16 * 1024;

/** Errors: `MALFORMED` when the headers contradict each other or use an unknown coding. */
export function framingOf(headers: Headers, otherwise: 'none' | 'until-close'): Framing {
  const coding = headers.get('transfer-encoding');
  if (coding !== null) {
    if (!hasToken(headers, 'transfer-encoding', 'chunked'))
      throw new HttpError('MALFORMED', `Unsupported transfer encoding: ${coding}`);
    return { kind: 'chunked' };
  }
  const lengths = headers.get('content-length');
  if (lengths === null) return { kind: otherwise };
  const distinct = new Set(lengths.split(',').map((value) => value.trim()));
  const [text = ''] = distinct;
  const length = Number(text);
  if (distinct.size !== 1 || !/^\d+$/.test(text) || !Number.isSafeInteger(length)) {
    throw new HttpError('MALFORMED', `This is not a content length: ${lengths}`);
  }
  return length === 0 ? { kind: 'none' } : { kind: 'length', length };
}

/** A body that may be there as a whole, or missing, as a stream. */
export function streamOf(
  body: ReadableStream<Uint8Array> | Uint8Array | null,
): ReadableStream<Uint8Array> {
  if (body instanceof ReadableStream) return body;
  return new ReadableStream({
    start(controller) {
      if (body !== null) controller.enqueue(body);
      controller.close();
    },
  });
}

/** A body as it is read: the stream, and whether its end was reached. */
export interface IncomingBody {
  readonly stream: ReadableStream<Uint8Array> | null;
  /** resolves true when the message was read to its end, false when the reader gave up or it broke */
  readonly complete: Promise<boolean>;
}

/** Reads nothing before it is asked to. `beforeFirst` runs before the first byte is awaited. */
export function readBody(
  reader: ByteReader,
  framing: Framing,
  beforeFirst?: () => Promise<void>,
): IncomingBody {
  if (framing.kind === 'none') return { stream: null, complete: Promise.resolve(true) };
  let finish: (whole: boolean) => void = () => {};
  const complete = new Promise<boolean>((resolve) => (finish = resolve));
  const next =
    framing.kind === 'chunked'
      ? chunks(reader)
      : framing.kind === 'length'
        ? counted(reader, framing.length)
        : () => reader.some();
  let begun = false;
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (!begun) {
          begun = true;
          await beforeFirst?.();
        }
        try {
          const bytes = await next();
          if (bytes === undefined) {
            finish(true);
            controller.close();
          } else controller.enqueue(bytes);
        } catch (error) {
          finish(false);
          throw error;
        }
      },
      cancel: () => finish(false),
    },
    { highWaterMark: 0 },
  );
  return { stream, complete };
}

type Next = () => Promise<Uint8Array | undefined>;

function closedEarly(): HttpError {
  return new HttpError('CLOSED_EARLY', 'The connection closed inside a body.');
}

function counted(reader: ByteReader, length: number): Next {
  let left = length;
  return async () => {
    if (left === 0) return undefined;
    const bytes = await reader.some(left);
    if (bytes === undefined) throw closedEarly();
    left -= bytes.length;
    return bytes;
  };
}

function chunks(reader: ByteReader): Next {
  let left = 0;
  let first = true;
  let over = false;
  const line = async (): Promise<string> => {
    const text = await reader.line(MAX_CHUNK_LINE);
    if (text === undefined) throw closedEarly();
    return text;
  };
  return async () => {
    if (over) return undefined;
    if (left === 0) {
      if (!first && (await line()) !== '')
        throw new HttpError('MALFORMED', 'A chunk is longer than it says.');
      first = false;
      const text = await line();
      const size = /^([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?$/.exec(text)?.[1];
      if (size === undefined)
        throw new HttpError(
          'MALFORMED',
          `This is not a chunk size: ${JSON.stringify(text.slice(0, 40))}`,
        );
      left = Number.parseInt(size, 16);
      if (left === 0) {
        over = true;
        while ((await line()) !== '') continue;
        return undefined;
      }
    }
    const bytes = await reader.some(left);
    if (bytes === undefined) throw closedEarly();
    left -= bytes.length;
    return bytes;
  };
}

const encoder = new TextEncoder();

/** One chunk of the chunked coding, in one piece so that it costs one write. */
export function encodeChunk(bytes: Uint8Array): Uint8Array {
  const size = encoder.encode(`${bytes.length.toString(16)}\r\n`);
  const chunk = new Uint8Array(size.length + bytes.length + 2);
  chunk.set(size);
  chunk.set(bytes, size.length);
  chunk.set([0x0d, 0x0a], size.length + bytes.length);
  return chunk;
}

export const lastChunk: Uint8Array = encoder.encode('0\r\n\r\n');

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
}
