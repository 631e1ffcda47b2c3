import type { HttpResponse, TakenOver } from '../../http/index.ts';
import type { ByteStream } from '../../api/byte-stream.ts';
import type { ApiRequest } from './api-request.ts';

const encoder = new TextEncoder();

/** Fields that are maps in dockerd: Go writes their keys in order. */
const MAPS = new Set([
  'Attributes',
  'ExposedPorts',
  'Labels',
  'Networks',
  'Options',
  'PortBindings',
  'Ports',
  'Sysctls',
  'Tmpfs',
  'Volumes',
]);

/** How Go's programs say "no limit": the largest number of 64 bits. */
export const NO_LIMIT = 2 ** 64;
/** As JavaScript writes it, rounded, which a reader in Go refuses. */
const ROUNDED = new RegExp(`:${NO_LIMIT}(?=[,}])`, 'g');

/** One line of JSON, as dockerd's encoder ends it. */
export function jsonLine(value: unknown): Uint8Array {
  const line = JSON.stringify(value, inOrder).replaceAll(ROUNDED, `:${2n ** 64n - 1n}`);
  return encoder.encode(`${line}\n`);
}

function inOrder(name: string, value: unknown): unknown {
  if (!MAPS.has(name) || typeof value !== 'object' || value === null || Array.isArray(value))
    return value;
  return Object.fromEntries(
    Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );
}

export function json(value: unknown, status = 200): HttpResponse {
  return {
    status,
    headers: new Headers({ 'content-type': 'application/json' }),
    body: jsonLine(value),
  };
}

export function empty(status: number, headers?: HeadersInit): HttpResponse {
  return { status, headers: new Headers(headers), body: null };
}

export function text(value: string): HttpResponse {
  return {
    status: 200,
    headers: new Headers({ 'content-type': 'text/plain; charset=utf-8' }),
    body: encoder.encode(value),
  };
}

export function stream(body: ReadableStream<Uint8Array>, contentType: string): HttpResponse {
  return { status: 200, headers: new Headers({ 'content-type': contentType }), body };
}

/** JSON values as they come, one a line. Cancelling the response ends the iteration. */
export function jsonStream(values: AsyncIterable<unknown>): HttpResponse {
  const iterator = values[Symbol.asyncIterator]();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await iterator.next();
        if (next.done === true) controller.close();
        else controller.enqueue(jsonLine(next.value));
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
  return stream(body, 'application/json');
}

/** Docker's hijacked connection: 101 when the client asked to upgrade, raw bytes after 200 otherwise. */
export function hijack(
  request: ApiRequest,
  contentType: string,
  takeOver: (stream: ByteStream) => Promise<void>,
): TakenOver {
  const headers = new Headers({ 'content-type': contentType });
  if (!request.wantsUpgrade) return { status: 200, statusText: 'OK', headers, takeOver };
  headers.set('connection', 'Upgrade');
  headers.set('upgrade', 'tcp');
  return { status: 101, statusText: 'UPGRADED', headers, takeOver };
}
