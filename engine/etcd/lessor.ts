import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';

/**
 * The time of leases, which the state machine does not know: it says when one has run out. After
 * a restart every lease begins anew, as in an etcd without checkpoints, so none ends too early.
 */
export class Lessor implements Disposable {
  readonly #clock: Clock;
  readonly #onExpired: (id: number) => void;
  /** `monotonic` milliseconds */
  readonly #deadlines = new Map<number, number>();
  #timer: Disposable | undefined;
  #timerDue = Number.POSITIVE_INFINITY;

  /** @param onExpired is called once for each lease that runs out; it is forgotten then */
  constructor(clock: Clock, onExpired: (id: number) => void) {
    this.#clock = clock;
    this.#onExpired = onExpired;
  }

  /** Begins or renews. @param ttl seconds */
  renew(id: number, ttl: number): void {
    const deadline = this.#clock.monotonic() + ttl * 1000;
    this.#deadlines.set(id, deadline);
    if (deadline < this.#timerDue) this.#schedule(deadline);
  }

  forget(id: number): void {
    this.#deadlines.delete(id);
  }

  /** Whole seconds left; undefined when it has run out or was never there. */
  remaining(id: number): number | undefined {
    const deadline = this.#deadlines.get(id);
    if (deadline === undefined) return undefined;
    return Math.max(0, Math.floor((deadline - this.#clock.monotonic()) / 1000));
  }

  /** Ids, the one that ends first at the front. */
  get all(): number[] {
    return [...this.#deadlines].sort((a, b) => a[1] - b[1]).map(([id]) => id);
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#deadlines.clear();
  }

  #schedule(due: number): void {
    this.#timer?.dispose();
    this.#timerDue = due;
    this.#timer = this.#clock.setTimer(
      () => this.#expire(),
      Math.min(due - this.#clock.monotonic(), LONGEST_TIMER_MS),
    );
  }

  #expire(): void {
    const now = this.#clock.monotonic();
    let next = Number.POSITIVE_INFINITY;
    const expired: number[] = [];
    for (const [id, deadline] of this.#deadlines) {
      if (deadline <= now) expired.push(id);
      else next = Math.min(next, deadline);
    }
    this.#timerDue = next;
    if (next !== Number.POSITIVE_INFINITY) this.#schedule(next);
    for (const id of expired) {
      this.#deadlines.delete(id);
      this.#onExpired(id);
    }
  }
}

/** Hosts' timers count in 31 bits. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
