/** Both ends of an `HttpService`. */
import type { HttpService, ServiceResponse } from '../api/http-service.ts';
import { readAll } from './client.ts';
import { HttpError } from './http-error.ts';
import type { HttpHandler } from './server.ts';

/** Offers what `handler` answers to other workers. */
export function httpServiceOf(handler: HttpHandler): HttpService {
  return {
    async request({ method, url, headers, body }) {
      const gone = new AbortController();
      const response = await handler({
        method,
        url,
        headers: new Headers(headers.map(([name, value]): [string, string] => [name, value])),
        body,
        signal: gone.signal,
      });
      const head = { status: response.status, headers: [...response.headers] };
      if ('takeOver' in response) {
        const incoming = new TransformStream<Uint8Array, Uint8Array>();
        const outgoing = new TransformStream<Uint8Array, Uint8Array>();
        const stream = { readable: incoming.readable, writable: outgoing.writable };
        // However it ends, both directions end with it.
        response.takeOver(stream).then(
          () => void outgoing.writable.close().catch(() => {}),
          (error: unknown) => void outgoing.writable.abort(error).catch(() => {}),
        );
        return {
          ...head,
          body: null,
          connection: { readable: outgoing.readable, writable: incoming.writable },
        };
      }
      if (!(response.body instanceof ReadableStream)) return { ...head, body: response.body };
      return { ...head, body: untilCancelled(response.body, () => gone.abort()) };
    },
  };
}

/** `body`; `onCancel` is called when its reader wants no more. */
function untilCancelled(
  body: ReadableStream<Uint8Array>,
  onCancel: () => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel(reason) {
        onCancel();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/** A handler that asks another worker. */
export function handlerOver(service: HttpService): HttpHandler {
  return async ({ method, url, headers, body, signal }) => {
    signal?.throwIfAborted();
    const asked = service.request({
      method,
      url,
      headers: [...headers],
      body: body === null ? null : await readAll(body),
    });
    const response = await abandonable(asked, signal);
    const head = {
      status: response.status,
      headers: new Headers(
        response.headers.map(([name, value]): [string, string] => [name, value]),
      ),
    };
    const { connection } = response;
    if (connection !== undefined)
      return {
        ...head,
        async takeOver({ readable, writable }) {
          await Promise.all([
            readable.pipeTo(connection.writable),
            connection.readable.pipeTo(writable),
          ]);
        },
      };
    const { body: answer } = response;
    return { ...head, body: endedBy(answer, signal) };
  };
}

/** The body, which breaks off when `signal` aborts while it is read. */
export function endedBy<Body>(
  body: Body,
  signal: AbortSignal | undefined,
): Body | ReadableStream<Uint8Array> {
  return body instanceof ReadableStream && signal !== undefined
    ? body.pipeThrough(new TransformStream<Uint8Array, Uint8Array>(), { signal })
    : body;
}

/** The response, unless `signal` aborts before it comes; nobody wants it then. */
function abandonable(
  asked: Promise<ServiceResponse>,
  signal: AbortSignal | undefined,
): Promise<ServiceResponse> {
  if (signal === undefined) return asked;
  return new Promise((resolve, reject) => {
    const abandon = (): void => {
      reject(signal.reason as Error);
      asked.then(
        ({ body }) =>
          body instanceof ReadableStream &&
          void body.cancel(new HttpError('CLOSED_EARLY', 'The request was given up.')),
        () => {},
      );
    };
    signal.addEventListener('abort', abandon, { once: true });
    asked.then(resolve, reject).finally(() => signal.removeEventListener('abort', abandon));
  });
}
