/** When a node is short of something, as pure functions (pkg/kubelet/eviction). */
import { Quantity } from '../../objects/quantity.ts';
import type { NodeReading } from '../stats/node-reading.ts';

export type Signal =
  | 'memory.available'
  | 'nodefs.available'
  | 'imagefs.available'
  | 'nodefs.inodesFree'
  | 'imagefs.inodesFree'
  | 'pid.available';
export type Pressure = 'MemoryPressure' | 'DiskPressure' | 'PIDPressure';

/** What is short when a signal says so. */
interface Meaning {
  /** as events and messages call it */
  readonly resource: 'memory' | 'ephemeral-storage' | 'inodes' | 'pids';
  readonly pressure: Pressure;
}

const DISK: Meaning = { resource: 'ephemeral-storage', pressure: 'DiskPressure' };
const INODES: Meaning = { resource: 'inodes', pressure: 'DiskPressure' };
export const MEANINGS: Readonly<Record<Signal, Meaning>> = {
  'memory.available': { resource: 'memory', pressure: 'MemoryPressure' },
  'nodefs.available': DISK,
  'imagefs.available': DISK,
  'nodefs.inodesFree': INODES,
  'imagefs.inodesFree': INODES,
  'pid.available': { resource: 'pids', pressure: 'PIDPressure' },
};

export interface Threshold {
  readonly signal: Signal;
  /** a quantity, or a percentage of the capacity: `10%` */
  readonly value: string;
  /** milliseconds for which it must be met; 0 for a hard one */
  readonly gracePeriod: number;
}

/** What of a resource is left. */
export interface Observation {
  readonly available: number;
  readonly capacity: number;
}

export type Observations = ReadonlyMap<Signal, Observation>;

const isSignal = (name: string): name is Signal => name in MEANINGS;

/** Of a `KubeletConfiguration`. Signals that are not measured here are left out. */
export function thresholdsOf(configuration: {
  readonly evictionHard: Readonly<Record<string, string>>;
  readonly evictionSoft: Readonly<Record<string, string>>;
  readonly evictionSoftGracePeriod: Readonly<Record<string, number>>;
}): readonly Threshold[] {
  const { evictionHard, evictionSoft, evictionSoftGracePeriod } = configuration;
  const read = (
    values: Readonly<Record<string, string>>,
    gracePeriod: (signal: string) => number,
  ): Threshold[] =>
    Object.entries(values).flatMap(([signal, value]) =>
      isSignal(signal) && value !== '0%' && value !== '100%'
        ? [{ signal, value, gracePeriod: gracePeriod(signal) }]
        : [],
    );
  return [
    ...read(evictionHard, () => 0),
    ...read(evictionSoft, (signal) => evictionSoftGracePeriod[signal] ?? 0),
  ];
}

/** How much of it must be left. */
export function quantityOf({ value }: Threshold, capacity: number): number {
  return value.endsWith('%')
    ? Math.floor((capacity * Number(value.slice(0, -1))) / 100)
    : Quantity.parse(value).value();
}

/** @param maxPids that the node may have */
export function observe(reading: NodeReading, maxPids: number): Observations {
  const { memory, disk, processes } = reading;
  const nodefs = { available: disk.available, capacity: disk.total };
  return new Map<Signal, Observation>([
    ['memory.available', { available: memory.available, capacity: memory.total }],
    ['nodefs.available', nodefs],
    ['imagefs.available', nodefs],
    ['pid.available', { available: maxPids - processes, capacity: maxPids }],
  ]);
}

/** Those that are met at this moment. Signals without an observation are not. */
export function thresholdsMet(
  thresholds: readonly Threshold[],
  observations: Observations,
): readonly Threshold[] {
  return thresholds.filter((threshold) => {
    const observed = observations.get(threshold.signal);
    return observed !== undefined && observed.available < quantityOf(threshold, observed.capacity);
  });
}

/** Since when thresholds are met, and when pressures were seen last. UNIX milliseconds. */
export interface PressureMemory {
  readonly firstMet: ReadonlyMap<Threshold, number>;
  readonly lastSeen: ReadonlyMap<Pressure, number>;
}

export const NO_PRESSURE: PressureMemory = { firstMet: new Map(), lastSeen: new Map() };

export function remember(
  { firstMet, lastSeen }: PressureMemory,
  met: readonly Threshold[],
  now: number,
): PressureMemory {
  const seen = met.map(({ signal }): [Pressure, number] => [MEANINGS[signal].pressure, now]);
  return {
    firstMet: new Map(met.map((threshold) => [threshold, firstMet.get(threshold) ?? now])),
    lastSeen: new Map([...lastSeen, ...seen]),
  };
}

/** Pressures that the node has: those seen within the time they take to pass. */
export function pressuresOf(
  { lastSeen }: PressureMemory,
  transitionPeriod: number,
  now: number,
): ReadonlySet<Pressure> {
  const recent = [...lastSeen].filter(([, at]) => now - at < transitionPeriod || at === now);
  return new Set(recent.map(([pressure]) => pressure));
}

/** The one to act on: met for its grace period; memory before all else. */
export function mostUrgent({ firstMet }: PressureMemory, now: number): Threshold | undefined {
  const due = [...firstMet]
    .filter(([{ gracePeriod }, since]) => now - since >= gracePeriod)
    .map(([threshold]) => threshold);
  return due.find(({ signal }) => signal === 'memory.available') ?? due[0];
}
