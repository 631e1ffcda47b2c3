import { expect, it } from 'vitest';
import { FakeClock } from '../../base/fake-clock.ts';
import { SeededRandom } from '../../base/random.ts';
import { AgentSession } from './agent-session.ts';

/** A channel whose other end is the test. */
function channel() {
  const sent: string[] = [];
  let listener: (bytes: Uint8Array) => void = () => {};
  return {
    sent,
    receive: (text: string): void => listener(new TextEncoder().encode(text)),
    send: (bytes: Uint8Array): void => void sent.push(new TextDecoder().decode(bytes)),
    onReceive(next: (bytes: Uint8Array) => void) {
      listener = next;
      return () => (listener = () => {});
    },
  };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function begin() {
  const clock = new FakeClock();
  const wire = channel();
  const session = new AgentSession(wire, { clock, random: new SeededRandom(1) });
  const wait = async (milliseconds: number): Promise<void> => {
    for (let passed = 0; passed < milliseconds; passed += 100) {
      await settle();
      clock.advance(100);
    }
    await settle();
  };
  const lastNonce = (): string =>
    /DRYDOCK\/1 ([0-9a-f]{16})\n$/.exec(wire.sent.at(-1) ?? '')?.[1] ?? '';
  return { clock, wire, session, wait, lastNonce };
}

it('repeats its preamble until it is answered, every fourth time padded', async () => {
  const { clock, wire, session, wait, lastNonce } = begin();
  await wait(700);
  expect(wire.sent.map((text) => text.length > 100)).toEqual([
    false,
    false,
    false,
    true,
    false,
    false,
    false,
    true,
  ]);
  expect(new Set(wire.sent.map((text) => text.slice(-27))).size).toBe(1);
  wire.receive(`noise\nDRYDOCK/1 ${lastNonce()} ready\n`);
  await session.ready();
  await wait(1000);
  expect([wire.sent.length, clock.pending]).toEqual([8, 0]);
});

it('begins anew with another nonce when the agent says that its session is gone', async () => {
  const { wire, session, lastNonce } = begin();
  const first = lastNonce();
  wire.receive(`DRYDOCK/1 ${first} ready\n`);
  const call = session.agentCall('hello', {});
  await settle();
  wire.receive('DRYDOCK/1 waiting\n');
  await expect(call).rejects.toMatchObject({ code: 'ECONNRESET' });
  await settle();
  expect(lastNonce()).toMatch(/^[0-9a-f]{16}$/);
  expect(lastNonce()).not.toBe(first);
});

it('keeps calls waiting while there is no session, and rejects them when it is disposed of', async () => {
  const { clock, session, wait } = begin();
  const call = session.agentCall('hello', {});
  await wait(300);
  session.dispose();
  await expect(call).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(clock.pending).toBe(0);
});

it('tells when what others asked for has been answered', async () => {
  const { session, lastNonce, wire } = begin();
  wire.receive(`DRYDOCK/1 ${lastNonce()} ready\n`);
  const call = session.agentCall('sandbox.create', {});
  await settle();
  let isSettled = false;
  const settled = session.agentSettled(['sandbox.create']).then(() => (isSettled = true));
  await session.agentSettled(['task.start']);
  await settle();
  expect(isSettled).toBe(false);
  session.reset();
  await expect(call).rejects.toMatchObject({ code: 'ECONNRESET' });
  await settled;
  await session.agentSettled(['sandbox.create']);
  session.dispose();
});
