/** Pods whose finalizers were removed for a Job without that being seen yet, by the Job's key. */
export class FinalizerRemovals {
  readonly #expected = new Map<string, Set<string>>();

  /** uids of Pods */
  of(job: string): ReadonlySet<string> {
    return new Set(this.#expected.get(job));
  }

  expect(job: string, uids: Iterable<string>): void {
    this.#expected.set(job, new Set([...(this.#expected.get(job) ?? []), ...uids]));
  }

  /** Seen, or given up. */
  observed(job: string, uid: string): void {
    this.#expected.get(job)?.delete(uid);
  }

  forget(job: string): void {
    this.#expected.delete(job);
  }
}
