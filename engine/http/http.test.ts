import { describe, expect, it } from 'vitest';
import type { ByteStream } from '../api/byte-stream.ts';
import { FakeClock } from '../base/fake-clock.ts';
import { runSoon } from '../base/run-soon.ts';
import { httpExchange, readAll } from './client.ts';
import type { HttpRequest } from '../api/http-message.ts';
import { serveHttp, type HttpHandler } from './server.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Two ends of one connection, as a socket pair. */
function connection(): [ByteStream, ByteStream] {
  const up = new TransformStream<Uint8Array, Uint8Array>();
  const down = new TransformStream<Uint8Array, Uint8Array>();
  return [
    { readable: down.readable, writable: up.writable },
    { readable: up.readable, writable: down.writable },
  ];
}

/** Sends raw bytes, in pieces of `size`, and returns everything the server sent. */
async function raw(
  handler: HttpHandler,
  text: string,
  size = text.length,
  halfClose = true,
): Promise<string> {
  const [client, server] = connection();
  const served = serveHttp(server, handler);
  const writer = client.writable.getWriter();
  const writing = (async () => {
    for (let start = 0; start < text.length; start += size)
      await writer.write(encoder.encode(text.slice(start, start + size)));
    if (halfClose) await writer.close();
  })().catch(() => {});
  const answer = decoder.decode(await readAll(client.readable));
  if (!halfClose) await writer.close();
  await Promise.all([served, writing]);
  return answer;
}

const echo: HttpHandler = async (request) => ({
  status: 200,
  headers: new Headers({ 'content-type': 'text/plain' }),
  body: encoder.encode(
    `${request.method} ${new URL(request.url).pathname} ${decoder.decode(await readAll(request.body))}`,
  ),
});

function get(path: string, more: Partial<HttpRequest> = {}): HttpRequest {
  return {
    method: 'GET',
    url: `http://machine${path}`,
    headers: new Headers(),
    body: null,
    ...more,
  };
}

/** Lets everything run that waits for no clock. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => runSoon(resolve));
}

describe('serveHttp', () => {
  it('answers several requests on one connection, whatever the pieces they come in', async () => {
    const text =
      'GET /a HTTP/1.1\r\nHost: x\r\n\r\n' +
      'POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello' +
      'POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: t\r\n\r\n';
    for (const size of [text.length, 1, 7]) {
      const answer = await raw(echo, text, size);
      expect(answer.match(/(GET|POST) \/\w .*?(?=HTTP|$)/g)).toEqual([
        'GET /a ',
        'POST /b hello',
        'POST /c abcde',
      ]);
      expect(answer).toContain(
        'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\n',
      );
    }
  });

  it.each([
    ['no version', 'GET /\r\n\r\n'],
    ['a header without a colon', 'GET / HTTP/1.1\r\nnonsense\r\n\r\n'],
    ['a length that is no number', 'POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n'],
    ['two lengths', 'POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
    ['an unknown transfer coding', 'POST / HTTP/1.1\r\nTransfer-Encoding: rot13\r\n\r\n'],
    ['bytes that are not HTTP', '\u0016\u0003\u0001 \r\n\r\n'],
  ])('answers 400 to %s', async (_what, text) => {
    const answer = await raw(echo, text);
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toContain('Connection: close');
  });

  it('answers 431 to a head without end', async () => {
    expect(await raw(echo, `GET / HTTP/1.1\r\nX: ${'x'.repeat(300_000)}`, 50_000)).toMatch(
      /^HTTP\/1\.1 431 /,
    );
  });

  it('answers 500 when the handler throws, and goes on', async () => {
    const handler: HttpHandler = (request) =>
      request.url.endsWith('/bad') ? Promise.reject(new Error('boom')) : echo(request);
    const answer = await raw(handler, 'GET /bad HTTP/1.1\r\n\r\nGET /good HTTP/1.1\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 500 Internal Server Error\r\n/);
    expect(answer).toContain('GET /good');
  });

  it('asks for a body only when the handler wants it', async () => {
    const head = 'POST /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n';
    expect(await raw(echo, `${head}ok`)).toMatch(
      /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/,
    );
    const refuse: HttpHandler = () =>
      Promise.resolve({ status: 413, headers: new Headers(), body: null });
    expect(await raw(refuse, head)).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('sends no body for HEAD but says how long it would be', async () => {
    const answer = await raw(echo, 'HEAD /a HTTP/1.1\r\n\r\n');
    expect(answer).toMatch(/\r\n\r\n$/);
    expect(answer).not.toContain('HEAD /a');
  });

  it('closes after an HTTP/1.0 request, unchunked', async () => {
    const handler: HttpHandler = () =>
      Promise.resolve({
        status: 200,
        headers: new Headers(),
        body: new Blob(['stream']).stream() as ReadableStream<Uint8Array>,
      });
    expect(await raw(handler, 'GET / HTTP/1.0\r\n\r\n', 99, false)).toMatch(
      /Connection: close\r\n\r\nstream$/,
    );
  });

  it('hands the connection over, with the bytes that came early, and half-closes', async () => {
    const handler: HttpHandler = () =>
      Promise.resolve({
        status: 101,
        headers: new Headers({ connection: 'Upgrade', upgrade: 'tcp' }),
        async takeOver(stream) {
          const input = await readAll(stream.readable);
          const writer = stream.writable.getWriter();
          await writer.write(encoder.encode(`got ${decoder.decode(input)}`));
          await writer.close();
        },
      });
    const answer = await raw(
      handler,
      'POST /attach HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nraw bytes',
    );
    expect(answer).toBe(
      'HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\ngot raw bytes',
    );
  });

  it('hands the connection over behind a body that the handler did not read', async () => {
    const answer = await raw(
      () =>
        Promise.resolve({
          status: 101,
          headers: new Headers(),
          async takeOver(stream) {
            const input = decoder.decode(await readAll(stream.readable));
            await stream.writable.getWriter().write(encoder.encode(`got ${input}`));
          },
        }),
      'POST /attach HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}raw bytes',
    );
    expect(answer).toMatch(/got raw bytes$/);
  });

  it('never gives up reading before the client has closed, so that its last bytes arrive', async () => {
    let cancelled = false;
    let end: () => void = () => {};
    const readable = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(encoder.encode('POST / HTTP/1.1\r\nConnection: Upgrade\r\n\r\n'));
        end = () => controller.close();
      },
      cancel: () => void (cancelled = true),
    });
    const down = new TransformStream<Uint8Array, Uint8Array>();
    const served = serveHttp({ readable, writable: down.writable }, () =>
      Promise.resolve({
        status: 101,
        headers: new Headers(),
        async takeOver(stream) {
          await stream.readable.cancel();
          const writer = stream.writable.getWriter();
          void writer.write(encoder.encode('last words'));
          void writer.close();
          await Promise.resolve();
        },
      }),
    );
    expect(decoder.decode(await readAll(down.readable))).toMatch(/last words$/);
    expect(cancelled).toBe(false);
    end();
    await served;
    expect(cancelled).toBe(false);
  });

  it('tells the handler when the client goes away during a response', async () => {
    const [client, server] = connection();
    let cancelled: (reason: unknown) => void = () => {};
    const seen = new Promise((resolve) => (cancelled = resolve));
    const served = serveHttp(server, (request) => {
      request.signal?.addEventListener('abort', () => cancelled('gone'));
      return Promise.resolve({
        status: 200,
        headers: new Headers(),
        body: new ReadableStream<Uint8Array>(),
      });
    });
    const writer = client.writable.getWriter();
    await writer.write(encoder.encode('GET /events HTTP/1.1\r\n\r\n'));
    const reader = client.readable.getReader();
    await reader.read();
    await writer.close();
    expect(await seen).toBe('gone');
    await reader.cancel();
    await served;
  });
});

describe('a client that stops', () => {
  it.each([
    ['before its request', '', 90_000],
    ['within the head of its request', 'GET /a HTTP/1.1\r\nHost: ', 32_000],
    ['before its next request', 'GET /a HTTP/1.1\r\nHost: m\r\n\r\n', 90_000],
    [
      'within a body that nobody wants',
      'POST /a HTTP/1.1\r\nHost: m\r\nContent-Length: 9\r\n\r\nhalf',
      32_000,
    ],
    ['without closing', 'GET /a HTTP/1.1\r\nConnection: close\r\n\r\n', 32_000],
  ])('%s is cut off in the end', async (_where, text, patience) => {
    const clock = new FakeClock();
    const [client, server] = connection();
    const served = serveHttp(
      server,
      async () => ({ status: 200, headers: new Headers(), body: null }),
      { patience: { clock, idle: 90_000, head: 32_000 } },
    );
    let over = false;
    void served.then(() => (over = true));
    const answer = readAll(client.readable).catch(() => {});
    const writer = client.writable.getWriter();
    writer.closed.catch(() => {});
    await writer.write(encoder.encode(text)).catch(() => {});
    await settle();
    clock.advance(patience - 1);
    await settle();
    expect(over).toBe(false);
    clock.advance(1);
    await served;
    await answer;
    expect(clock.pending).toBe(0);
  });
});

describe('httpExchange', () => {
  it('streams a request body up and a response body down', async () => {
    const [client, server] = connection();
    void serveHttp(server, (request) =>
      Promise.resolve({ status: 200, headers: new Headers(), body: request.body }),
    );
    const parts = ['one ', 'two ', 'three'].map((text) => encoder.encode(text));
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        const part = parts.shift();
        if (part === undefined) controller.close();
        else controller.enqueue(part);
      },
    });
    const response = await httpExchange(client, get('/', { method: 'POST', body }));
    expect(response.status).toBe(200);
    expect(response.headers.has('transfer-encoding')).toBe(false);
    expect(decoder.decode(await readAll(response.body))).toBe('one two three');
  });

  /** A server of a few fixed bytes, then the end. */
  function canned(text: string): ByteStream {
    const [client, server] = connection();
    void (async () => {
      const writer = server.writable.getWriter();
      await writer.write(encoder.encode(text));
      await writer.close();
    })().catch(() => {});
    void server.readable.pipeTo(new WritableStream()).catch(() => {});
    return client;
  }

  it('keeps every cookie and unusual status codes, and skips 1xx', async () => {
    const response = await httpExchange(
      canned(
        'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 799 Odd one\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nConnection: x-hop\r\nX-Hop: 1\r\n\r\nuntil close',
      ),
      get('/'),
    );
    expect([response.status, response.statusText]).toEqual([799, 'Odd one']);
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(response.headers.has('x-hop')).toBe(false);
    expect(decoder.decode(await readAll(response.body))).toBe('until close');
  });

  it.each([
    ['SSH-2.0-OpenSSH\r\n', 'MALFORMED'],
    ['', 'CLOSED_EARLY'],
    ['HTTP/1.1 200 OK\r\nCont', 'CLOSED_EARLY'],
  ])('fails on %j', async (text, code) => {
    await expect(httpExchange(canned(text), get('/'))).rejects.toMatchObject({ code });
  });

  it('fails inside a body that is cut', async () => {
    const response = await httpExchange(
      canned('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'),
      get('/'),
    );
    await expect(readAll(response.body)).rejects.toMatchObject({ code: 'CLOSED_EARLY' });
  });

  it('stops when it is told to', async () => {
    const [client, server] = connection();
    const stop = new AbortController();
    const waiting = httpExchange(client, get('/', { signal: stop.signal }));
    await server.readable.getReader().read();
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });

  it('sends Host, Cookie and Origin as given', async () => {
    const [client, server] = connection();
    let seen: Headers | undefined;
    void serveHttp(server, (request) => {
      seen = request.headers;
      return Promise.resolve({ status: 204, headers: new Headers(), body: null });
    });
    const headers = new Headers({ host: 'shop.test', cookie: 'a=1', origin: 'http://shop.test' });
    expect((await httpExchange(client, get('/', { headers }))).body).toBeNull();
    expect([seen?.get('host'), seen?.get('cookie'), seen?.get('origin')]).toEqual([
      'shop.test',
      'a=1',
      'http://shop.test',
    ]);
  });
});
