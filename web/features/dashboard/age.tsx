import { useSyncExternalStore } from 'react';
import { pageClock } from '../../../engine/cluster/index.ts';
import { age } from '../../../engine/objects/tables/ages.ts';

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** One timer for all ages that are in sight, while there are any. */
function everySecond(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** How long ago that was, as `kubectl get` says it, and as it would say it now. @param since RFC 3339 */
export function Age({ since }: { readonly since: string }) {
  return useSyncExternalStore(everySecond, () => age(since, pageClock.now()));
}
