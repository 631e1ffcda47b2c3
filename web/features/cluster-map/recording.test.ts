import { expect, test } from 'vitest';
import { nodes, request } from './fixtures.ts';
import { CAPACITY, indexAfter, noRecording, record } from './recording.ts';

const many = (count: number) => ({
  entries: Array.from({ length: count }, () => request()),
  lost: 0,
});

test('the oldest are forgotten, and their numbers are not used again', () => {
  const full = record(noRecording, many(CAPACITY), nodes);
  const { items, lastSequence } = record(full, many(3), nodes);
  expect(items).toHaveLength(CAPACITY);
  expect(items[0]?.sequence).toBe(4);
  expect(lastSequence).toBe(CAPACITY + 3);
  expect(items[indexAfter(items, 10)]?.sequence).toBe(11);
  expect(indexAfter(items, 0)).toBe(0);
});

test('what never arrived is counted', () => {
  expect(record(noRecording, { entries: [], lost: 7 }, nodes).lost).toBe(7);
});
