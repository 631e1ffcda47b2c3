const LOCK = 'drydock-first-tab';
/** Milliseconds that a tab which was just closed, or is loaded anew, may take to end. */
const ENDING = 1500;

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
    const onLock = (): Promise<void> => {
      resolve(false);
      // Held until this tab is closed.
      return new Promise(() => {});
    };
    navigator.locks
      .request(LOCK, { signal: AbortSignal.timeout(ENDING) }, onLock)
      .catch(() => resolve(true));
  });
}
