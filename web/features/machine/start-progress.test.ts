import { expect, test } from 'vitest';
import { remainder, shareOf } from './start-progress.ts';

const at = (phase: Parameters<typeof remainder>[0]['phase'], done: number, total: number) => ({
  phase,
  text: '',
  done,
  total,
});

test('the share grows through the phases of a restore', () => {
  const shares = [
    at('fetching', 0, 8e6),
    at('fetching', 4e6, 8e6),
    at('fetching', 8e6, 8e6),
    at('decompressing', 1, 2),
    at('restoring', 0, 0),
    at('personalising', 0, 0),
    at('ready', 1, 1),
  ].map((progress) => shareOf(progress, 'restore'));
  expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  expect(shares.at(-1)).toBe(1);
});

test('a phase that takes longer than expected stays within its span', () => {
  expect(shareOf(at('booting', 9000, 4000), 'cold')).toBeLessThan(1);
});

test('what is left is in megabytes while fetching and in seconds while booting', () => {
  expect(remainder(at('fetching', 3_140_000, 8_800_000))).toBe('3.1 of 8.8 MB');
  expect(remainder(at('booting', 2100, 4000))).toBe('about 2 s left');
  expect(remainder(at('booting', 5000, 4000))).toBe('a moment longer than usual');
  expect(remainder(at('fetching', 0, 1))).toBe('');
  expect(remainder(at('restoring', 0, 0))).toBe('');
});
