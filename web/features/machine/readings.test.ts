import { expect, test } from 'vitest';
import {
  append,
  emulatorRates,
  formatBytes,
  formatInstructions,
  guestRates,
  kept,
} from './readings.ts';

const stats = (time: number, busyMs: number, idleMs: number, bytes: number) => ({
  time,
  cpu: { busyMs, idleMs },
  memory: { total: 128e6, available: 64e6 },
  disk: { total: 1e9, used: 1e8, readBytes: bytes, writtenBytes: 2 * bytes },
  network: { receivedBytes: bytes, sentBytes: bytes },
  processes: 12,
});

test('guest rates are differences over time', () => {
  const rates = guestRates(stats(1000, 100, 900, 0), stats(3000, 600, 2400, 4000));
  expect(rates).toEqual({
    cpu: 0.25,
    diskRead: 2000,
    diskWritten: 4000,
    received: 2000,
    sent: 2000,
  });
});

test('counters that start again after a reset give zero, not a negative rate', () => {
  const rates = guestRates(stats(1000, 5000, 9000, 1e6), stats(2000, 10, 20, 10));
  expect(rates.received).toBe(0);
  expect(rates.cpu).toBe(0);
});

test('instructions a second', () => {
  const metrics = {
    instructions: 1e6,
    cpu: 0.4,
    memoryBytes: 0,
    diskReadBytes: 0,
    diskWrittenBytes: 0,
    fetchedBytes: 0,
    networkReceivedBytes: 0,
    networkSentBytes: 0,
    treeRequests: 0,
    paused: false,
  };
  expect(emulatorRates(metrics, { ...metrics, instructions: 101e6 }, 500)).toEqual({
    cpu: 0.4,
    instructionsPerSecond: 200e6,
  });
});

test('a series forgets the oldest reading', () => {
  let series = append([], 0);
  for (let index = 1; index <= kept; index += 1) series = append(series, index);
  expect(series).toHaveLength(kept);
  expect(series[0]).toBe(1);
});

test('units', () => {
  expect([0, 512, 1500, 20_000_000, 999_600].map(formatBytes)).toEqual([
    '0 B',
    '512 B',
    '1.5 kB',
    '20 MB',
    '1.0 MB',
  ]);
  expect([0, 2_340_000, 187_600_000].map(formatInstructions)).toEqual(['0.0', '2.3', '188']);
});
