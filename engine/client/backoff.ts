import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';

export interface BackoffOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** milliseconds */
  readonly initial: number;
  readonly most: number;
  /** milliseconds without a failure after which it begins anew */
  readonly reset: number;
}

/** How long to wait after a failure: twice as long each time, up to twice that by chance. */
export class Backoff {
  readonly #options: BackoffOptions;
  #next: number;
  #last = Number.NEGATIVE_INFINITY;

  constructor(options: BackoffOptions) {
    this.#options = options;
    this.#next = options.initial;
  }

  /** milliseconds */
  next(): number {
    const { clock, random, initial, most, reset } = this.#options;
    if (clock.monotonic() - this.#last > reset) this.#next = initial;
    this.#last = clock.monotonic();
    const base = this.#next;
    this.#next = Math.min(base * 2, most);
    return base * (1 + random.next());
  }
}
