/**
 * When the next automatic save is due. Milliseconds of a monotonic clock. The reasons for the figures are in
 * docs/decisions/036-what-was-left-is-kept.md.
 */

/** Nobody has typed or clicked for so long: with a machine alone, and with a cluster, whose machines all stand still for a moment. */
const QUIET = { machine: 3000, cluster: 15_000 };
/** A machine is saved in the midst of typing or of its work when it was not for so long. A cluster is not while somebody types. */
const LONGEST = 120_000;
/** From the end of one save to the next. */
const LEAST = 30_000;
/** … and so many times what it took: a sixth of the time is the most that saving may cost. */
const REST = 5;
/** What is printed counts as a change for so long after somebody did something. */
const OUTPUT_COUNTS = 600_000;
/** After one that failed. */
const AFTER_FAILURE = 60_000;
/** After one in the midst of which a machine ended: others of its cluster may follow it. */
const AFTER_END = 3000;

export class SaveRhythm {
  /** since when there is something that is not saved */
  #changedAt: number | undefined;
  #usedAt: number | undefined;
  #notBefore = 0;

  get isChanged(): boolean {
    return this.#changedAt !== undefined;
  }

  /** Somebody typed or clicked. */
  used(now: number): void {
    this.#usedAt = now;
    this.#changedAt ??= now;
  }

  /** A program printed something: what was begun goes on. */
  printed(now: number): void {
    if (this.#usedAt !== undefined && now - this.#usedAt < OUTPUT_COUNTS) this.#changedAt ??= now;
  }

  /** What changes from now on is not in it. */
  began(): void {
    this.#changedAt = undefined;
  }

  ended(now: number, took: number): void {
    this.#notBefore = now + Math.max(LEAST, REST * took);
  }

  failed(now: number): void {
    this.#changedAt ??= now;
    this.#notBefore = now + AFTER_FAILURE;
  }

  /** Nothing came of it, as something ended meanwhile. */
  interrupted(now: number): void {
    this.#changedAt ??= now;
    this.#notBefore = now + AFTER_END;
  }

  /** Whether a save that is due may wait for a machine that is at work. */
  mayWait(now: number): boolean {
    return this.#changedAt !== undefined && now < this.#changedAt + LONGEST;
  }

  /** Undefined when everything is saved. */
  due(hasCluster: boolean): number | undefined {
    if (this.#changedAt === undefined) return undefined;
    const used = this.#usedAt ?? this.#changedAt;
    const quiet = hasCluster
      ? used + QUIET.cluster
      : Math.min(used + QUIET.machine, this.#changedAt + LONGEST);
    return Math.max(quiet, this.#notBefore);
  }
}
