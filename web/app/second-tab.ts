const LOCK = 'drydock-first-tab';

/**
 * Whether another tab of this browser has the app open already. The first tab keeps what is pulled and pushed; the engines
 * of others find its storage taken, and keep theirs in memory.
 */
export function isSecondTab(): Promise<boolean> {
  return (asked ??= ask());
}

let asked: Promise<boolean> | undefined;

async function ask(): Promise<boolean> {
  if (!('locks' in navigator)) return false;
  return new Promise((resolve) => {
    void navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => {
      resolve(lock === null);
      // Held until this tab is closed.
      return lock === null ? undefined : new Promise(() => {});
    });
  });
}
