import { expect, it } from 'vitest';
import { differences } from './inputs.ts';

it('names every input that is not what it was', () => {
  const recorded = { 'package bash': '5.2', 'tool gcc': '12.2', 'file gone': 'a' };
  const now = { 'package bash': '5.3', 'tool gcc': '12.2', 'file new': 'b' };
  expect(differences(recorded, now)).toEqual([
    'file gone: was a, is absent',
    'file new: was absent, is b',
    'package bash: was 5.2, is 5.3',
  ]);
});
