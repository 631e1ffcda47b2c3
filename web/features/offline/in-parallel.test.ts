import { expect, it } from 'vitest';
import { inParallel } from './in-parallel.ts';

const items = ['a', 'b', 'c', 'd', 'e', 'f'];

/** Work that goes on until it is ended here, or aborted. */
function heldWork() {
  const begun: string[] = [];
  const ended: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const work = (item: string, signal: AbortSignal) => {
    begun.push(item);
    const held = new Promise<void>((resolve, reject) => {
      ends.set(item, (error) => (error ? reject(error) : resolve()));
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
    return held.finally(() => ended.push(item));
  };
  const end = (item: string, error?: Error) => ends.get(item)?.(error);
  return { begun, ended, end, work };
}

it('works on all items, so many at a time', async () => {
  const { begun, end, work } = heldWork();
  const { signal } = new AbortController();
  const whole = inParallel(items.slice(0, 3), { atOnce: 2, signal }, work);
  expect(begun).toEqual(['a', 'b']);
  end('b');
  await expect.poll(() => begun).toEqual(['a', 'b', 'c']);
  end('a');
  end('c');
  await whole;
});

it('a failure ends the work on the others before it is thrown, and no other item is begun', async () => {
  const { begun, ended, end, work } = heldWork();
  const { signal } = new AbortController();
  const whole = inParallel(items, { atOnce: 3, signal }, work);
  const full = new Error('There is no room.');
  end('b', full);
  await expect(whole).rejects.toBe(full);
  expect(begun).toEqual(['a', 'b', 'c']);
  expect(ended.toSorted()).toEqual(['a', 'b', 'c']);
});

it('ends when it is told to', async () => {
  const { begun, work } = heldWork();
  const stop = new AbortController();
  const whole = inParallel(items, { atOnce: 2, signal: stop.signal }, work);
  stop.abort();
  await expect(whole).rejects.toMatchObject({ name: 'AbortError' });
  expect(begun).toEqual(['a', 'b']);
});
