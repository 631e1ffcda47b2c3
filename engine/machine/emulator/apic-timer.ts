import type { V86Apic } from './v86-internals.ts';

/** Byte at which v86's `struct Apic` has the time at which its timer began, in milliseconds since the worker did, as a double. */
const BEGUN = 24;
/** Longer ago than any count of the timer takes, which is 2^32 times 128 ns at most. */
const LONG_AGO = -1e9;

/**
 * Lets a timer of the local APIC that was restored end at once. It began by another worker's clock: v86 would have it begin anew, and a
 * guest that slept would do so for up to a minute. Linux looks at its own clock when its timer ends, and sets it again.
 */
export function endTimer(cpu: V86Apic): void {
  const { buffer } = cpu.wasm_memory;
  new DataView(buffer).setFloat64(cpu.get_apic_addr() + BEGUN, LONG_AGO, true);
}
