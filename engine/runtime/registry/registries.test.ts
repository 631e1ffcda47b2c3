import { describe, expect, it } from 'vitest';
import type { ByteStream } from '../../api/byte-stream.ts';
import { serveHttp, type HttpHandler, type HttpRequest } from '../../http/index.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';
import { registries } from './registries.ts';

/** The client's end of a connection on which `handler` answers. */
function connection(handler: HttpHandler): ByteStream {
  const up = new TransformStream<Uint8Array, Uint8Array>();
  const down = new TransformStream<Uint8Array, Uint8Array>();
  void serveHttp({ readable: up.readable, writable: down.writable }, handler);
  return { readable: down.readable, writable: up.writable };
}

const get = (url: string): HttpRequest => ({
  method: 'GET',
  url,
  headers: new Headers(),
  body: null,
});
const noHub = (): Promise<MessagePort> => Promise.reject(new Error('no hub'));
const noDial = (): Promise<ByteStream> => Promise.reject(new Error('no dial'));

describe('registries', () => {
  it('reach one that runs in the machine, on its loopback address', async () => {
    const dialled: string[] = [];
    const fetch = registries(noHub, (address) => {
      dialled.push(address);
      return Promise.resolve(
        connection(({ url, headers }) =>
          Promise.resolve({
            status: 200,
            headers: new Headers({ 'x-host': headers.get('host') ?? '' }),
            body: new TextEncoder().encode(new URL(url).pathname),
          }),
        ),
      );
    });
    const answer = await fetch(get('http://localhost:5000/v2/'));
    expect(answer.headers.get('x-host')).toBe('localhost:5000');
    expect(await new Response(answer.body as BodyInit).text()).toBe('/v2/');
    await fetch(get('http://127.0.0.3/v2/'));
    expect(dialled).toEqual(['127.0.0.1:5000', '127.0.0.3:80']);
  });

  it('say what Go says when nothing listens there', async () => {
    const fetch = registries(noHub, () =>
      Promise.reject(new AgentError('ECONNREFUSED', 'connection refused')),
    );
    await expect(fetch(get('http://localhost:5000/v2/'))).rejects.toThrow(
      'dial tcp 127.0.0.1:5000: connect: connection refused',
    );
  });

  it('know no other hosts', async () => {
    const fetch = registries(noHub, noDial);
    for (const host of ['registry.example', 'docker.io.example', 'localhost.example'])
      await expect(fetch(get(`https://${host}/v2/`))).rejects.toThrow(
        `dial tcp: lookup ${host}: no such host`,
      );
  });

  it('open the Hub’s port once, and anew when its worker is gone', async () => {
    const ports: MessagePort[] = [];
    const fetch = registries(() => {
      const { port1, port2 } = new MessageChannel();
      ports.push(port1);
      return Promise.resolve(port2);
    }, noDial);
    const waiting = fetch(get('https://registry-1.docker.io/v2/'));
    await expect.poll(() => ports.length).toBe(1);
    ports[0]?.close();
    await expect.poll(() => ports.length).toBe(2);
    ports[1]?.close();
    await expect(waiting).rejects.toMatchObject({ code: 'DISCONNECTED' });
  });
});
