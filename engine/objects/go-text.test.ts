import { describe, expect, test } from 'vitest';
import { goJson, goQuote } from './go-text.ts';

describe('texts as Go prints them', () => {
  test('quotes', () => {
    expect(goQuote('a"b\n\u0007\u0001é')).toBe(String.raw`"a\"b\n\a\x01é"`);
    expect(goQuote('\u200b \u{e0001} 😀')).toBe(String.raw`"\u200b \U000e0001 😀"`);
    expect(goQuote('\ud800')).toBe('"\ufffd"');
  });

  test('JSON that is safe in HTML', () => {
    expect(goJson({ a: '<b>&\u2028' })).toBe(String.raw`{"a":"\u003cb\u003e\u0026\u2028"}`);
    expect(goJson(undefined)).toBe('null');
  });
});
