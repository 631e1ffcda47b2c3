import { describe, expect, it } from 'vitest';
import { goDuration } from '../base/go-duration.ts';
import { goTime, humanDuration, humanSize, parseTimestamp } from './go-format.ts';

describe('humanDuration', () => {
  it.each([
    [0.5, 'Less than a second'],
    [1, '1 second'],
    [59, '59 seconds'],
    [60, 'About a minute'],
    [120, '2 minutes'],
    [3599, '59 minutes'],
    [3600, 'About an hour'],
    [5400, '2 hours'],
    [47 * 3600, '47 hours'],
    [48 * 3600, '2 days'],
    [13 * 86_400, '13 days'],
    [14 * 86_400, '2 weeks'],
    [60 * 86_400, '2 months'],
    [800 * 86_400, '2 years'],
  ])('%d s is %s', (seconds, text) => {
    expect(humanDuration(seconds * 1000)).toBe(text);
  });
});

it('prints sizes with four digits', () => {
  expect([0, 999, 1000, 1234, 7_018_000, 2_066_001_234].map((bytes) => humanSize(bytes))).toEqual([
    '0B',
    '999B',
    '1kB',
    '1.234kB',
    '7.018MB',
    '2.066GB',
  ]);
});

it('prints times as Go does', () => {
  expect(goTime(undefined)).toBe('0001-01-01T00:00:00Z');
  expect(goTime(1_700_000_000_000)).toBe('2023-11-14T22:13:20Z');
  expect(goTime(1_700_000_000_120)).toBe('2023-11-14T22:13:20.12Z');
});

it('prints durations as Go does', () => {
  const durations = [0, 0.25, 300, 1500, 30_000, 90_000, 3_600_000, 3_723_004];
  const texts = ['0s', '250µs', '300ms', '1.5s', '30s', '1m30s', '1h0m0s', '1h2m3.004s'];
  expect(durations.map(goDuration)).toEqual(texts);
});

it('understands seconds, durations and dates', () => {
  expect(parseTimestamp('1700000000.5', 0)).toBe(1_700_000_000_500);
  expect(parseTimestamp('1h30m', 10_000_000)).toBe(10_000_000 - 5_400_000);
  expect(parseTimestamp('2023-11-14T22:13:20Z', 0)).toBe(1_700_000_000_000);
  expect(parseTimestamp('soon', 0)).toBeUndefined();
});
