import type { Clock } from '../../base/clock.ts';

/** How long a key has to wait before it is tried again. */
export interface RateLimiter {
  /** milliseconds; counts as one more failure */
  when(key: string): number;
  /** It succeeded, or is given up. */
  forget(key: string): void;
  /** failures since it was last forgotten */
  failures(key: string): number;
}

/** Twice as long after each failure of the key. */
export class ExponentialLimiter implements RateLimiter {
  readonly #base: number;
  readonly #most: number;
  readonly #failures = new Map<string, number>();

  /** milliseconds; client-go's are for controllers */
  constructor(base = 5, most = 1_000_000) {
    this.#base = base;
    this.#most = most;
  }

  when(key: string): number {
    const failures = this.failures(key);
    this.#failures.set(key, failures + 1);
    return Math.min(this.#base * 2 ** failures, this.#most);
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }
}

/** A bucket of tokens that fills at an even pace: a limit over all keys. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #rate: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  /** @param rate tokens a second @param burst tokens that fit in */
  constructor(clock: Clock, rate: number, burst: number) {
    this.#clock = clock;
    this.#rate = rate;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = clock.monotonic();
  }

  /** Takes a token if there is one. */
  tryTake(): boolean {
    this.#fill();
    // A token that is missing by a rounding error is there.
    if (this.#tokens < 1 - 1e-9) return false;
    this.#tokens--;
    return true;
  }

  /** Takes a token, perhaps of the future. Returns milliseconds until it is there. */
  take(): number {
    this.#fill();
    this.#tokens--;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#rate) * 1000;
  }

  #fill(): void {
    const now = this.#clock.monotonic();
    const more = ((now - this.#at) / 1000) * this.#rate;
    this.#tokens = Math.min(this.#burst, this.#tokens + more);
    this.#at = now;
  }
}

/** What client-go's controllers use: each key backs off, and all together keep within 10 a second. */
export class ControllerLimiter implements RateLimiter {
  readonly #each: RateLimiter;
  readonly #all: TokenBucket;

  /** @param each how a key backs off */
  constructor(clock: Clock, each: RateLimiter = new ExponentialLimiter()) {
    this.#each = each;
    this.#all = new TokenBucket(clock, 10, 100);
  }

  when(key: string): number {
    return Math.max(this.#each.when(key), this.#all.take());
  }

  forget(key: string): void {
    this.#each.forget(key);
  }

  failures(key: string): number {
    return this.#each.failures(key);
  }
}
