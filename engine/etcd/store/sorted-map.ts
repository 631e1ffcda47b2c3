/** Entries a chunk holds before it is halved: small enough to be moved quickly, large enough to make few. */
const CHUNK = 256;

interface Chunk<V> {
  readonly keys: string[];
  readonly values: V[];
}

/**
 * Strings in order of their code units, each with a value. A list of sorted chunks: finding is
 * two binary searches, and going through a range reads arrays from end to end.
 */
export class SortedMap<V> {
  readonly #chunks: Chunk<V>[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: string): V | undefined {
    const chunk = this.#chunks[this.#chunkOf(key)];
    if (chunk === undefined) return undefined;
    const at = lowerBound(chunk.keys, key);
    return chunk.keys[at] === key ? chunk.values[at] : undefined;
  }

  set(key: string, value: V): void {
    const index = this.#chunkOf(key);
    const chunk = this.#chunks[index];
    if (chunk === undefined) {
      this.#chunks.push({ keys: [key], values: [value] });
      this.#size++;
      return;
    }
    const { keys, values } = chunk;
    const at = lowerBound(keys, key);
    if (keys[at] === key) {
      values[at] = value;
      return;
    }
    keys.splice(at, 0, key);
    values.splice(at, 0, value);
    this.#size++;
    if (keys.length <= CHUNK) return;
    // Keys that come in order leave full chunks behind them.
    const keep = at === CHUNK ? CHUNK : CHUNK / 2;
    this.#chunks.splice(index + 1, 0, { keys: keys.splice(keep), values: values.splice(keep) });
  }

  delete(key: string): void {
    const index = this.#chunkOf(key);
    const chunk = this.#chunks[index];
    if (chunk === undefined) return;
    const at = lowerBound(chunk.keys, key);
    if (chunk.keys[at] !== key) return;
    this.#size--;
    chunk.keys.splice(at, 1);
    chunk.values.splice(at, 1);
    if (chunk.keys.length === 0) this.#chunks.splice(index, 1);
  }

  /** Visits the values from `low` up to but without `high`, in order, until `visit` says false. */
  scan(low: string, high: string | undefined, visit: (value: V) => boolean | void): void {
    for (let index = this.#chunkOf(low); index < this.#chunks.length; index++) {
      const { keys, values } = this.#chunks[index] as Chunk<V>;
      const start = lowerBound(keys, low);
      const end = high === undefined ? keys.length : lowerBound(keys, high);
      for (let at = start; at < end; at++) if (visit(values[at] as V) === false) return;
      if (end < keys.length) return;
    }
  }

  /** Index of the only chunk that may hold `key`: the last that does not start after it, else the first. */
  #chunkOf(key: string): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#chunks[middle]?.keys[0] as string) <= key) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}

/** Index of the first key that is not less. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
