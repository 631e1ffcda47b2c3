import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import { ControllerLimiter, type RateLimiter } from './rate-limiter.ts';

export interface WorkQueueOptions {
  readonly clock: Clock;
  /** client-go's for controllers when absent */
  readonly limiter?: RateLimiter;
  /** told what a key failed with, which is tried again */
  readonly onError: (error: unknown, key: string) => void;
}

/**
 * Keys that wait to be worked on (client-go's `util/workqueue`). A key is in it once, however often
 * it is added; it is never worked on twice at the same time; added while it is worked on, it comes
 * again afterwards.
 */
export class WorkQueue implements Disposable {
  readonly #options: WorkQueueOptions;
  readonly #limiter: RateLimiter;
  /** in the order in which they were added */
  readonly #waiting = new Set<string>();
  readonly #working = new Set<string>();
  /** added while they were worked on */
  readonly #again = new Set<string>();
  readonly #delayed = new Map<string, { readonly due: number; readonly timer: Disposable }>();
  readonly #idle: (() => void)[] = [];
  #disposed = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#limiter = options.limiter ?? new ControllerLimiter(options.clock);
  }

  /** keys that wait, without those that are delayed or worked on */
  get length(): number {
    return this.#waiting.size;
  }

  /** Nothing waits, is delayed or is worked on. */
  get empty(): boolean {
    return this.#waiting.size + this.#working.size + this.#delayed.size === 0;
  }

  add(key: string): void {
    if (this.#disposed) return;
    if (this.#working.has(key)) {
      this.#again.add(key);
      return;
    }
    this.#waiting.add(key);
    this.#idle.shift()?.();
  }

  /** Adds it after `milliseconds`, or earlier when it was to come earlier. */
  addAfter(key: string, milliseconds: number): void {
    if (this.#disposed) return;
    if (milliseconds <= 0) {
      this.add(key);
      return;
    }
    const due = this.#options.clock.monotonic() + milliseconds;
    const known = this.#delayed.get(key);
    if (known !== undefined && known.due <= due) return;
    known?.timer.dispose();
    const timer = this.#options.clock.setTimer(() => {
      this.#delayed.delete(key);
      this.add(key);
    }, milliseconds);
    this.#delayed.set(key, { due, timer });
  }

  /** Adds it when its rate allows: after a failure. */
  addRateLimited(key: string): void {
    this.addAfter(key, this.#limiter.when(key));
  }

  /** Its failures no longer count. */
  forget(key: string): void {
    this.#limiter.forget(key);
  }

  failures(key: string): number {
    return this.#limiter.failures(key);
  }

  /**
   * Works on keys, `workers` at a time, until the queue is disposed. A key whose work rejects is
   * tried again, later each time; one whose work resolves is forgotten.
   */
  async process(workers: number, work: (key: string) => Promise<void>): Promise<void> {
    await Promise.all(Array.from({ length: workers }, () => this.#worker(work)));
  }

  /** Drops what waits and lets workers end after what they work on. */
  dispose(): void {
    this.#disposed = true;
    this.#waiting.clear();
    this.#again.clear();
    for (const { timer } of this.#delayed.values()) timer.dispose();
    this.#delayed.clear();
    for (const wake of this.#idle.splice(0)) wake();
  }

  async #worker(work: (key: string) => Promise<void>): Promise<void> {
    for (;;) {
      const [key] = this.#waiting;
      if (key === undefined) {
        if (this.#disposed) return;
        await new Promise<void>((resolve) => this.#idle.push(resolve));
        continue;
      }
      this.#waiting.delete(key);
      this.#working.add(key);
      try {
        await work(key);
        this.forget(key);
      } catch (error) {
        this.#options.onError(error, key);
        this.addRateLimited(key);
      } finally {
        this.#working.delete(key);
        if (this.#again.delete(key)) this.add(key);
      }
    }
  }
}
