import type { Clock } from '../../base/clock.ts';

interface Entry {
  /** milliseconds */
  readonly wait: number;
  /** UNIX milliseconds */
  readonly updated: number;
}

/**
 * How long each key has to wait, twice as long each time (client-go's `flowcontrol.Backoff`). A key that has
 * been quiet for twice the longest wait begins anew.
 */
export class KeyBackoff {
  readonly #clock: Clock;
  readonly #initial: number;
  readonly #most: number;
  readonly #entries = new Map<string, Entry>();

  /** @param initial milliseconds @param most milliseconds */
  constructor(clock: Clock, initial: number, most: number) {
    this.#clock = clock;
    this.#initial = initial;
    this.#most = most;
  }

  /** milliseconds the key has to wait; 0 for one that never failed */
  get(key: string): number {
    return this.#entries.get(key)?.wait ?? 0;
  }

  /** It is tried once more. @param time when what it is tried for happened, UNIX milliseconds */
  next(key: string, time = this.#clock.now()): void {
    const known = this.#entries.get(key);
    const wait =
      known === undefined || this.#isOver(known, time)
        ? this.#initial
        : Math.min(known.wait * 2, this.#most);
    this.#entries.set(key, { wait, updated: this.#clock.now() });
  }

  /** Milliseconds it has to wait since `time` and has not; 0 when it may go on. */
  remaining(key: string, time: number): number {
    const known = this.#entries.get(key);
    if (known === undefined || this.#isOver(known, time)) return 0;
    return Math.max(0, time + known.wait - this.#clock.now());
  }

  /** The same since the key was last told that it failed. */
  remainingSinceUpdate(key: string): number {
    const known = this.#entries.get(key);
    if (known === undefined || this.#isOver(known, this.#clock.now())) return 0;
    return Math.max(0, known.updated + known.wait - this.#clock.now());
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }

  /** Forgets keys that have been quiet for long. */
  collect(): void {
    for (const [key, entry] of this.#entries)
      if (this.#isOver(entry, this.#clock.now())) this.#entries.delete(key);
  }

  #isOver({ updated }: Entry, time: number): boolean {
    return time - updated > 2 * this.#most;
  }
}
