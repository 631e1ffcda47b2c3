import type { StoredObject } from '../store/stored-object.ts';

/** One change of one key. */
export interface ChangeEvent {
  readonly revision: number;
  /** undefined after a deletion */
  readonly current: StoredObject | undefined;
  /** undefined after a creation; after a deletion what was there */
  readonly previous: StoredObject | undefined;
  /** frames of watch streams, shared by all watchers that get the same one */
  readonly frames: Map<string, Uint8Array>;
}

interface Logged {
  readonly event: ChangeEvent;
  /** milliseconds of the monotonic clock */
  readonly at: number;
}

/** Events that are kept however old they are, and at most however young (upstream: 100 and 102,400). */
const KEEP_AT_LEAST = 1000;
const KEEP_AT_MOST = 100_000;
/** Milliseconds for which a client that lost its connection can go on (upstream `eventFreshDuration`). */
const FRESH_MS = 75_000;

/**
 * The recent past of one resource. Watchers hold a position in it instead of queues of their own,
 * so a thousand watchers cost one copy, and one that stops reading costs nothing: it falls behind.
 */
export class EventLog {
  #events: Logged[] = [];
  /** position of the first event that is kept */
  #first = 0;
  /** everything after this revision is here */
  #since: number;

  constructor(since: number) {
    this.#since = since;
  }

  /** Position behind the last event. */
  get end(): number {
    return this.#first + this.#events.length;
  }

  /** Oldest revision a watch can start after. */
  get since(): number {
    return this.#since;
  }

  append(event: ChangeEvent, now: number): void {
    this.#events.push({ event, at: now });
    let drop = 0;
    while (
      this.#events.length - drop > KEEP_AT_LEAST &&
      (this.#events.length - drop > KEEP_AT_MOST ||
        (this.#events[drop]?.at ?? now) < now - FRESH_MS)
    )
      drop++;
    // Dropping moves what is left, so it is done by the hundred.
    if (drop < KEEP_AT_LEAST / 10) return;
    this.#since = this.#events[drop - 1]?.event.revision ?? this.#since;
    this.#events.splice(0, drop);
    this.#first += drop;
  }

  /** The event at a position; undefined at the end. Ask `has` first for a position that may be gone. */
  at(position: number): ChangeEvent | undefined {
    return this.#events[position - this.#first]?.event;
  }

  /** Whether a watcher at this position has missed nothing. */
  has(position: number): boolean {
    return position >= this.#first;
  }

  /** Position of the first event after `revision`. */
  after(revision: number): number {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#events[middle]?.event.revision ?? 0) > revision) high = middle;
      else low = middle + 1;
    }
    return this.#first + low;
  }
}
