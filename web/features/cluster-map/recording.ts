import type { TrafficBatch, TrafficEntry } from '../../../engine/api/api-traffic.ts';
import { stationOf, type Station, type StationNode } from './stations.ts';

/** One thing that happened. */
export interface Recorded {
  /** counts up from 1 */
  readonly sequence: number;
  readonly entry: TrafficEntry;
  /** the other end than the API server */
  readonly station: Station;
}

/** What happened lately, oldest first. */
export interface Recording {
  readonly items: readonly Recorded[];
  readonly lastSequence: number;
  /** that never arrived, because the page was too slow */
  readonly lost: number;
}

export const noRecording: Recording = { items: [], lastSequence: 0, lost: 0 };

/** Older ones are forgotten: about two minutes of a quiet cluster. */
export const CAPACITY = 5000;

export function record(
  { items, lastSequence, lost }: Recording,
  batch: TrafficBatch,
  nodes: readonly StationNode[],
): Recording {
  const added = batch.entries.map((entry, index) => ({
    sequence: lastSequence + 1 + index,
    entry,
    station: stationOf(entry, nodes),
  }));
  return {
    items: [...items, ...added].slice(-CAPACITY),
    lastSequence: lastSequence + added.length,
    lost: lost + batch.lost,
  };
}

/** Index of the first item after this sequence. */
export function indexAfter(items: readonly Recorded[], sequence: number): number {
  const [first] = items;
  if (first === undefined) return 0;
  return Math.min(items.length, Math.max(0, sequence - first.sequence + 1));
}
