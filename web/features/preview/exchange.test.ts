import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { PortRequest, PortResponse } from '../../../engine/api/lab.ts';
import { MachineCookies } from './cookies.ts';
import { ExchangeServer } from './exchange-server.ts';
import { ExchangeClient, ExchangeError, type OutgoingExchange } from './wire/exchange-client.ts';
import type { ExchangeRequest } from './wire/messages.ts';

type Answer = (port: number, request: PortRequest) => Promise<PortResponse>;

function response(text: string, headers: [string, string][] = []): PortResponse {
  return {
    status: 200,
    statusText: 'OK',
    headers: new Headers(headers),
    body: new Blob([text]).stream(),
  };
}

function request(change: Partial<OutgoingExchange> = {}): OutgoingExchange {
  return {
    slot: '',
    machine: 'web',
    port: 80,
    method: 'GET',
    url: 'http://localhost/',
    headers: new Headers(),
    cookies: true,
    isPage: false,
    body: null,
    signal: new AbortController().signal,
    ...change,
  };
}

/** A lab that answers with `answer`, and a worker that asks it for ports. */
function connect(answer: Answer) {
  const interrupted: string[] = [];
  const cookies = new MachineCookies();
  const server = new ExchangeServer({
    machine: (name) => (name === 'web' ? { machine: { fetch: answer }, cookies } : undefined),
    interrupted: ({ url }) => interrupted.push(url),
  });
  const ports: MessagePort[] = [];
  const client = new ExchangeClient(() => {
    const { port1, port2 } = new MessageChannel();
    server.serve(port1);
    ports.push(port2);
    client.usePort('', port2);
  });
  return { client, ports, interrupted, server };
}

const open: MessagePort[] = [];
afterEach(() => {
  for (const port of open.splice(0)) port.close();
});

describe('an exchange', () => {
  test('carries method, headers, body, and cookies both ways', async () => {
    const seen: unknown[] = [];
    const { client, ports } = connect(async (port, { method, url, headers, body }) => {
      seen.push([
        port,
        method,
        url,
        headers.get('cookie'),
        headers.get('x-a'),
        await new Response(body).text(),
      ]);
      return response('done', [
        ['set-cookie', 'a=b; Path=/'],
        ['set-cookie', 'h=1; HttpOnly; Path=/'],
      ]);
    });
    const first = await client.exchange(
      request({
        method: 'POST',
        headers: new Headers({ 'x-a': '1' }),
        body: new Blob(['sent']).stream(),
      }),
    );
    open.push(...ports);
    expect(await new Response(first.body).text()).toBe('done');
    expect(first.pageCookies).toBe('a=b');
    await client.exchange(request({ url: 'http://localhost/next' }));
    expect(seen).toEqual([
      [80, 'POST', 'http://localhost/', null, '1', 'sent'],
      [80, 'GET', 'http://localhost/next', 'a=b; h=1', null, ''],
    ]);
  });

  test('fails with the code of the lab', async () => {
    const { client, ports } = connect(() =>
      Promise.reject(Object.assign(new Error('no'), { code: 'CONNECTION_REFUSED' })),
    );
    await expect(client.exchange(request())).rejects.toMatchObject({ code: 'CONNECTION_REFUSED' });
    await expect(client.exchange(request({ machine: 'other' }))).rejects.toMatchObject({
      code: 'NOT_RUNNING',
    });
    open.push(...ports);
  });

  test('that is given up closes the connection', async () => {
    const abort = new AbortController();
    let signal: AbortSignal | undefined;
    const { client, ports } = connect((_port, sent) => {
      signal = sent.signal;
      return new Promise(() => {});
    });
    const pending = client.exchange(request({ signal: abort.signal }));
    await expect.poll(() => signal).toBeDefined();
    abort.abort();
    await expect(pending).rejects.toMatchObject({ name: 'AbortError' });
    await expect.poll(() => signal?.aborted).toBe(true);
    open.push(...ports);
  });
});

describe('when the lab page goes away', () => {
  test('a safe request is sent again to the next one', async () => {
    let calls = 0;
    const { client, ports } = connect(async () => {
      calls += 1;
      return calls === 1 ? new Promise<PortResponse>(() => {}) : response('second');
    });
    const pending = client.exchange(request());
    await expect.poll(() => calls).toBe(1);
    ports[0]?.dispatchEvent(new Event('close'));
    expect(await new Response((await pending).body).text()).toBe('second');
    open.push(...ports);
  });

  test('one that changes something is not', async () => {
    let calls = 0;
    const { client, ports } = connect(() => {
      calls += 1;
      return new Promise(() => {});
    });
    const pending = client.exchange(request({ method: 'POST' }));
    await expect.poll(() => calls).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    ports[0]?.dispatchEvent(new Event('close'));
    await expect(pending).rejects.toBeInstanceOf(ExchangeError);
    expect(calls).toBe(1);
    open.push(...ports);
  });

  test('the lab stops what it runs for a worker that was stopped, and names interrupted pages', async () => {
    let signal: AbortSignal | undefined;
    const { server, interrupted } = connect((_port, sent) => {
      signal = sent.signal;
      return new Promise(() => {});
    });
    const { port1, port2 } = new MessageChannel();
    server.serve(port1);
    const message: ExchangeRequest = {
      type: 'request',
      id: '1',
      machine: 'web',
      port: 80,
      method: 'GET',
      url: 'http://localhost/page',
      headers: [],
      cookies: true,
      isPage: true,
      hasBody: false,
    };
    port2.postMessage(message);
    await expect.poll(() => signal).toBeDefined();
    port2.close();
    await expect.poll(() => signal?.aborted).toBe(true);
    expect(interrupted).toEqual(['http://localhost/page']);
  });

  test('a request posted twice runs once', async () => {
    let calls = 0;
    let finish: (() => void) | undefined;
    const { server } = connect(async () => {
      calls += 1;
      await new Promise<void>((resolve) => (finish = resolve));
      return response('x');
    });
    const { port1, port2 } = new MessageChannel();
    server.serve(port1);
    const replies: unknown[] = [];
    port2.addEventListener('message', ({ data }: MessageEvent<{ type: string }>) =>
      replies.push(data.type),
    );
    port2.start();
    open.push(port2);
    const message: ExchangeRequest = {
      type: 'request',
      id: 'same',
      machine: 'web',
      port: 80,
      method: 'POST',
      url: 'http://localhost/',
      headers: [],
      cookies: false,
      isPage: false,
      hasBody: false,
    };
    port2.postMessage(message);
    port2.postMessage(message);
    await expect.poll(() => replies).toEqual(['accepted', 'accepted']);
    finish?.();
    await expect.poll(() => replies).toEqual(['accepted', 'accepted', 'response']);
    expect(calls).toBe(1);
  });
});

describe('when no lab page answers', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('it is asked for again, and given up after a while', async () => {
    let asked = 0;
    const client = new ExchangeClient(() => {
      asked += 1;
    });
    const outcome = expect(client.exchange(request())).rejects.toMatchObject({ code: 'LAB_GONE' });
    await vi.advanceTimersByTimeAsync(11_000);
    await outcome;
    expect(asked).toBeGreaterThan(5);
  });
});
