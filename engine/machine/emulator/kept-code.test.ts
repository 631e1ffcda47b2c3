import { expect, it } from 'vitest';
import { keepingCode } from './kept-code.ts';
import type { V86Cpu } from './v86-internals.ts';

const PAGE = 4096;

/** A processor with so many pages of memory, each filled with its number, and code generated from all of them. */
function processor(pages: number) {
  const memory = new Uint8Array(pages * PAGE);
  for (let page = 0; page < pages; page++) memory.fill(page, page * PAGE, (page + 1) * PAGE);
  const compiled = new Set(Array.from({ length: pages }, (_, page) => page));
  const cpu: V86Cpu = {
    mem8: memory,
    unpack_memory: () => expect.unreachable('all of memory is written'),
    jit_clear_cache: () => compiled.clear(),
    jit_dirty_cache(start, end) {
      for (let page = start / PAGE; page < end / PAGE; page++) compiled.delete(page);
    },
  };
  return { cpu, compiled, memory };
}

it('keeps code of pages that are the same, and forgets that of others', () => {
  const { cpu, compiled, memory } = processor(5);
  const { unpack_memory, jit_clear_cache } = cpu;
  // Page 0 is zero before and after, 1 is the same, 2 becomes another, 3 becomes zero; 4 differs in its last byte.
  const content = new Uint8Array(3 * PAGE)
    .fill(1, 0, PAGE)
    .fill(9, PAGE, 2 * PAGE)
    .fill(4, 2 * PAGE);
  content[content.length - 1] = 5;
  const has = [0, 1, 1, 0, 1];
  keepingCode(cpu, () => {
    cpu.unpack_memory({ get: (page) => has[page] ?? 0 }, content);
    cpu.jit_clear_cache();
  });
  expect([...compiled]).toEqual([0, 1]);
  const pages = [0, 1, 2, 3].map((page) => memory.subarray(page * PAGE, (page + 1) * PAGE));
  expect(pages.map((bytes) => new Set(bytes))).toEqual([0, 1, 9, 0].map((byte) => new Set([byte])));
  expect([...memory.subarray(-2)]).toEqual([4, 5]);
  expect([cpu.unpack_memory, cpu.jit_clear_cache]).toEqual([unpack_memory, jit_clear_cache]);
});

it('leaves v86 as it was when a state cannot be restored', () => {
  const { cpu } = processor(1);
  const { unpack_memory } = cpu;
  const restore = (): never => {
    throw new Error('not a state');
  };
  expect(() => keepingCode(cpu, restore)).toThrow('not a state');
  expect(cpu.unpack_memory).toBe(unpack_memory);
});
