import type { QueuedPod } from './queued-pod.ts';

/** Ends of backoffs are rounded down to whole seconds, so that within one the order of Pods holds. */
const WINDOW_MS = 1000;

/** How long a Pod that failed waits: twice as long after each failure, up to a limit. */
export class Backoff {
  readonly #initial: number;
  readonly #most: number;

  /** milliseconds; a limit of 0 switches it off */
  constructor(initial: number, most: number) {
    this.#initial = initial;
    this.#most = most;
  }

  /** UNIX milliseconds; 0 when it does not wait. */
  endOf(pod: QueuedPod): number {
    const failures = pod.consecutiveErrors > 0 ? pod.consecutiveErrors : pod.unschedulableCount;
    if (this.#most === 0 || failures === 0) return 0;
    if (pod.backoffEnd === undefined) {
      const wait = Math.min(this.#initial * 2 ** (failures - 1), this.#most);
      pod.backoffEnd = Math.floor((pod.timestamp + wait) / WINDOW_MS) * WINDOW_MS;
    }
    return pod.backoffEnd;
  }
}
