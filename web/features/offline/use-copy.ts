import { useEffect, useSyncExternalStore } from 'react';
import type { CopyRecord } from './copy-plan.ts';
import { isOutdated, readCopy } from './offline-copy.ts';

/** What is known of the copy. */
export interface CopyState {
  /** absent when there is none, `unknown` until it was looked for */
  readonly copy: CopyRecord | 'unknown' | undefined;
  /** the server has a newer app */
  readonly outdated: boolean;
}

let state: CopyState = { copy: 'unknown', outdated: false };
const listeners = new Set<() => void>();

function set(next: CopyState): void {
  state = next;
  for (const listener of listeners) listener();
}

/** After the copy was made or taken away. */
export function copyIs(copy: CopyRecord | undefined): void {
  set({ copy, outdated: false });
}

async function look(): Promise<void> {
  const copy = await readCopy();
  set({ copy, outdated: false });
  if (copy !== undefined && (await isOutdated(copy))) set({ copy, outdated: true });
}

/** The copy of the app in this browser; looked for when it is first asked for. */
export function useCopy(): CopyState {
  useEffect(() => {
    if (state.copy === 'unknown') void look();
  }, []);
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );
}
