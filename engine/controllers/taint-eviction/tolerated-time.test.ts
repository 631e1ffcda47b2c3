import { expect, it } from 'vitest';
import type { Taint, Toleration } from '../../objects/generated/core-v1.generated.ts';
import { toleratedTime } from './tolerated-time.ts';

const maintenance: Taint = { key: 'maintenance', effect: 'NoExecute' };
const tolerating = (tolerationSeconds?: number): Toleration => ({
  key: 'maintenance',
  operator: 'Exists',
  effect: 'NoExecute',
  ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }),
});

it.each([
  ['nothing is tolerated', [maintenance], [], 0],
  ['for ever', [maintenance], [tolerating()], Number.POSITIVE_INFINITY],
  ['a while', [maintenance], [tolerating(7)], 7000],
  ['no time at all', [maintenance], [tolerating(-1)], 0],
  [
    'the shortest of two',
    [maintenance, { key: 'b', effect: 'NoExecute' }],
    [tolerating(9), { key: 'b', operator: 'Exists', tolerationSeconds: 4 }],
    4000,
  ],
  ['one of two taints only', [maintenance, { key: 'b', effect: 'NoExecute' }], [tolerating(9)], 0],
] as const)('tolerated time: %s', (_what, taints, tolerations, milliseconds) => {
  expect(toleratedTime(taints, tolerations)).toBe(milliseconds);
});
