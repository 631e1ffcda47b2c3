/** A binary heap whose items are also found, changed and removed by their key. */
export class Heap<T> {
  readonly #compare: (a: T, b: T) => number;
  readonly #keyOf: (item: T) => string;
  readonly #items: T[] = [];
  readonly #places = new Map<string, number>();

  /** @param compare negative when `a` comes first */
  constructor(keyOf: (item: T) => string, compare: (a: T, b: T) => number) {
    this.#keyOf = keyOf;
    this.#compare = compare;
  }

  get size(): number {
    return this.#items.length;
  }

  get(key: string): T | undefined {
    const place = this.#places.get(key);
    return place === undefined ? undefined : this.#items[place];
  }

  /** In no order. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.#items.values();
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  /** Adds an item, or replaces the one with its key. */
  set(item: T): void {
    const place = this.#places.get(this.#keyOf(item)) ?? this.#items.length;
    this.#put(item, place);
    this.#restore(place);
  }

  pop(): T | undefined {
    const { first } = this;
    if (first !== undefined) this.delete(this.#keyOf(first));
    return first;
  }

  /** Returns what was there. */
  delete(key: string): T | undefined {
    const place = this.#places.get(key);
    if (place === undefined) return undefined;
    const item = this.#items[place];
    const last = this.#items.pop();
    this.#places.delete(key);
    if (last !== undefined && place < this.#items.length) {
      this.#put(last, place);
      this.#restore(place);
    }
    return item;
  }

  #put(item: T, place: number): void {
    this.#items[place] = item;
    this.#places.set(this.#keyOf(item), place);
  }

  #restore(place: number): void {
    this.#down(this.#up(place));
  }

  #up(place: number): number {
    let at = place;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfBefore(at, parent)) break;
      at = parent;
    }
    return at;
  }

  #down(place: number): void {
    let at = place;
    for (;;) {
      const left = 2 * at + 1;
      const right = left + 1;
      if (left >= this.#items.length) return;
      const child = right < this.#items.length && this.#isBefore(right, left) ? right : left;
      if (!this.#swapIfBefore(child, at)) return;
      at = child;
    }
  }

  #isBefore(a: number, b: number): boolean {
    return this.#compare(this.#items[a] as T, this.#items[b] as T) < 0;
  }

  #swapIfBefore(a: number, b: number): boolean {
    if (!this.#isBefore(a, b)) return false;
    const item = this.#items[a] as T;
    this.#put(this.#items[b] as T, a);
    this.#put(item, b);
    return true;
  }
}
