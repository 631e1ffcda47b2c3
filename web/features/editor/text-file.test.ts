import { describe, expect, test } from 'vitest';
import { languageOf } from './languages.ts';
import { readText, sameLines, sizeLimit, writeText } from './text-file.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('text of a file', () => {
  test.each(['', 'plain\n', 'one\r\ntwo\r\n', 'ünï → 🐳', '\uFEFFmarked'])(
    '%j comes back byte for byte',
    (text) => {
      const file = readText(bytes(text));
      if (file.kind !== 'text') throw new Error(file.reason);
      expect(writeText(file.text, file.byteOrderMark)).toEqual(bytes(text));
    },
  );

  test.each([
    ['bytes with a zero', new Uint8Array([104, 0, 105])],
    ['another encoding', new Uint8Array([0xe9, 0x20])],
    ['a large file', new Uint8Array(sizeLimit + 1).fill(32)],
  ])('%s is refused with a sentence', (_name, content) => {
    expect(readText(content)).toMatchObject({
      kind: 'refused',
      reason: expect.stringMatching(/\.$/) as string,
    });
  });

  test('line endings alone make no difference', () => {
    expect(sameLines('a\r\nb', 'a\nb')).toBe(true);
    expect(sameLines('a\nb', 'a\nc')).toBe(false);
  });
});

test.each([
  ['/w/Dockerfile', 'dockerfile'],
  ['/w/Dockerfile.dev', 'dockerfile'],
  ['/w/web.Dockerfile', 'dockerfile'],
  ['/w/compose.yml', 'yaml'],
  ['/w/nginx.conf', 'ini'],
  ['/w/run.SH', 'shell'],
  ['/w/.dockerignore', 'shell'],
  ['/w/README', 'plaintext'],
  ['/w/a.b/c', 'plaintext'],
])('%s is %s', (path, language) => expect(languageOf(path)).toBe(language));
