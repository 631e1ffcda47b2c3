import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '../api/http-message.ts';
import { readAll } from './client.ts';
import { handlerOver, httpServiceOf } from './http-service.ts';
import type { HttpHandler } from './server.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = async (body: ReadableStream<Uint8Array>): Promise<string> =>
  new TextDecoder().decode(await readAll(body));

/** As another worker sees `handler`. */
const across = (handler: HttpHandler): HttpHandler => handlerOver(httpServiceOf(handler));

function request(method: string, body: string | null = null, signal?: AbortSignal): HttpRequest {
  return {
    method,
    url: 'https://kubernetes/path?x=1',
    headers: new Headers({ accept: 'text/plain' }),
    body: body === null ? null : (new Blob([body]).stream() as ReadableStream<Uint8Array>),
    ...(signal === undefined ? {} : { signal }),
  };
}

describe('an HttpService', () => {
  it('carries a request and its answer', async () => {
    const handler = across(async ({ method, url, headers, body }) => ({
      status: 201,
      headers: new Headers({ 'x-seen': `${method} ${url} ${headers.get('accept')}` }),
      body: bytes(`got ${await text(body as ReadableStream<Uint8Array>)}`),
    }));
    const response = await handler(request('POST', 'a body'));
    expect(response.status).toBe(201);
    expect(response.headers.get('x-seen')).toBe('POST https://kubernetes/path?x=1 text/plain');
    expect('body' in response && response.body).toEqual(bytes('got a body'));
  });

  it('streams, and tells the handler when nobody reads any more', async () => {
    let seen: AbortSignal | undefined;
    const handler = across(({ signal }) => {
      seen = signal;
      return Promise.resolve({
        status: 200,
        headers: new Headers(),
        body: new ReadableStream<Uint8Array>({
          start: (controller) => controller.enqueue(bytes('first')),
        }),
      });
    });
    const abort = new AbortController();
    const response = await handler(request('GET', null, abort.signal));
    const reader = (
      'body' in response ? (response.body as ReadableStream<Uint8Array>) : new ReadableStream()
    ).getReader();
    expect((await reader.read()).value).toEqual(bytes('first'));
    abort.abort(new Error('enough'));
    await expect(reader.read()).rejects.toThrow('enough');
    expect(seen?.aborted).toBe(true);
  });

  it('gives up waiting for an answer', async () => {
    let cancelled = false;
    let answer = (): void => {};
    const waiting = new Promise<void>((resolve) => (answer = resolve));
    const handler = across(async () => {
      await waiting;
      const body = new ReadableStream<Uint8Array>({ cancel: () => void (cancelled = true) });
      return { status: 200, headers: new Headers(), body };
    });
    const abort = new AbortController();
    const asked = handler(request('GET', null, abort.signal));
    abort.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
    answer();
    await new Promise((resolve) => setImmediate(resolve));
    expect(cancelled).toBe(true);
  });

  it('hands over connections', async () => {
    const handler = across(() =>
      Promise.resolve({
        status: 101,
        headers: new Headers({ upgrade: 'echo' }),
        takeOver: ({ readable, writable }) => readable.pipeTo(writable),
      }),
    );
    const response = await handler(request('GET'));
    if (!('takeOver' in response)) throw new Error('it answered');
    const here = new TransformStream<Uint8Array, Uint8Array>();
    const there = new TransformStream<Uint8Array, Uint8Array>();
    const over = response.takeOver({ readable: here.readable, writable: there.writable });
    const writer = here.writable.getWriter();
    void writer.write(bytes('hello'));
    void writer.close();
    expect(await text(there.readable)).toBe('hello');
    await over;
  });
});
