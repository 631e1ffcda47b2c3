import { expect, test } from 'vitest';
import { applyMergePatch } from '../../../engine/objects/patch/merge-patch.ts';
import { mergePatch } from './merge-patch.ts';

const before = { a: 1, deep: { same: [1, { x: 1 }], old: 'x' }, list: [1, 2] };

test.each([
  [before, {}],
  [{ ...before, a: 2 }, { a: 2 }],
  [
    { a: 1, deep: { same: [1, { x: 1 }] }, list: [1] },
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
