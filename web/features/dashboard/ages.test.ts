import { expect, it } from 'vitest';
import { ageDescription } from '../../../engine/objects/tables/columns.ts';
import { getsOld, isAge } from './ages.ts';

const column = (name: string, description: string) => ({
  name,
  description,
  type: 'string',
  format: '',
  priority: 0,
});

it('knows an age by what the API server says of it, not by its name', () => {
  expect(isAge(column('Age', ageDescription))).toBe(true);
  expect(isAge(column('Age', 'When the ship was built.'))).toBe(false);
});

it.each([
  [['web', '1/1', '3 (2d4h ago)', '5m'], true],
  [['web', '1/1', '0', '5m'], false],
  [['web', '1/1', '37s', '5m'], true],
  [['7d-web', 'latest', null, '5m'], false],
])('knows whether %j gets old beside its age', (cells, expected) => {
  expect(getsOld([{ cells }], new Set([3]))).toBe(expected);
});
