import { expect, it } from 'vitest';
import { warningHeaders } from './warning-headers.ts';

it('makes a header of every warning', () => {
  expect(warningHeaders(new Set(['a "b" \\c', '']))).toEqual(['299 - "a \\"b\\" \\\\c"']);
});

it('carries what is not ASCII as UTF-8, and nothing that could break a header', () => {
  const headers = new Headers();
  for (const value of warningHeaders(new Set(['größer\uFFFD', 'a\r\nb', 'c\u0000'])))
    headers.append('warning', value);
  const bytes = Uint8Array.from(headers.get('warning') ?? '', (character) =>
    character.charCodeAt(0),
  );
  expect(new TextDecoder().decode(bytes)).toBe('299 - "größer\uFFFD"');
});

it('cuts them when there are too many', () => {
  const values = warningHeaders(
    new Set(Array.from({ length: 100 }, (_, index) => `${index} ${'x'.repeat(1000)}`)),
  );
  expect(values).toHaveLength(16);
  expect(values[0]).toHaveLength(256 + '299 - ""'.length);
});
