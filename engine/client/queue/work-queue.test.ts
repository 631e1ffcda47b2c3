import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../base/fake-clock.ts';
import { advance, settle } from '../testing/settle.ts';
import { ControllerLimiter, ExponentialLimiter, TokenBucket } from './rate-limiter.ts';
import { WorkQueue } from './work-queue.ts';

function setUp() {
  const clock = new FakeClock();
  const errors: string[] = [];
  const queue = new WorkQueue({
    clock,
    limiter: new ExponentialLimiter(),
    onError: (error, key) => errors.push(`${key}: ${String(error)}`),
  });
  return { clock, queue, errors };
}

describe('WorkQueue', () => {
  it('holds a key once, in the order of its first addition', async () => {
    const { queue } = setUp();
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
    expect(queue.length).toBe(3);
    const seen: string[] = [];
    void queue.process(1, async (key) => void seen.push(key));
    await settle();
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(queue.empty).toBe(true);
  });

  it('never works on a key twice at once, and comes back to it', async () => {
    const { queue } = setUp();
    const seen: string[] = [];
    const finish: (() => void)[] = [];
    void queue.process(3, (key) => {
      seen.push(key);
      return new Promise((resolve) => finish.push(resolve));
    });
    queue.add('a');
    await settle();
    queue.add('a');
    queue.add('a');
    queue.add('b');
    await settle();
    expect(seen).toEqual(['a', 'b']);
    finish[0]?.();
    await settle();
    expect(seen).toEqual(['a', 'b', 'a']);
    finish[1]?.();
    finish[2]?.();
    await settle();
    expect(queue.empty).toBe(true);
  });

  it('tries a failed key again, later each time, until it succeeds', async () => {
    const { queue, clock, errors } = setUp();
    const times: number[] = [];
    void queue.process(2, async () => {
      times.push(clock.monotonic());
      if (times.length < 5) throw new Error('not yet');
    });
    queue.add('a');
    await settle();
    await advance(clock, 100, 1);
    expect(times).toEqual([0, 5, 15, 35, 75]);
    expect(errors).toHaveLength(4);
    expect(queue.failures('a')).toBe(0);
  });

  it('adds later, at the earliest time asked for', async () => {
    const { queue, clock } = setUp();
    const seen: string[] = [];
    void queue.process(1, async (key) => void seen.push(`${key}@${clock.monotonic()}`));
    queue.addAfter('a', 500);
    queue.addAfter('a', 200);
    queue.addAfter('a', 900);
    queue.addAfter('b', 0);
    await settle();
    expect(queue.empty).toBe(false);
    await advance(clock, 1000);
    expect(seen).toEqual(['b@0', 'a@200']);
  });

  it('ends its workers when it is disposed', async () => {
    const { queue, clock } = setUp();
    const seen: string[] = [];
    const running = queue.process(2, async (key) => void seen.push(key));
    queue.addAfter('a', 100);
    queue.dispose();
    queue.add('b');
    await running;
    expect([seen, clock.pending]).toEqual([[], 0]);
  });
});

describe('rate limiters', () => {
  it('let a burst through and then keep their pace', () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket(clock, 10, 3);
    expect([1, 2, 3, 4, 5].map(() => bucket.take())).toEqual([0, 0, 0, 100, 200]);
    clock.advance(400);
    expect(bucket.tryTake()).toBe(true);
    expect(bucket.tryTake()).toBe(true);
    expect(bucket.tryTake()).toBe(false);
  });

  it('take the longer of both, for controllers', () => {
    const limiter = new ControllerLimiter(new FakeClock());
    const waits = Array.from({ length: 103 }, (_value, index) => limiter.when(`key${index}`));
    expect(waits.slice(98)).toEqual([5, 5, 100, 200, 300].map((value) => Math.max(value, 5)));
    expect(limiter.failures('key1')).toBe(1);
    limiter.forget('key1');
    expect(limiter.failures('key1')).toBe(0);
  });
});
