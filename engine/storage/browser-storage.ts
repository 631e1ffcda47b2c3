import { MemoryStorage } from './memory-storage.ts';
import { OpfsStorage } from './opfs-storage.ts';
import type { Storage } from './storage.ts';

/** A worker that was just ended lets go of its directory a moment later; another tab does not. */
const PATIENCE_MS = 2000;
/** The same for a cluster, where giving up is an error: browsers let a busy worker go on for 2 seconds. */
const CLUSTER_PATIENCE_MS = 5000;
/** A busy computer may take its time to end a worker. */
const LONG_PATIENCE_MS = 60_000;

/** False when another tab works with this directory. The lock is held as long as the worker lives. */
function claim(directory: string, patience: number): Promise<boolean> {
  const signal = AbortSignal.timeout(patience);
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(directory, { signal }, () => {
        resolve(true);
        return new Promise<never>(() => {});
      })
      .catch((error: unknown) => (signal.aborted ? resolve(false) : reject(error as Error)));
  });
}

/** Undefined when the directory stays taken for `patience` milliseconds. */
async function take(
  directory: string,
  patience: number,
  onError: (error: unknown) => void,
): Promise<Storage | undefined> {
  try {
    return (await claim(directory, patience)) ? await OpfsStorage.open(directory) : undefined;
  } catch (error) {
    onError(error);
    return new MemoryStorage();
  }
}

/**
 * A directory of the origin's private file system, for this worker alone. Memory, where the browser keeps
 * nothing (private windows) or another tab owns what is kept.
 * @param again a worker of this tab had it before and was ended: what it kept is waited for
 */
export async function openBrowserStorage(
  directory: string,
  onError: (error: unknown) => void,
  again = false,
): Promise<Storage> {
  const patience = again ? LONG_PATIENCE_MS : PATIENCE_MS;
  return (await take(directory, patience, onError)) ?? new MemoryStorage();
}

/**
 * As `openBrowserStorage`, for a part of a cluster: two tabs with one cluster each would be two clusters.
 * @param again a worker of this tab had it before and was ended: what it kept is waited for
 * @throws Error when another worker has the directory; its message says how to go on
 */
export async function openClusterStorage(
  directory: string,
  onError: (error: unknown) => void,
  again: boolean,
): Promise<Storage> {
  const storage = await take(directory, again ? LONG_PATIENCE_MS : CLUSTER_PATIENCE_MS, onError);
  if (storage !== undefined) return storage;
  throw new Error(
    again
      ? `The worker that had ${directory} does not let go of it. Reload the page.`
      : 'The cluster is open in another tab. Go on there, or close that tab and try again.',
  );
}
