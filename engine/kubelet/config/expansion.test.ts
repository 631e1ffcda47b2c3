import { expect, it } from 'vitest';
import { expandSubPath, expandVariables } from './expansion.ts';

const variables = new Map([
  ['A', 'a'],
  ['B', '$(A)'],
  ['EMPTY', ''],
]);

it.each([
  ['$(A)', 'a'],
  ['x$(A)y$(A)', 'xaya'],
  ['$(B)', '$(A)'],
  ['$(MISSING)', '$(MISSING)'],
  ['$$(A)', '$(A)'],
  ['$$$(A)', '$a'],
  ['$$$$(A)', '$$(A)'],
  ['$(A', '$(A'],
  ['$A', '$A'],
  ['$', '$'],
  ['a$$', 'a$'],
  ['$()', '$()'],
  ['$(A$(B)', '$(A$(B)'],
  ['$(EMPTY)', ''],
])('makes %s into %s', (text, expanded) => {
  expect(expandVariables(text, variables)).toBe(expanded);
});

it('asks sources in their order', () => {
  expect(
    expandVariables(
      '$(A) $(C)',
      variables,
      new Map([
        ['A', 'other'],
        ['C', 'c'],
      ]),
    ),
  ).toBe('a c');
});

it('refuses a path with variables that are missing or empty', () => {
  expect(expandSubPath('x/$(A)', variables)).toBe('x/a');
  expect(() => expandSubPath('$(Z)/$(EMPTY)', variables)).toThrow('missing value for EMPTY, Z');
});
