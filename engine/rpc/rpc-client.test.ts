import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../base/fake-clock.ts';
import { registerErrorClass } from './error-codec.ts';
import { BoatError, type EchoService } from './fixtures/echo-service.ts';
import { spawnNodeWorker } from './node-worker.node.ts';
import { connectPort, connectWorker, type RpcClient } from './rpc-client.ts';

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
