import type { ByteStream } from '../api/byte-stream.ts';
import type { HttpRequest, HttpResponse } from '../api/http-message.ts';
import type { Clock } from '../base/clock.ts';
import {
  concatBytes,
  encodeChunk,
  framingOf,
  lastChunk,
  readBody,
  type IncomingBody,
} from './body.ts';
import { ByteReader } from './byte-reader.ts';
import { HttpError } from './http-error.ts';
import { formatHead, hasToken, readHeaders, readStartLine } from './message.ts';

/** Takes the connection out of HTTP after this response head: Docker's hijacked streams, protocol upgrades. */
export interface TakenOver {
  readonly status: number;
  readonly statusText?: string;
  readonly headers: Headers;
  /** The connection is closed when this settles. The client's half-close ends `stream.readable`. */
  takeOver(stream: ByteStream): Promise<void>;
}

export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse | TakenOver>;

export interface ServeOptions {
  /** for the `Date` header, UNIX milliseconds; no such header when absent */
  readonly now?: () => number;
  /** what a handler threw; the client gets 500 */
  readonly onError?: (error: unknown) => void;
  /** for ever when absent */
  readonly patience?: Patience;
}

/** How long a client may keep the server waiting before the connection is cut. In milliseconds. */
export interface Patience {
  readonly clock: Clock;
  /** until a request begins */
  readonly idle: number;
  /** until its head is whole; and what a handler did not want, and the end of the connection */
  readonly head: number;
}

/** What is read and thrown away of a body that a handler did not want, before the connection is given up. */
const MAX_DISCARD = 256 * 1024;

/** Bytes up to which a body is written together with its head; copying a longer one costs more than a second write. */
const JOINED = 64 * 1024;

const REASONS: Readonly<Record<number, string>> = {
  101: 'UPGRADED',
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  206: 'Partial Content',
  301: 'Moved Permanently',
  302: 'Found',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  409: 'Conflict',
  410: 'Gone',
  411: 'Length Required',
  412: 'Precondition Failed',
  413: 'Request Entity Too Large',
  415: 'Unsupported Media Type',
  416: 'Requested Range Not Satisfiable',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
};

/** Our direction of a connection. Closing it again has no effect. */
interface Writer {
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
  abort(reason: unknown): Promise<void>;
}

function connectionWriter(writable: WritableStream<Uint8Array>): Writer {
  const writer = writable.getWriter();
  writer.closed.catch(() => {});
  let closing: Promise<void> | undefined;
  return {
    write: (bytes) => writer.write(bytes),
    close: () => (closing ??= writer.close()),
    abort: (reason) => writer.abort(reason),
  };
}

/**
 * Serves HTTP/1.0 and 1.1 on one connection until either side closes it. Requests are answered one
 * after the other. A request that cannot be understood gets 400 and ends the connection. Never rejects.
 */
export async function serveHttp(
  stream: ByteStream,
  handler: HttpHandler,
  options: ServeOptions = {},
): Promise<void> {
  const reader = new ByteReader(stream.readable);
  const writer = connectionWriter(stream.writable);
  try {
    while (await serveOne(reader, writer, handler, options)) continue;
    await timely(reader, options, 'head', () => finish(reader, writer));
  } catch (error) {
    // The connection broke: nobody is left to be told.
    await Promise.allSettled([writer.abort(error), reader.cancel(error)]);
  }
}

/** What `read` resolves to, unless it takes longer than the server has patience: then the connection is cut. */
async function timely<T>(
  reader: ByteReader,
  { patience }: ServeOptions,
  wait: 'idle' | 'head',
  read: () => Promise<T>,
): Promise<T> {
  if (patience === undefined) return read();
  const cut = new HttpError('CLOSED_EARLY', `The client took longer than ${patience[wait]} ms.`);
  const timer = patience.clock.setTimer(() => void reader.cancel(cut), patience[wait]);
  try {
    return await read();
  } finally {
    timer.dispose();
  }
}

/**
 * Ends our direction and waits for the client to end its own. To cancel reading instead would reset
 * a multiplexed stream as a whole, and lose what is still on its way to the client.
 */
async function finish(reader: ByteReader, writer: Writer): Promise<void> {
  await writer.close().catch(() => {});
  while ((await reader.some()) !== undefined) continue;
}

/** True when the connection may carry another request. */
async function serveOne(
  reader: ByteReader,
  writer: Writer,
  handler: HttpHandler,
  options: ServeOptions,
): Promise<boolean> {
  let received: Received | undefined;
  try {
    if (!(await timely(reader, options, 'idle', () => reader.available()))) return false;
    received = await timely(reader, options, 'head', () => receive(reader, writer));
  } catch (error) {
    if (!(error instanceof HttpError) || error.code === 'CLOSED_EARLY') throw error;
    await respond(
      writer,
      plainResponse(error.code === 'TOO_LARGE' ? 431 : 400, `${error.message}\n`),
      { options, persistent: false, http10: false, head: false },
    );
    return false;
  }
  if (received === undefined) return false;
  const { request, body, http10 } = received;
  const gone = new AbortController();
  // Once the request is read, the end of the stream means that the client has gone (as in Go's net/http).
  void body.complete
    .then((whole) => (whole ? reader.available() : true))
    .then(
      (more) =>
        more || gone.abort(new HttpError('CLOSED_EARLY', 'The client has closed the connection.')),
      (error: unknown) => gone.abort(error),
    );
  let response: HttpResponse | TakenOver;
  try {
    response = await handler({ ...request, signal: gone.signal });
  } catch (error) {
    options.onError?.(error);
    response = plainResponse(500, 'Internal Server Error\n');
  }
  if ('takeOver' in response) {
    await writer.write(formatHead(startLine(response), response.headers));
    // A body that nobody wanted is no part of the stream that follows: dockerode sends its options in one.
    await discard(body);
    await response.takeOver({ readable: reader.rest(), writable: writableOver(writer) });
    return false;
  }
  const persistent = received.persistent && !gone.signal.aborted;
  await respond(writer, response, {
    options,
    persistent,
    http10,
    head: request.method === 'HEAD',
    signal: gone.signal,
  });
  const framed =
    !http10 || response.headers.has('content-length') || !(response.body instanceof ReadableStream);
  return persistent && framed && (await timely(reader, options, 'head', () => discard(body)));
}

interface Received {
  readonly request: HttpRequest;
  readonly body: IncomingBody;
  readonly persistent: boolean;
  readonly http10: boolean;
}

async function receive(reader: ByteReader, writer: Writer): Promise<Received | undefined> {
  const line = await readStartLine(reader);
  if (line === undefined) return undefined;
  const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP\/1\.([01])$/.exec(line);
  if (match === null) throw new HttpError('MALFORMED', 'This is not an HTTP/1.1 request.');
  const [, method = '', target = '', minor] = match;
  const url = target.startsWith('/') ? `http://localhost${target}` : target;
  if (!URL.canParse(url)) throw new HttpError('MALFORMED', 'This is not a request target.');
  const headers = await readHeaders(reader, false);
  const http10 = minor === '0';
  const expects = hasToken(headers, 'expect', '100-continue');
  const body = readBody(reader, framingOf(headers, 'none'), async () => {
    if (expects) await writer.write(formatHead('HTTP/1.1 100 Continue', new Headers()));
  });
  // After an expectation nobody knows whether the body will still come.
  const persistent =
    !expects &&
    (http10
      ? hasToken(headers, 'connection', 'keep-alive')
      : !hasToken(headers, 'connection', 'close'));
  return { request: { method, url, headers, body: body.stream }, body, persistent, http10 };
}

function plainResponse(status: number, text: string): HttpResponse {
  return {
    status,
    headers: new Headers({ 'content-type': 'text/plain; charset=utf-8' }),
    body: new TextEncoder().encode(text),
  };
}

interface ResponseContext {
  readonly options: ServeOptions;
  readonly persistent: boolean;
  readonly http10: boolean;
  readonly head: boolean;
  readonly signal?: AbortSignal;
}

function startLine(response: HttpResponse | TakenOver): string {
  const reason =
    response.statusText === undefined || response.statusText === ''
      ? (REASONS[response.status] ?? '')
      : response.statusText;
  return `HTTP/1.1 ${response.status} ${reason}`;
}

async function respond(
  writer: Writer,
  response: HttpResponse,
  context: ResponseContext,
): Promise<void> {
  const headers = new Headers(response.headers);
  const { body } = response;
  const bodiless = context.head || response.status === 204 || response.status === 304;
  if (context.options.now !== undefined)
    headers.set('date', new Date(context.options.now()).toUTCString());
  const counted = headers.has('content-length');
  if (!bodiless && !counted && !(body instanceof ReadableStream))
    headers.set('content-length', String(body?.length ?? 0));
  const chunked = !bodiless && !counted && body instanceof ReadableStream && !context.http10;
  if (chunked) headers.set('transfer-encoding', 'chunked');
  if (!context.persistent || (context.http10 && !counted && body instanceof ReadableStream))
    headers.set('connection', 'close');
  else if (context.http10) headers.set('connection', 'keep-alive');
  const head = formatHead(startLine(response), headers);
  if (bodiless || !(body instanceof ReadableStream)) {
    if (body instanceof ReadableStream) await body.cancel();
    if (bodiless || body === null || body instanceof ReadableStream) await writer.write(head);
    else if (body.length <= JOINED) await writer.write(concatBytes(head, body));
    else {
      await writer.write(head);
      await writer.write(body);
    }
    return;
  }
  await sendBody(writer, head, body, chunked, context.signal);
}

/** The head goes at once, so that a client of a slow stream sees that it has begun. */
async function sendBody(
  writer: Writer,
  head: Uint8Array,
  body: ReadableStream<Uint8Array>,
  chunked: boolean,
  signal: AbortSignal | undefined,
): Promise<void> {
  const source = body.getReader();
  const onAbort = (): void => void source.cancel(signal?.reason).catch(() => {});
  if (signal?.aborted === true) onAbort();
  else signal?.addEventListener('abort', onAbort, { once: true });
  try {
    await writer.write(head);
    for (;;) {
      const { done, value } = await source.read();
      if (done) break;
      if (value.length > 0) await writer.write(chunked ? encodeChunk(value) : value);
    }
    signal?.throwIfAborted();
    if (chunked) await writer.write(lastChunk);
  } catch (error) {
    await source.cancel(error).catch(() => {});
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

function writableOver(writer: Writer): WritableStream<Uint8Array> {
  return new WritableStream<Uint8Array>({
    write: (bytes) => writer.write(bytes),
    close: () => writer.close(),
    abort: (reason) => writer.abort(reason),
  });
}

/** Reads what a handler left of a request's body. False when it is too much to bother. */
async function discard(body: IncomingBody): Promise<boolean> {
  if (body.stream === null) return true;
  if (body.stream.locked) return Promise.race([body.complete, Promise.resolve(false)]);
  const reader = body.stream.getReader();
  for (let total = 0; total <= MAX_DISCARD;) {
    const { done, value } = await reader.read();
    if (done) return true;
    total += value.length;
  }
  return false;
}
