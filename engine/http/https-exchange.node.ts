import { request as startPlainRequest, type IncomingMessage } from 'node:http';
import { request as startRequest, type RequestOptions } from 'node:https';
import { Duplex, Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import type { ByteStream } from '../api/byte-stream.ts';
import type { HttpResponse, OutboundRequest } from '../api/http-message.ts';
import type { TakenOver } from './server.ts';

/**
 * One exchange over Node's HTTPS, or HTTP. @param options say where to, and how to trust it, or `http:`
 * as protocol; the request's URL gives only path and query. Rejects with what Node says, or the reason of the request's signal.
 */
export function exchangeHttps(
  options: RequestOptions,
  { method, url, headers, repeated = {}, body, signal }: OutboundRequest,
): Promise<HttpResponse | TakenOver> {
  return new Promise((resolve, reject) => {
    const { pathname, search } = new URL(url);
    const start = options.protocol === 'http:' ? startPlainRequest : startRequest;
    const request = start(
      {
        ...options,
        path: pathname + search,
        method,
        headers: { ...Object.fromEntries(headers), ...(repeated as Record<string, string[]>) },
        ...(signal === undefined ? {} : { signal }),
      },
      (response) => {
        resolve({
          status: response.statusCode ?? 0,
          headers: headersOf(response),
          body: Readable.toWeb(response) as ReadableStream<Uint8Array>,
        });
      },
    );
    request.on('error', (error) => {
      reject(signal?.aborted === true ? (signal.reason as Error) : error);
    });
    request.on('upgrade', (response, socket, head) => {
      if (head.length > 0) socket.unshift(head);
      resolve({
        status: response.statusCode ?? 0,
        headers: headersOf(response),
        takeOver: (stream) => joined(stream, Duplex.toWeb(socket as Duplex) as ByteStream),
      });
    });
    if (body === null) request.end();
    else if (body instanceof Uint8Array) request.end(body);
    else Readable.fromWeb(body as NodeReadableStream<Uint8Array>).pipe(request);
  });
}

function headersOf({ headersDistinct }: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(headersDistinct))
    for (const value of values ?? []) headers.append(name, value);
  return headers;
}

/** Resolves when both directions have ended. */
async function joined(one: ByteStream, other: ByteStream): Promise<void> {
  await Promise.all([one.readable.pipeTo(other.writable), other.readable.pipeTo(one.writable)]);
}
