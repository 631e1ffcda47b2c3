import { useSyncExternalStore } from 'react';
import type { LabFiles } from '../../../engine/api/lab.ts';
import { messageOf } from '../../ui/message-of.ts';
import { putSharedFiles } from './shared-files.ts';
import type { SharedState } from './shared-state.ts';

/** Files that somebody shared, on their way into the machine that they belong to. */
export type Arrival =
  | { readonly kind: 'waiting'; readonly state: SharedState }
  /** `kept`: names that files of the learner have now, because shared ones took their places */
  | { readonly kind: 'there'; readonly count: number; readonly kept: readonly string[] }
  | { readonly kind: 'failed'; readonly state: SharedState; readonly reason: string };

let arrival: Arrival | undefined;
const listeners = new Set<() => void>();

export function setArrival(next: Arrival | undefined): void {
  arrival = next;
  for (const listener of listeners) listener();
}

export function onArrival(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Puts files that wait for this lesson, or for no lesson, into its machine.
 * @returns their paths below /root/work; empty when none wait
 */
export async function takeArrival(
  lesson: string | undefined,
  files: LabFiles,
): Promise<readonly string[]> {
  if (arrival?.kind !== 'waiting' || arrival.state.lesson !== lesson) return [];
  const { state } = arrival;
  const paths = Object.keys(state.files);
  // Nobody else takes them meanwhile.
  arrival = undefined;
  try {
    const kept = await putSharedFiles(files, state.files);
    setArrival({ kind: 'there', count: paths.length, kept });
    return paths;
  } catch (error) {
    setArrival({ kind: 'failed', state, reason: messageOf(error) });
    return [];
  }
}

export function useArrival(): Arrival | undefined {
  return useSyncExternalStore(onArrival, () => arrival);
}
