/**
 * v86 generates code of a page of guest code once so many of its instructions were interpreted: a constant in its module.
 * `i32.const 200000; i32.lt_u; br_if 0` is where it compares. Read from v86 0.5; tests find it in the installed one.
 */
const COMPARED = [0x41, 0xc0, 0x9a, 0x0c, 0x49, 0x0d, 0x00];
/** Where the number begins in it, and its bytes. */
const NUMBER = { start: 1, length: 3 };

/**
 * What a page waits for: five times what v86 does. V8 optimises nearly everything that v86 generates, for longer than it runs and before
 * all that waits for the same threads (docs/decisions/038-less-code-is-generated.md).
 */
export const COMPILE_THRESHOLD = 1_000_000;

/**
 * v86's module with another threshold.
 * @param instructions 2^13 to 2^20 - 1: the numbers that take as many bytes (signed LEB128, WebAssembly specification, 5.2.2)
 * @throws when the module is built differently
 */
export function withCompileThreshold(wasm: Uint8Array, instructions: number): Uint8Array {
  const at = find(wasm, 0);
  if (at === -1 || find(wasm, at + 1) !== -1)
    throw new TypeError(
      'This version of v86 is built differently: engine/machine/emulator/compile-threshold.ts must be adapted to it.',
    );
  if (instructions < 2 ** 13 || instructions >= 2 ** 20)
    throw new RangeError(`A threshold of ${instructions} does not take ${NUMBER.length} bytes.`);
  const changed = new Uint8Array(wasm);
  const [low, middle, high] = [instructions, instructions >> 7, instructions >> 14];
  changed.set([(low & 0x7f) | 0x80, (middle & 0x7f) | 0x80, high], at + NUMBER.start);
  return changed;
}

function find(wasm: Uint8Array, from: number): number {
  for (let at = wasm.indexOf(0x41, from); at !== -1; at = wasm.indexOf(0x41, at + 1))
    if (COMPARED.every((byte, index) => wasm[at + index] === byte)) return at;
  return -1;
}
