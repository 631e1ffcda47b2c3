import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { COMPILE_THRESHOLD, withCompileThreshold } from './compile-threshold.ts';

const wasm = readFileSync(createRequire(import.meta.url).resolve('v86/build/v86.wasm'));

test('one number of v86’s module is another', async () => {
  const changed = withCompileThreshold(wasm, COMPILE_THRESHOLD);
  const places = [...changed.keys()].filter((at) => changed[at] !== wasm[at]);
  expect(places).toHaveLength(2);
  const [first = 0] = places;
  // 1,000,000 in signed LEB128.
  expect(Array.from(changed.subarray(first - 1, first + 2))).toEqual([0xc0, 0x84, 0x3d]);
  await WebAssembly.compile(changed as Uint8Array<ArrayBuffer>);
});

test('a threshold that takes more or fewer bytes is refused', () => {
  expect(() => withCompileThreshold(wasm, 8191)).toThrow('does not take 3 bytes');
  expect(() => withCompileThreshold(wasm, 2 ** 20)).toThrow('does not take 3 bytes');
});

test('a module that is built differently is refused', () => {
  expect(() => withCompileThreshold(wasm.subarray(0, 1000), 500_000)).toThrow('built differently');
});
