import type { PageSet, V86Cpu } from './v86-internals.ts';

const PAGE_SHIFT = 12;
const PAGE_WORDS = 1024;

/**
 * Restores a state in an emulator that has run, and keeps the code that was generated from pages which are the same
 * before and after. v86 by itself forgets all of it, for it could be of anything; but a machine that goes back to where it was has
 * changed a few thousand pages since then, and a processor without code is several times as slow for seconds.
 * @param restore v86's own, which ends synchronously
 */
export function keepingCode(cpu: V86Cpu, restore: () => void): void {
  const { unpack_memory, jit_clear_cache } = cpu;
  cpu.unpack_memory = (pages, content) => changePages(cpu, pages, content);
  cpu.jit_clear_cache = () => {};
  try {
    restore();
  } finally {
    Object.assign(cpu, { unpack_memory, jit_clear_cache });
  }
}

/** Makes memory what the state has, and writes only pages that differ. */
function changePages(cpu: V86Cpu, pages: PageSet, content: Uint8Array): void {
  const { buffer, byteOffset, length } = cpu.mem8;
  const memory = new Int32Array(buffer, byteOffset, length / 4);
  const wanted = new Int32Array(content.buffer, content.byteOffset, content.length / 4);
  const zeros = new Int32Array(PAGE_WORDS);
  let packed = 0;
  for (let start = 0; start < memory.length; start += PAGE_WORDS) {
    const isKept = pages.get(start / PAGE_WORDS) !== 0;
    const [source, at] = isKept ? [wanted, packed] : [zeros, 0];
    if (isKept) packed += PAGE_WORDS;
    if (isSame(memory, start, source, at)) continue;
    memory.set(source.subarray(at, at + PAGE_WORDS), start);
    const page = start / PAGE_WORDS;
    cpu.jit_dirty_cache(page << PAGE_SHIFT, (page + 1) << PAGE_SHIFT);
  }
  if (packed !== wanted.length) throw new RangeError('The state has more pages than it says.');
}

function isSame(one: Int32Array, oneAt: number, other: Int32Array, otherAt: number): boolean {
  for (let word = 0; word < PAGE_WORDS; word++)
    if (one[oneAt + word] !== other[otherAt + word]) return false;
  return true;
}
