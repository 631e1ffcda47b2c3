import { expect, it } from 'vitest';
import { valueInEnvironmentFile } from './environment-file.ts';

it.each([
  ["A='1'\n", 'A', '1'],
  ["# comment\n\n  A='1' # why\nB='2'\n", 'B', '2'],
  ["A='one\n two\nthree'\nB='2'", 'A', 'one\n two\nthree'],
  ["A='$(x) \\n \"'\n", 'A', '$(x) \\n "'],
  ["A= '1'\n", 'A', ''],
  ["A=''\n", 'A', ''],
  ["A='1'\n", 'MISSING', ''],
])('finds in %j the value of %s', (text, key, value) => {
  expect(valueInEnvironmentFile(text, key)).toBe(value);
});

it.each([
  ['A', "invalid environment variable format at line 1: missing '='"],
  ["='1'", 'invalid environment variable format at line 1: empty variable name'],
  ["A ='1'", "invalid environment variable format at line 1: whitespace before '=' is not allowed"],
  [
    '\nA="1"',
    'invalid environment variable format at line 2: value must be enclosed in single quotes',
  ],
  [
    "A='1'x",
    'invalid environment variable format at line 1: unexpected content after closing quote',
  ],
  [
    "B='1'\nA='1\n2",
    'invalid environment variable format starting at line 2: unclosed single quote',
  ],
])('refuses %j', (text, message) => {
  expect(() => valueInEnvironmentFile(text, 'A')).toThrow(message);
});
