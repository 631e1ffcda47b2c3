import { expect, test } from 'vitest';
import { FakeClock } from '../base/fake-clock.ts';
import { advance, settle } from '../client/testing/settle.ts';
import { PacedSync } from './paced-sync.ts';

function start(sync: () => Promise<void>) {
  const clock = new FakeClock();
  const stop = new AbortController();
  const errors: unknown[] = [];
  const paced = new PacedSync({ clock, sync, onError: (error) => void errors.push(error) });
  const ended = paced.run(stop.signal);
  return { clock, errors, paced, stop: () => (stop.abort(), ended) };
}

test('changes that come together are one round; later ones wait for their turn', async () => {
  let rounds = 0;
  const { clock, paced, stop } = start(async () => void rounds++);
  paced.request();
  paced.request();
  await settle();
  expect(rounds).toBe(1);
  paced.request();
  await settle();
  expect(rounds).toBe(2);
  paced.request();
  await settle();
  expect(rounds).toBe(2);
  await advance(clock, 1000);
  expect(rounds).toBe(3);
  await advance(clock, 10_000);
  expect(rounds).toBe(3);
  await stop();
});

test('a failure is told and tried again, less and less often', async () => {
  let failures = 3;
  let rounds = 0;
  const { clock, errors, paced, stop } = start(async () => {
    rounds++;
    if (failures-- > 0) throw new Error(`round ${rounds}`);
  });
  paced.request();
  await settle();
  expect(rounds).toBe(1);
  await advance(clock, 10_000);
  expect(rounds).toBe(4);
  expect(errors).toHaveLength(3);
  await stop();
});

test('ends at once while it waits', async () => {
  let rounds = 0;
  const { paced, stop } = start(async () => void rounds++);
  await settle();
  await stop();
  paced.request();
  await settle();
  expect(rounds).toBe(0);
});
