import type { Clock } from '../../base/clock.ts';
import { TokenBucket } from '../../client/queue/rate-limiter.ts';

/**
 * Nodes of one zone that are to be tainted, at a limited rate: Pods are evicted from them then. A node
 * that was tainted is not taken again before it was removed (upstream's `RateLimitedTimedQueue`).
 */
export class TaintingQueue {
  readonly #clock: Clock;
  /** when each may be worked on, by the monotonic clock */
  readonly #waiting = new Map<string, number>();
  readonly #known = new Set<string>();
  #rate: number;
  /** none: never */
  #bucket: TokenBucket | undefined;

  /** @param rate nodes a second */
  constructor(clock: Clock, rate: number) {
    this.#clock = clock;
    this.#rate = rate;
    this.#bucket = this.#bucketOf(rate);
  }

  /** Something waits that could be worked on, now or later. */
  get isBusy(): boolean {
    return this.#waiting.size > 0 && this.#bucket !== undefined;
  }

  add(name: string): void {
    if (this.#known.has(name)) return;
    this.#known.add(name);
    this.#waiting.set(name, this.#clock.monotonic());
  }

  remove(name: string): void {
    this.#known.delete(name);
    this.#waiting.delete(name);
  }

  /** @param rate nodes a second; 0: none at all */
  setRate(rate: number): void {
    if (rate === this.#rate) return;
    const mayGoOn = this.#bucket?.tryTake() ?? false;
    this.#rate = rate;
    this.#bucket = this.#bucketOf(rate);
    // Whoever waited goes on waiting.
    if (!mayGoOn) this.#bucket?.tryTake();
  }

  /** @param work returns whether it is done; if not, it is tried again after this time in milliseconds */
  async work(work: (name: string) => Promise<true | number>): Promise<void> {
    for (let name = this.#head; name !== undefined; name = this.#head) {
      if (this.#bucket?.tryTake() !== true) return;
      if ((this.#waiting.get(name) ?? 0) > this.#clock.monotonic()) return;
      const done = await work(name);
      // It may have been removed meanwhile.
      if (!this.#waiting.has(name)) continue;
      if (done === true) this.#waiting.delete(name);
      else this.#waiting.set(name, this.#clock.monotonic() + done);
    }
  }

  get #head(): string | undefined {
    let head: string | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const [name, at] of this.#waiting) {
      if (at >= least) continue;
      head = name;
      least = at;
    }
    return head;
  }

  #bucketOf(rate: number): TokenBucket | undefined {
    return rate > 0 ? new TokenBucket(this.#clock, rate, 1) : undefined;
  }
}
