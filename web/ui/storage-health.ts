import { useSyncExternalStore } from 'react';

let full = false;
const listeners = new Set<() => void>();

/** Notes that the browser did not keep something. Only a full storage is worth telling: without any, the header says so. */
export function storageRefused(error: unknown): void {
  if (full || !(error instanceof DOMException) || error.name !== 'QuotaExceededError') return;
  full = true;
  for (const listener of listeners) listener();
}

/** Whether the browser had no room for something that was to be kept. */
export function useStorageFull(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => full,
  );
}
