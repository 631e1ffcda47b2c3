import type { Clock } from './clock.ts';
import type { Disposable } from './disposable.ts';

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/** A clock that stands still until `advance` is called. For tests. */
export class FakeClock implements Clock {
  #now: number;
  readonly #start: number;
  readonly #timers = new Set<Timer>();
  readonly #onTimer: (() => void)[] = [];

  /** @param start UNIX time in milliseconds */
  constructor(start = 1_700_000_000_000) {
    this.#now = start;
    this.#start = start;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now - this.#start;
  }

  setTimer(callback: () => void, milliseconds: number): Disposable {
    const timer: Timer = { due: this.#now + Math.max(0, milliseconds), callback };
    this.#timers.add(timer);
    for (const tell of this.#onTimer.splice(0)) tell();
    return { dispose: () => void this.#timers.delete(timer) };
  }

  /** Resolves when the next timer is set: what is tested has come so far that it waits. */
  nextTimer(): Promise<void> {
    return new Promise((resolve) => this.#onTimer.push(resolve));
  }

  /** Number of timers that wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time on and runs every timer that falls due, in order of time and then of creation. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      let next: Timer | undefined;
      for (const timer of this.#timers) {
        if (timer.due <= end && (next === undefined || timer.due < next.due)) next = timer;
      }
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.callback();
    }
    this.#now = end;
  }
}
