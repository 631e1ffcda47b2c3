import { expect, it } from 'vitest';
import { endTimer } from './apic-timer.ts';

it('lets the timer have begun before any host did', () => {
  const address = 64;
  const { buffer } = new Uint8Array(512).fill(0xff);
  endTimer({ wasm_memory: { buffer }, get_apic_addr: () => address });
  expect(new DataView(buffer).getFloat64(address + 24, true)).toBe(0);
  const rest = [...new Uint8Array(buffer)].filter((byte) => byte !== 0xff);
  expect(rest).toHaveLength(Float64Array.BYTES_PER_ELEMENT);
});
