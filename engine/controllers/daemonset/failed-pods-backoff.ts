import type { Clock } from '../../base/clock.ts';

/** Milliseconds, as kube-controller-manager starts the controller with. */
const FIRST_MS = 1000;
const MOST_MS = 15 * 60_000;

/** How long to wait before the next Pod that failed is deleted, twice as long each time (`flowcontrol.Backoff`). */
export class FailedPodsBackoff {
  readonly #clock: Clock;
  readonly #entries = new Map<string, { readonly delay: number; readonly since: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds that are left of the delay by itself; 0 when it is over. */
  delayOf(key: string): number {
    const entry = this.#valid(key);
    if (entry === undefined || this.#clock.now() - entry.since >= entry.delay) return 0;
    return entry.delay;
  }

  /** One more has failed. */
  next(key: string): void {
    const entry = this.#valid(key);
    const delay = entry === undefined ? FIRST_MS : Math.min(entry.delay * 2, MOST_MS);
    this.#entries.set(key, { delay, since: this.#clock.now() });
  }

  /** What happened long enough ago is forgotten. */
  #valid(key: string) {
    const now = this.#clock.now();
    for (const [known, { since }] of this.#entries)
      if (now - since > 2 * MOST_MS) this.#entries.delete(known);
    return this.#entries.get(key);
  }
}
