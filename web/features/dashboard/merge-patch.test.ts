import { expect, test } from 'vitest';
import { applyMergePatch } from '../../../engine/objects/patch/merge-patch.ts';
import { mergePatch } from './merge-patch.ts';

const before = { a: 1, deep: { same: [1, { x: 1, y: 2 }], old: 'x' }, list: [1, 2] };

test.each([
  [before, {}],
  [{ ...before, a: 2 }, { a: 2 }],
  // In another order of keys, as in a text that is sorted.
  [{ list: [1, 2], deep: { old: 'x', same: [1, { y: 2, x: 1 }] }, a: 1 }, {}],
  [
    { a: 1, deep: { same: [1, { x: 1, y: 2 }] }, list: [1] },
    { deep: { old: null }, list: [1] },
  ],
  [
    { ...before, deep: 'flat', more: { y: null } },
    { deep: 'flat', more: { y: null } },
  ],
])('to %j', (after, patch) => {
  expect(mergePatch(before, after)).toEqual(patch);
});

test('is what the API server makes the other object of', () => {
  const after = { deep: { same: [], old: 'y', more: { z: true } }, list: [2, 1] };
  expect(applyMergePatch(before, mergePatch(before, after) as never)).toEqual(after);
});
