import type { Bounds } from '../store/key-order.ts';

interface Group<T> {
  readonly low: string;
  readonly high: string | undefined;
  readonly items: Set<T>;
}

/**
 * Finds all ranges that hold a key without looking at the others: thousands of watchers cost
 * nothing for a change that none of them wants. Equal ranges share a group; single keys are a
 * map; the rest is an interval tree, laid out in an array and built anew after ranges came or went.
 */
export class RangeIndex<T> {
  readonly #points = new Map<string, Set<T>>();
  readonly #groups = new Map<string, Group<T>>();
  /** by `low`; a node of the tree is the middle of its part of the array */
  #sorted: Group<T>[] | undefined;
  /** the highest `high` below each node */
  #highest: (string | undefined)[] = [];

  add(bounds: Bounds, item: T): void {
    if (isPoint(bounds)) {
      const items = this.#points.get(bounds.low);
      if (items === undefined) this.#points.set(bounds.low, new Set([item]));
      else items.add(item);
      return;
    }
    const name = nameOf(bounds);
    const group = this.#groups.get(name);
    if (group === undefined) {
      this.#groups.set(name, { ...bounds, items: new Set([item]) });
      this.#sorted = undefined;
    } else group.items.add(item);
  }

  delete(bounds: Bounds, item: T): void {
    if (isPoint(bounds)) {
      const items = this.#points.get(bounds.low);
      items?.delete(item);
      if (items?.size === 0) this.#points.delete(bounds.low);
      return;
    }
    const name = nameOf(bounds);
    const group = this.#groups.get(name);
    group?.items.delete(item);
    if (group?.items.size !== 0) return;
    this.#groups.delete(name);
    this.#sorted = undefined;
  }

  /** Visits every item whose range holds `key`. */
  visit(key: string, visit: (item: T) => void): void {
    this.#points.get(key)?.forEach(visit);
    if (this.#groups.size === 0) return;
    const sorted = (this.#sorted ??= this.#build());
    this.#descend(sorted, 0, sorted.length, key, visit);
  }

  #descend(
    sorted: readonly Group<T>[],
    start: number,
    end: number,
    key: string,
    visit: (item: T) => void,
  ): void {
    if (start >= end) return;
    const middle = (start + end) >>> 1;
    const highest = this.#highest[middle];
    if (highest !== undefined && highest <= key) return;
    this.#descend(sorted, start, middle, key, visit);
    const group = sorted[middle] as Group<T>;
    if (group.low > key) return;
    if (group.high === undefined || key < group.high) group.items.forEach(visit);
    this.#descend(sorted, middle + 1, end, key, visit);
  }

  #build(): Group<T>[] {
    const sorted = [...this.#groups.values()].sort((a, b) => (a.low < b.low ? -1 : 1));
    this.#highest = [];
    const fill = (start: number, end: number): string | undefined => {
      if (start >= end) return '';
      const middle = (start + end) >>> 1;
      const parts = [fill(start, middle), (sorted[middle] as Group<T>).high, fill(middle + 1, end)];
      const highest = parts.reduce((a, b) =>
        a === undefined || b === undefined ? undefined : a > b ? a : b,
      );
      this.#highest[middle] = highest;
      return highest;
    };
    fill(0, sorted.length);
    return sorted;
  }
}

function isPoint({ low, high }: Bounds): boolean {
  return high === `${low}\0`;
}

function nameOf({ low, high }: Bounds): string {
  return JSON.stringify([low, high]);
}
