import { describe, expect, test } from 'vitest';
import { goRegExpProblem } from './go-regexp-syntax.ts';

/** What Go's `regexp.Compile` says of patterns. */
const problems: readonly (readonly [pattern: string, problem: string])[] = [
  ['a(b', 'missing closing ): `a(b`'],
  ['a)b', 'unexpected ): `a)b`'],
  ['[a', 'missing closing ]: `[a`'],
  ['x[^a-', 'missing closing ]: `[^a-`'],
  ['[z-a]', 'invalid character class range: `z-a`'],
  ['[[:foo:]]', 'invalid character class range: `[:foo:]`'],
  [String.raw`\p{Foo}x`, String.raw`invalid character class range: ${'`'}\p{Foo}${'`'}`],
  ['*a', 'missing argument to repetition operator: `*`'],
  ['(|+?a)', 'missing argument to repetition operator: `+?`'],
  ['a**', 'invalid nested repetition operator: `**`'],
  ['a+?{2}', 'invalid nested repetition operator: `+?{2}`'],
  ['a{1001}', 'invalid repeat count: `{1001}`'],
  ['a{3,2}', 'invalid repeat count: `{3,2}`'],
  ['(a{100}){11}', 'invalid repeat count: `{11}`'],
  ['(?!a)', 'invalid or unsupported Perl syntax: `(?!`'],
  ['(?i-:a)', 'invalid or unsupported Perl syntax: `(?i-:`'],
  ['(?P<>a)', 'invalid named capture: `(?P<>`'],
  ['(?<n', 'invalid named capture: `(?<n`'],
  ['a\\', 'trailing backslash at end of expression: ``'],
  [String.raw`\8`, String.raw`invalid escape sequence: ${'`'}\8${'`'}`],
  [String.raw`[\q]`, String.raw`invalid escape sequence: ${'`'}\q${'`'}`],
  [String.raw`\x{110000}`, String.raw`invalid escape sequence: ${'`'}\x{110000${'`'}`],
];

const patterns = [
  '',
  'a{,2}{',
  'a{01}',
  String.raw`^(?i)[]a-]?|\Q(*\E+$`,
  String.raw`(?P<n>\d+)(?:[[:alpha:]\pL\x{1F600}]|\012)??`,
  '(?U-s:a{2,3}?)',
  'a{1000}',
];

describe('regular expressions of Go', () => {
  test.each(problems)('%s', (pattern, problem) => {
    expect(goRegExpProblem(pattern)).toBe(`error parsing regexp: ${problem}`);
  });

  test.each(patterns)('%s is one', (pattern) => {
    expect(goRegExpProblem(pattern)).toBeUndefined();
  });
});
