import { expect, it } from 'vitest';
import { fnv32, fnv32a } from './fnv.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

// Test vectors of the authors, and Go's hash/fnv.
it.each([
  ['', 0x811c9dc5, 0x811c9dc5],
  ['a', 0x050c5d7e, 0xe40c292c],
  ['ab', 0x70772d38, 0x4d2505ca],
  ['foobar', 0x31f0b262, 0xbf9cf968],
])('hashes %j', (text, one, oneA) => {
  expect([fnv32(bytes(text)), fnv32a(bytes(text))]).toEqual([one, oneA]);
});
