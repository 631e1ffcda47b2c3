import { describe, expect, it } from 'vitest';
import { sleep } from './clock.ts';
import { DisposableStore } from './disposable.ts';
import { Emitter } from './emitter.ts';
import { FakeClock } from './fake-clock.ts';
import { toHex } from './hex.ts';
import { SeededRandom, cryptoRandom } from './random.ts';

describe('FakeClock', () => {
  it('runs timers in order of time, also those set by timers', () => {
    const clock = new FakeClock(0);
    const seen: string[] = [];
    clock.setTimer(() => seen.push(`b ${clock.now()}`), 20);
    clock.setTimer(() => {
      seen.push(`a ${clock.now()}`);
      clock.setTimer(() => seen.push(`c ${clock.now()}`), 5);
    }, 10);
    clock.advance(30);
    expect(seen).toEqual(['a 10', 'c 15', 'b 20']);
    expect(clock.now()).toBe(30);
  });

  it('does not run a disposed timer', () => {
    const clock = new FakeClock();
    clock.setTimer(() => expect.unreachable(), 1).dispose();
    clock.advance(10);
    expect(clock.pending).toBe(0);
  });

  it('sleep rejects when aborted and leaves no timer', async () => {
    const clock = new FakeClock();
    const abort = new AbortController();
    const sleeping = sleep(clock, 1000, abort.signal);
    abort.abort(new Error('enough'));
    await expect(sleeping).rejects.toThrow('enough');
    expect(clock.pending).toBe(0);
  });
});

describe('Emitter', () => {
  it('lets listeners leave while an event is fired', () => {
    const emitter = new Emitter<number>();
    const seen: number[] = [];
    const first = emitter.event((value) => {
      seen.push(value);
      first.dispose();
    });
    emitter.event((value) => seen.push(value * 10));
    emitter.fire(1);
    emitter.fire(2);
    expect(seen).toEqual([1, 10, 20]);
  });
});

describe('DisposableStore', () => {
  it('disposes last first, once, and late arrivals at once', () => {
    const seen: string[] = [];
    const store = new DisposableStore();
    store.add({ dispose: () => seen.push('a') });
    store.add({ dispose: () => seen.push('b') });
    store.dispose();
    store.dispose();
    store.add({ dispose: () => seen.push('late') });
    expect(seen).toEqual(['b', 'a', 'late']);
  });
});

describe('Random', () => {
  it('repeats with the same seed', () => {
    expect(new SeededRandom(7).bytes(16)).toEqual(new SeededRandom(7).bytes(16));
    expect(new SeededRandom(7).bytes(16)).not.toEqual(new SeededRandom(8).bytes(16));
  });

  it('never gives the same bytes twice, however few are asked for', () => {
    const drawn = Array.from({ length: 2000 }, () => toHex(cryptoRandom.bytes(16)));
    expect(new Set(drawn).size).toBe(2000);
    expect(drawn.every((text) => /^[0-9a-f]{32}$/.test(text))).toBe(true);
    const numbers = Array.from({ length: 2000 }, () => cryptoRandom.next());
    expect(new Set(numbers).size).toBeGreaterThan(1990);
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
  });

  it('fills more than one call of getRandomValues can', () => {
    const bytes = cryptoRandom.bytes(70_000);
    expect(bytes.subarray(65_536).some((byte) => byte !== 0)).toBe(true);
    expect(toHex(new Uint8Array([0, 255, 16]))).toBe('00ff10');
  });
});
