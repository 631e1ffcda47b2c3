import { expect, it } from 'vitest';
import { FakeClock } from '../../base/fake-clock.ts';
import { TaintingQueue } from './tainting-queue.ts';

function setUp(rate: number) {
  const clock = new FakeClock();
  const queue = new TaintingQueue(clock, rate);
  const worked: string[] = [];
  const pass = async (outcome: true | number = true): Promise<string[]> => {
    await queue.work((name) => {
      worked.push(name);
      return Promise.resolve(outcome);
    });
    return worked.splice(0);
  };
  return { clock, queue, pass };
}

it('takes nodes in their order, as fast as the rate allows', async () => {
  const { clock, queue, pass } = setUp(0.1);
  for (const name of ['a', 'b', 'c']) queue.add(name);
  expect(await pass()).toEqual(['a']);
  clock.advance(9900);
  expect(await pass()).toEqual([]);
  clock.advance(100);
  expect(await pass()).toEqual(['b']);
  expect(queue.isBusy).toBe(true);
});

it('takes a node once, until it was removed', async () => {
  const { clock, queue, pass } = setUp(1);
  queue.add('a');
  expect(await pass()).toEqual(['a']);
  queue.add('a');
  clock.advance(1000);
  expect([await pass(), queue.isBusy]).toEqual([[], false]);
  queue.remove('a');
  queue.add('a');
  expect(await pass()).toEqual(['a']);
});

it('tries again after a while what did not work', async () => {
  const { clock, queue, pass } = setUp(100);
  queue.add('a');
  expect(await pass(50)).toEqual(['a']);
  clock.advance(20);
  expect(await pass()).toEqual([]);
  clock.advance(40);
  expect(await pass()).toEqual(['a']);
});

it('takes none at a rate of nothing, and does not begin with a burst', async () => {
  const { clock, queue, pass } = setUp(0.1);
  queue.setRate(0);
  queue.add('a');
  clock.advance(60_000);
  expect([await pass(), queue.isBusy]).toEqual([[], false]);
  queue.setRate(0.1);
  expect(await pass()).toEqual([]);
  clock.advance(10_000);
  expect(await pass()).toEqual(['a']);
});
