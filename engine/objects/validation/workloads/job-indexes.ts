import { goQuote } from '../../go-text.ts';

/** Lists of indexes of a Job: `0,2-5,9`. */

interface Interval {
  readonly first: number;
  readonly last: number;
}

function interval(text: string, completions: number): Interval | string {
  const [first = '', last, ...rest] = text.split('-');
  if (rest.length > 0) {
    return `the fragment ${goQuote(text)} violates the requirement that an index interval can have at most two parts separated by '-'`;
  }
  for (const part of last === undefined ? [first] : [first, last]) {
    if (!/^[-+]?\d+$/.test(part)) {
      return `cannot convert string to integer for index: ${goQuote(part)}`;
    }
    if (Number(part) >= completions) return `too large index: ${goQuote(part)}`;
  }
  const read = { first: Number(first), last: Number(last ?? first) };
  return last !== undefined && read.first >= read.last
    ? `non-increasing order, previous: ${read.first}, current: ${read.last}`
    : read;
}

/** How many indexes a list has, or why it cannot be read. */
export function indexesTotal(text: string, completions: number): number | string {
  if (text === '') return 0;
  let total = 0;
  let previous: number | undefined;
  for (const part of text.split(',')) {
    const read = interval(part, completions);
    if (typeof read === 'string') return read;
    if (previous !== undefined && previous >= read.first) {
      return `non-increasing order, previous: ${previous}, current: ${read.first}`;
    }
    total += read.last - read.first + 1;
    previous = read.last;
  }
  return total;
}

/** The first index that both lists have; what cannot be read is passed over. */
export function commonIndex(left: string, right: string, completions: number): number | undefined {
  const read = (text: string) =>
    text === '' ? [] : text.split(',').map((part) => interval(part, completions));
  const others = read(right).filter((part) => typeof part !== 'string');
  for (const part of read(left)) {
    if (typeof part === 'string') continue;
    const other = others.find(({ first, last }) => part.first <= last && first <= part.last);
    if (other) return Math.max(part.first, other.first);
  }
  return undefined;
}
