import type { V86Apic } from './v86-internals.ts';

/** Byte at which v86's `struct Apic` has the time at which its timer began, in milliseconds of the host's clock, as a double. */
const BEGUN = 24;

/**
 * Lets a timer of the local APIC that was restored end at once. It began by another host's clock: v86 would have it begin anew, and a
 * guest that slept would do so for up to a minute. Linux looks at its own clock when its timer ends, and sets it again.
 */
export function endTimer(cpu: V86Apic): void {
  const { buffer } = cpu.wasm_memory;
  new DataView(buffer).setFloat64(cpu.get_apic_addr() + BEGUN, 0, true);
}
