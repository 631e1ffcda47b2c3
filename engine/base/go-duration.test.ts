import { expect, it } from 'vitest';
import { goDuration, parseGoDuration } from './go-duration.ts';

it.each([
  ['0', 0],
  ['1m30s', 90_000],
  ['-1.5h', -5_400_000],
  ['+500ms', 500],
  ['.5s', 500],
  ['250µs', 0.25],
])('%s is read as %d milliseconds', (text, milliseconds) => {
  expect(parseGoDuration(text)).toBe(milliseconds);
});

// What Go 1.25 says.
it.each([
  ['', 'time: invalid duration ""'],
  ['soon', 'time: invalid duration "soon"'],
  ['5', 'time: missing unit in duration "5"'],
  ['1h5', 'time: missing unit in duration "1h5"'],
  ['2d', 'time: unknown unit "d" in duration "2d"'],
])('%j is none: %s', (text, message) => {
  expect(() => parseGoDuration(text)).toThrow(new RangeError(message));
});

it.each([0, 0.25, 300, 1500, 90_000, 3_600_000])('%d is written as it is read', (milliseconds) => {
  expect(parseGoDuration(goDuration(milliseconds))).toBe(milliseconds);
});
