import type { ByteStream } from '../api/byte-stream.ts';
import type { OutboundRequest } from '../api/http-message.ts';
import {
  concatBytes,
  encodeChunk,
  framingOf,
  lastChunk,
  readBody,
  streamOf,
  type Framing,
} from './body.ts';
import { ByteReader } from './byte-reader.ts';
import { HttpError } from './http-error.ts';
import type { TakenOver } from './server.ts';
import { endToEndHeaders, formatHead, readHeaders, readStartLine } from './message.ts';

/** What a server answered, end to end: headers about the connection are removed, `Set-Cookie` is kept. */
export interface ExchangedResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  /** cancelling it closes the connection */
  readonly body: ReadableStream<Uint8Array> | null;
}

/**
 * One HTTP/1.1 exchange over a connection that is used for nothing else and closed at its end.
 * The body is sent while the response is read; both stream with back-pressure.
 * Errors: `HttpError` (`MALFORMED`, `TOO_LARGE`, `CLOSED_EARLY`), the reason of `request.signal`,
 * or what the stream fails with.
 */
export async function httpExchange(
  stream: ByteStream,
  request: OutboundRequest,
): Promise<ExchangedResponse> {
  const reader = new ByteReader(stream.readable);
  const writer = stream.writable.getWriter();
  // Failures of the connection show where it is read.
  writer.closed.catch(() => {});
  const fail = async (reason: unknown): Promise<void> => {
    request.signal?.removeEventListener('abort', onAbort);
    await Promise.allSettled([reader.cancel(reason), writer.abort(reason)]);
  };
  const onAbort = (): void => void fail(request.signal?.reason);
  if (request.signal?.aborted === true) onAbort();
  else request.signal?.addEventListener('abort', onAbort, { once: true });
  let sent = false;
  send(writer, request).then(() => (sent = true), fail);
  try {
    // A server may answer before it has read the body, and then close: the response counts.
    const response = await readResponse(reader);
    const body = readBody(reader, responseFraming(request.method, response));
    void body.complete.then(async (whole) => {
      if (!whole || !sent) return fail(new HttpError('CLOSED_EARLY', 'The exchange was given up.'));
      request.signal?.removeEventListener('abort', onAbort);
      await Promise.allSettled([writer.close(), reader.cancel()]);
    });
    return {
      status: response.status,
      statusText: response.statusText,
      headers: endToEndHeaders(response.headers),
      body: body.stream,
    };
  } catch (error) {
    await fail(error);
    throw error;
  }
}

/**
 * A request to speak another protocol from here on. When the server agrees, the connection is taken over;
 * else it is an exchange like any other. Errors: as of `httpExchange`.
 */
export async function httpUpgrade(
  stream: ByteStream,
  request: OutboundRequest,
): Promise<ExchangedResponse | TakenOver> {
  const reader = new ByteReader(stream.readable);
  const writer = stream.writable.getWriter();
  writer.closed.catch(() => {});
  const fail = async (reason: unknown): Promise<void> => {
    await Promise.allSettled([reader.cancel(reason), writer.abort(reason)]);
  };
  const { method, signal } = request;
  const onAbort = (): void => void fail(signal?.reason);
  if (signal?.aborted === true) onAbort();
  else signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const url = new URL(request.url, 'http://localhost');
    const headers = new Headers(request.headers);
    if (!headers.has('host')) headers.set('host', url.host);
    await writer.write(
      formatHead(`${method} ${url.pathname}${url.search} HTTP/1.1`, headers, request.repeated),
    );
    const response = await readResponse(reader);
    signal?.removeEventListener('abort', onAbort);
    if (response.status === 101) {
      writer.releaseLock();
      return {
        ...response,
        async takeOver({ readable, writable }) {
          await Promise.all([readable.pipeTo(stream.writable), reader.rest().pipeTo(writable)]);
        },
      };
    }
    const body = readBody(reader, responseFraming(method, response));
    void body.complete.then(() => fail(new HttpError('CLOSED_EARLY', 'The exchange is over.')));
    return { ...response, headers: endToEndHeaders(response.headers), body: body.stream };
  } catch (error) {
    await fail(error);
    throw error;
  }
}

/** Rejects when the request's body fails; a connection that breaks just ends it, as reading tells the reason. */
async function send(
  writer: WritableStreamDefaultWriter<Uint8Array>,
  request: OutboundRequest,
): Promise<void> {
  const url = new URL(request.url, 'http://localhost');
  const headers = endToEndHeaders(request.headers);
  if (!headers.has('host')) headers.set('host', url.host);
  headers.set('connection', 'close');
  const counted = headers.has('content-length');
  if (request.body !== null && !counted) headers.set('transfer-encoding', 'chunked');
  if (request.body === null && ['POST', 'PUT', 'PATCH'].includes(request.method))
    headers.set('content-length', '0');
  const body = request.body === null ? undefined : streamOf(request.body).getReader();
  try {
    await writer.write(
      formatHead(
        `${request.method} ${url.pathname}${url.search} HTTP/1.1`,
        headers,
        request.repeated,
      ),
    );
  } catch (error) {
    await body?.cancel(error);
    return;
  }
  if (body === undefined) return;
  for (;;) {
    const { done, value } = await body.read();
    if (!done && value.length === 0) continue;
    try {
      if (!done) await writer.write(counted ? value : encodeChunk(value));
      else if (!counted) await writer.write(lastChunk);
    } catch (error) {
      await body.cancel(error);
      return;
    }
    if (done) return;
  }
}

interface ResponseHead {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
}

async function readResponse(reader: ByteReader): Promise<ResponseHead> {
  for (;;) {
    const line = await readStartLine(reader);
    if (line === undefined)
      throw new HttpError('CLOSED_EARLY', 'The connection closed before a response came.');
    const match = /^HTTP\/1\.[01] ([1-9]\d\d)(?: (.*))?$/.exec(line);
    if (match === null)
      throw new HttpError(
        'MALFORMED',
        `This is not an HTTP response: ${JSON.stringify(line.slice(0, 80))}`,
      );
    const headers = await readHeaders(reader, true);
    const status = Number(match[1]);
    if (status >= 200 || status === 101) return { status, statusText: match[2] ?? '', headers };
  }
}

function responseFraming(method: string, { status, headers }: ResponseHead): Framing {
  if (method === 'HEAD' || status === 204 || status === 304) return { kind: 'none' };
  return framingOf(headers, 'until-close');
}

/** Whole contents of a body. */
export async function readAll(
  body: ReadableStream<Uint8Array> | Uint8Array | null,
): Promise<Uint8Array> {
  if (body === null) return new Uint8Array(0);
  if (body instanceof Uint8Array) return body;
  const parts: Uint8Array[] = [];
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done)
      return parts.length === 1 && parts[0] !== undefined ? parts[0] : concatBytes(...parts);
    parts.push(value);
  }
}
