import type { MachineStats } from '../../../engine/api/agent.ts';
import type { MachineMetrics } from '../../../engine/api/machine.ts';

/** Readings kept: one minute at one a second, two at one in two. */
export const kept = 60;

/** A series of readings, oldest first; at most `kept`. */
export type Series = readonly number[];

export function append(series: Series, value: number): Series {
  return [...series.slice(-(kept - 1)), value];
}

/** What the emulator's counters say about the time between two readings. */
export interface EmulatorRates {
  /** share of one core, 0 to 1 */
  readonly cpu: number;
  readonly instructionsPerSecond: number;
}

export function emulatorRates(
  before: MachineMetrics,
  after: MachineMetrics,
  elapsedMs: number,
): EmulatorRates {
  return {
    cpu: after.cpu,
    instructionsPerSecond: perSecond(before.instructions, after.instructions, elapsedMs),
  };
}

/** What the machine's own counters say about the time between two readings; bytes a second. */
export interface GuestRates {
  readonly cpu: number;
  readonly diskRead: number;
  readonly diskWritten: number;
  readonly received: number;
  readonly sent: number;
}

export function guestRates(before: MachineStats, after: MachineStats): GuestRates {
  const elapsed = after.time - before.time;
  const busy = Math.max(0, after.cpu.busyMs - before.cpu.busyMs);
  const idle = Math.max(0, after.cpu.idleMs - before.cpu.idleMs);
  return {
    cpu: busy + idle > 0 ? busy / (busy + idle) : 0,
    diskRead: perSecond(before.disk.readBytes, after.disk.readBytes, elapsed),
    diskWritten: perSecond(before.disk.writtenBytes, after.disk.writtenBytes, elapsed),
    received: perSecond(before.network.receivedBytes, after.network.receivedBytes, elapsed),
    sent: perSecond(before.network.sentBytes, after.network.sentBytes, elapsed),
  };
}

/** Counters start again after a reset; that reads as no traffic, not as a negative rate. */
function perSecond(before: number, after: number, elapsedMs: number): number {
  return elapsedMs > 0 ? Math.max(0, ((after - before) * 1000) / elapsedMs) : 0;
}

/** `512 B`, `1.5 kB`, `20 MB`: decimal units, two digits. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Millions of instructions a second. */
export function formatInstructions(perSecond: number): string {
  const millions = perSecond / 1e6;
  return millions >= 10 ? String(Math.round(millions)) : millions.toFixed(1);
}
