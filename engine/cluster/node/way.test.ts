import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../base/fake-clock.ts';
import type { HttpHandler, HttpRequest } from '../../http/index.ts';
import { overWay, Way } from './way.ts';

const request: HttpRequest = {
  method: 'GET',
  url: 'https://10.0.0.11:6443/version',
  headers: new Headers(),
  body: null,
};
const endless: HttpHandler = ({ signal }) => {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(Uint8Array.of(1));
      signal?.addEventListener('abort', () => controller.error(signal.reason));
    },
  });
  return Promise.resolve({ status: 200, headers: new Headers(), body });
};

function setUp() {
  const way = new Way();
  const clock = new FakeClock();
  return { way, clock, ask: overWay(endless, { way, address: '10.0.0.11:6443', clock }) };
}

it('takes there and back longer when it is slow', async () => {
  const { way, clock, ask } = setUp();
  way.delay = 200;
  let isAnswered = false;
  const asked = ask(request).then(() => (isAnswered = true));
  clock.advance(399);
  await Promise.resolve();
  expect(isAnswered).toBe(false);
  clock.advance(1);
  await asked;
});

describe('a way that is cut', () => {
  it('breaks what is on its way, which never arrives', async () => {
    const way = new Way();
    const clock = new FakeClock();
    let arrived = 0;
    const counting: HttpHandler = (received) => {
      arrived += 1;
      return endless(received);
    };
    const ask = overWay(counting, { way, address: '10.0.0.11:6443', clock });
    way.delay = 200;
    const asked = ask(request);
    way.set(false);
    clock.advance(400);
    await expect(asked).rejects.toThrow('read tcp 10.0.0.11:6443');
    expect(arrived).toBe(0);
  });

  it('carries no request, as a network does not', async () => {
    const { way, clock, ask } = setUp();
    way.set(false);
    const asked = ask(request);
    clock.advance(3000);
    await expect(asked).rejects.toThrow('dial tcp 10.0.0.11:6443: connect: no route to host');
  });

  it('breaks what it carried', async () => {
    const { way, ask } = setUp();
    const response = await ask(request);
    if (!('body' in response) || !(response.body instanceof ReadableStream))
      throw new Error('There is no stream.');
    const reader = response.body.getReader();
    expect((await reader.read()).value).toEqual(Uint8Array.of(1));
    way.set(false);
    await expect(reader.read()).rejects.toThrow('read tcp 10.0.0.11:6443');
  });

  it('carries what was asked meanwhile as soon as it comes back', async () => {
    const { way, ask } = setUp();
    way.set(false);
    const asked = ask(request);
    way.set(true);
    expect(await asked).toMatchObject({ status: 200 });
  });
});
