import { expect, it } from 'vitest';
import { endTimer } from './apic-timer.ts';

/** milliseconds that the timer counts at most: 32 bits of 1 GHz, divided by 128 */
const LONGEST = (2 ** 32 * 128) / 1e6;

it('lets the timer have begun so long ago that it has ended, and changes nothing else', () => {
  const address = 64;
  const { buffer } = new Uint8Array(512).fill(0xff);
  const before = new Uint8Array(buffer.slice());
  endTimer({ wasm_memory: { buffer }, get_apic_addr: () => address });
  const begun = new DataView(buffer).getFloat64(address + 24, true);
  expect(begun + LONGEST).toBeLessThan(0);
  const changed = [...new Uint8Array(buffer).keys()].filter(
    (at) => new Uint8Array(buffer)[at] !== before[at],
  );
  expect(changed[0]).toBeGreaterThanOrEqual(address + 24);
  expect(changed.at(-1)).toBeLessThan(address + 32);
});
