import { describe, expect, it } from 'vitest';
import { goRegExp } from './go-regexp.ts';

describe('goRegExp', () => {
  it.each([
    ['^[a-z]+$', 'abc', true],
    ['^[a-z]+$', 'abc\n', false],
    ['(?i)^abc$', 'ABC', true],
    ['(?s)^a.b$', 'a\nb', true],
    [String.raw`^a\z`, 'a', true],
    [String.raw`\Aa`, 'ba', false],
    ['^(?P<name>a)$', 'a', true],
    ['^[[:alpha:]_]+$', 'aB_', true],
    ['^[[:digit:]]+$', 'a', false],
    ['^[^[:space:]]+$', 'a b', false],
    [String.raw`^\Qa.b\E$`, 'a.b', true],
    [String.raw`^\Qa.b\E$`, 'axb', false],
    [String.raw`^a\-b\_c\/d$`, 'a-b_c/d', true],
    [String.raw`^[\w\-\.]+$`, 'a-b.c', true],
    ['^[]a]+$', ']a', true],
    ['^[^]a]+$', ']', false],
    ['^[a[]+$', 'a[', true],
    [String.raw`^\pL+$`, 'äb', true],
    [String.raw`^\p{Greek}$`, 'α', false],
    ['^.$', '😀', true],
  ])('%s on %j: %s', (pattern, text, expected) => {
    expect(goRegExp(pattern)?.test(text) ?? false).toBe(expected);
  });

  it('knows what is no regular expression', () => {
    expect(goRegExp('[')).toBeUndefined();
    expect(goRegExp('a(?i)b')).toBeUndefined();
  });
});
