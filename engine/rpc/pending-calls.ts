import type { Crossing, CrossingHolder } from './crossings.ts';

/** Calls that wait for the other side, and streams and functions to it: all fail when it is gone. */
export class PendingCalls implements CrossingHolder {
  readonly #rejects = new Set<(error: Error) => void>();
  readonly #crossings = new Set<Crossing>();
  #failure: Error | undefined;

  /** Begins a call, unless the other side is gone. */
  add<T>(start: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#rejects.add(reject);
      start()
        .then(resolve, reject)
        .finally(() => this.#rejects.delete(reject));
    });
  }

  /** Rejects what waits and whatever comes later. False when that was done before. */
  fail(error: Error): boolean {
    if (this.#failure !== undefined) return false;
    this.#failure = error;
    for (const reject of this.#rejects) reject(error);
    this.#rejects.clear();
    for (const crossing of this.#crossings) crossing.end(error);
    this.#crossings.clear();
    return true;
  }

  hold(crossing: Crossing): void {
    if (this.#failure !== undefined) {
      crossing.end(this.#failure);
      return;
    }
    this.#crossings.add(crossing);
    crossing.onOver = () => this.#crossings.delete(crossing);
  }
}
