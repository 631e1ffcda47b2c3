import * as Comlink from 'comlink';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ByteStream } from '../api/byte-stream.ts';
import { Emitter } from '../base/emitter.ts';
import { FakeClock } from '../base/fake-clock.ts';
import { registerErrorClass } from './error-codec.ts';
import { BoatError, type EchoService } from './fixtures/echo-service.ts';
import { spawnNodeWorker } from './node-worker.node.ts';
import { connectPort, connectWorker, type RpcClient } from './rpc-client.ts';
import type { WorkerLink } from './worker-link.ts';

registerErrorClass('BoatError', BoatError);
const clock = new FakeClock();
let client: RpcClient<EchoService>;

beforeEach(async () => {
  const link = spawnNodeWorker(new URL('./fixtures/echo.worker.node.ts', import.meta.url), {});
  client = await connectWorker<EchoService>(link, {
    clock,
    deadline: (method) => (method === 'forever' ? 500 : undefined),
  });
});
afterEach(() => client.dispose());

describe('connectWorker', () => {
  it('calls methods, carries functions both ways and opens streams', async () => {
    expect(await client.service.add(2, 3)).toBe(5);
    const numbers: number[] = [];
    const result = await client.service.count(3, (number) => void numbers.push(number));
    expect(numbers).toEqual([1, 2, 3]);
    expect(await result()).toBe(3);
    const { reply, stream } = await client.service.open();
    expect(reply).toBe('opened');
    const writer = stream.writable.getWriter();
    void writer.write(new TextEncoder().encode('ship'));
    void writer.close();
    expect(await new Response(stream.readable as BodyInit).text()).toBe('ship');
  });

  it('carries objects with a stream to be read', async () => {
    const { status, body } = await client.service.download('a cargo');
    expect([status, await new Response(body as BodyInit).text()]).toEqual([200, 'a cargo']);
  });

  it('carries objects with functions, which fail when the worker is gone', async () => {
    const counter = await client.service.counter();
    expect([counter.start, await counter.next(), await counter.next()]).toEqual([5, 6, 7]);
    const lost = { code: 'DISCONNECTED' };
    const stalled = expect(counter.stall()).rejects.toMatchObject(lost);
    await expect(client.service.exit()).rejects.toMatchObject(lost);
    await stalled;
    await expect(counter.next()).rejects.toMatchObject(lost);
  });

  it('revives error classes with code and cause', async () => {
    const error: unknown = await client.service.fail().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BoatError);
    expect(error).toMatchObject({ name: 'BoatError', code: 'SUNK', message: 'It has sunk.' });
    expect((error as Error).cause).toBeInstanceOf(TypeError);
  });

  it('rejects a call that misses its deadline', async () => {
    const waiting = client.service.forever();
    clock.advance(500);
    await expect(waiting).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  });

  it('rejects everything pending, and streams, when the worker dies', async () => {
    const { stream } = await client.service.open();
    const reading = stream.readable.getReader().read();
    const results = await Promise.allSettled([
      reading,
      client.service.forever(),
      client.service.exit(),
    ]);
    const lost = { status: 'rejected', reason: { code: 'DISCONNECTED' } };
    expect(results).toMatchObject([lost, lost, lost]);
    await expect(client.service.add(1, 1)).rejects.toMatchObject({ code: 'DISCONNECTED' });
  });

  it('offers the same service through a second port, which notices the end', async () => {
    const second = connectPort<EchoService>(await client.openPort());
    expect(await second.service.add(4, 4)).toBe(8);
    const [pending] = await Promise.allSettled([second.service.forever(), client.dispose()]);
    expect(pending).toMatchObject({ status: 'rejected', reason: { code: 'DISCONNECTED' } });
  });
});

/** A worker that is terminated as Chromium does it: without a word to the ports it had. */
function silentWorker(service: object): WorkerLink {
  const { port1, port2 } = new MessageChannel();
  const death = new Emitter<Error>();
  Comlink.expose(service, port2);
  port2.postMessage({ drydock: 'ready' });
  return {
    endpoint: port1,
    onDeath: death.event,
    terminate() {
      death.fire(new Error('it was terminated'));
      return Promise.resolve();
    },
  };
}

describe('a worker that ends without closing its ports', () => {
  it('takes the streams and functions of its calls with it', async () => {
    const service = {
      open: () => Promise.resolve({ reply: 'opened', stream: endless() }),
      read: () => Promise.resolve(endless().readable),
      counter: () => Promise.resolve({ next: () => new Promise<never>(() => {}) }),
      write: (stream: ByteStream, _onNothing: () => void) => {
        stream.readable
          .getReader()
          .read()
          .catch(() => {});
        return Promise.resolve();
      },
    };
    const silent = await connectWorker<typeof service>(silentWorker(service));
    const { stream } = await silent.service.open();
    const readable = await silent.service.read();
    const counter = await silent.service.counter();
    let cancel: (reason: unknown) => void = () => {};
    const canceled = new Promise((resolve) => (cancel = resolve));
    const given = new ReadableStream<Uint8Array>({ cancel: (reason) => cancel(reason) });
    await silent.service.write({ readable: given, writable: new WritableStream() }, () => {});
    const waiting = [
      stream.readable.getReader().read(),
      stream.writable.getWriter().closed,
      readable.getReader().read(),
      counter.next(),
    ];
    const settled = Promise.allSettled(waiting);
    await silent.dispose();
    for (const result of await settled)
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'DISCONNECTED' } });
    expect(await canceled).toMatchObject({ code: 'DISCONNECTED' });
  });
});

/** A stream on which nothing comes. */
function endless(): ByteStream {
  return { readable: new ReadableStream<Uint8Array>(), writable: new WritableStream() };
}
