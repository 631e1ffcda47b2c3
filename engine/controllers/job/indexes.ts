interface Interval {
  readonly first: number;
  readonly last: number;
}

/** Completion indexes, in intervals as `status.completedIndexes` has them: `1,3-5,7`. Never changes. */
export class Indexes {
  static readonly none = new Indexes([]);
  /** in order, neither overlapping nor touching */
  readonly #intervals: readonly Interval[];

  private constructor(intervals: readonly Interval[]) {
    this.#intervals = intervals;
  }

  /** Those below `completions`; what cannot be read is left out. */
  static parse(text: string, completions: number): Indexes {
    const intervals: Interval[] = [];
    for (const part of text.split(',')) {
      const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
      if (from === undefined) continue;
      const interval = { first: Number(from), last: Math.min(Number(to), completions - 1) };
      if (interval.first < completions) intervals.push(interval);
    }
    return new Indexes(joined(intervals));
  }

  static of(indexes: Iterable<number>): Indexes {
    return new Indexes(joined(Array.from(indexes, (index) => ({ first: index, last: index }))));
  }

  with(other: Indexes): Indexes {
    return new Indexes(joined([...this.#intervals, ...other.#intervals]));
  }

  /** how many there are */
  get size(): number {
    return this.#intervals.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  }

  has(index: number): boolean {
    let low = 0;
    let high = this.#intervals.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#intervals[middle]?.last ?? index) < index) low = middle + 1;
      else high = middle;
    }
    return (this.#intervals[low]?.first ?? Infinity) <= index;
  }

  /** how many are in both */
  overlap(other: Indexes): number {
    let count = 0;
    for (const one of this.#intervals)
      for (const two of other.#intervals)
        count += Math.max(0, Math.min(one.last, two.last) - Math.max(one.first, two.first) + 1);
    return count;
  }

  /** The first `count` below `completions` that are not in it. */
  missing(count: number, completions: number): number[] {
    const found: number[] = [];
    let candidate = 0;
    const upTo = (end: number): void => {
      for (; candidate < end && found.length < count; candidate++) found.push(candidate);
    };
    for (const { first, last } of this.#intervals) {
      upTo(Math.min(first, completions));
      candidate = Math.max(candidate, last + 1);
    }
    upTo(completions);
    return found;
  }

  toString(): string {
    return this.#intervals
      .map(({ first, last }) => {
        if (first === last) return String(first);
        return `${first}${last === first + 1 ? ',' : '-'}${last}`;
      })
      .join(',');
  }
}

function joined(intervals: readonly Interval[]): Interval[] {
  const result: Interval[] = [];
  for (const interval of intervals.toSorted((one, two) => one.first - two.first)) {
    const before = result.at(-1);
    if (before === undefined || interval.first > before.last + 1) result.push(interval);
    else
      result.splice(-1, 1, {
        first: before.first,
        last: Math.max(before.last, interval.last),
      });
  }
  return result;
}
