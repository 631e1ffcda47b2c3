import { expect, test } from 'vitest';
import { changedPart } from './changed-part.ts';

test.each([
  ['replicas: 2\nready: 1', 'replicas: 3\nready: 1', { from: 10, to: 11, text: '3' }],
  ['same', 'same', { from: 4, to: 4, text: '' }],
  ['', 'new', { from: 0, to: 0, text: 'new' }],
  ['aaa', 'aa', { from: 2, to: 3, text: '' }],
])('%j becomes %j', (before, after, part) => {
  expect(changedPart(before, after)).toEqual(part);
  expect(before.slice(0, part.from) + part.text + before.slice(part.to)).toBe(after);
});
