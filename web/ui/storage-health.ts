import { useSyncExternalStore } from 'react';

let full = false;
const listeners = new Set<() => void>();

/** Whether the browser has storage for this page, and no room in it. */
export function isFull(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'QuotaExceededError';
}

/** Notes that the browser did not keep something. Only a full storage is worth telling: without any, the header says so. */
export function storageRefused(error: unknown): void {
  if (full || !isFull(error)) return;
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
