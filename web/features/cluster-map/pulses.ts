import type { Recorded } from './recording.ts';
import { ETCD } from './stations.ts';

/** What goes along one line of the map, in one direction, within one frame. */
export interface Pulse {
  /** id of the station at the line's end */
  readonly station: string;
  readonly direction: 'to-server' | 'from-server';
  readonly count: number;
  /** one of them was refused or failed */
  readonly isFailure: boolean;
}

/** Many things in one frame become one pulse for each line and direction, so that a flood costs no more than a drip. */
export function pulsesOf(items: readonly Recorded[]): readonly Pulse[] {
  const pulses = new Map<string, Pulse>();
  for (const { entry, station } of items) {
    const { id } = station;
    const direction = entry.kind === 'event' || id === ETCD ? 'from-server' : 'to-server';
    const key = `${direction} ${id}`;
    const before = pulses.get(key);
    const failed =
      (entry.kind === 'request' && entry.status >= 400) ||
      (entry.kind === 'etcd' && entry.revision === undefined);
    pulses.set(key, {
      station: id,
      direction,
      count: (before?.count ?? 0) + 1,
      isFailure: failed || before?.isFailure === true,
    });
  }
  return [...pulses.values()];
}
