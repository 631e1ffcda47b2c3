import type { Clock } from '../../base/clock.ts';

/** Milliseconds after which what was expected and did not come is waited for no longer. */
const TIMEOUT_MS = 5 * 60_000;

interface Expected {
  creations: number;
  deletions: number;
  /** what is to go, when it is told apart */
  readonly keys: Set<string>;
  /** `clock.now()` when it was set */
  readonly since: number;
}

/**
 * What owners expect to see before they are worked on again: informers lag behind, so an owner that
 * looked too early would create or delete twice (upstream's `ControllerExpectations` and
 * `UIDTrackingControllerExpectations`). Owners are named by their keys.
 */
export class Expectations {
  readonly #clock: Clock;
  readonly #expected = new Map<string, Expected>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now on so many of each are waited for; what was before is forgotten. */
  expect(owner: string, creations: number, deletions: number): void {
    const since = this.#clock.now();
    this.#expected.set(owner, { creations, deletions, keys: new Set(), since });
  }

  expectCreations(owner: string, count: number): void {
    this.expect(owner, count, 0);
  }

  /** Each of `keys` counts once, whether it is seen to go or to begin to. */
  expectDeletions(owner: string, keys: Iterable<string>): void {
    const all = new Set(keys);
    const since = this.#clock.now();
    this.#expected.set(owner, { creations: 0, deletions: all.size, keys: all, since });
  }

  /** Seen, or given up. */
  creationObserved(owner: string, count = 1): void {
    const expected = this.#expected.get(owner);
    if (expected !== undefined) expected.creations -= count;
  }

  /** Seen, or given up. @param key needed when keys were expected: others do not count */
  deletionObserved(owner: string, key?: string): void {
    const expected = this.#expected.get(owner);
    if (expected === undefined) return;
    if (key === undefined || expected.keys.delete(key)) expected.deletions--;
  }

  /** Nothing is waited for, or it has been for too long. */
  satisfied(owner: string): boolean {
    const expected = this.#expected.get(owner);
    if (expected === undefined) return true;
    const { creations, deletions, since } = expected;
    return (creations <= 0 && deletions <= 0) || this.#clock.now() - since > TIMEOUT_MS;
  }

  forget(owner: string): void {
    this.#expected.delete(owner);
  }
}
