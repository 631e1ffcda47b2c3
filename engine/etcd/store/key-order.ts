import type { KeyRange } from '../../api/etcd.ts';

/**
 * etcd orders keys by their bytes in UTF-8, which is the order of code points. JavaScript compares
 * code units, which differs where surrogates (U+D800 to U+DFFF) meet U+E000 to U+FFFF. This
 * exchanges the two blocks, so that `<` on the results is etcd's order. The result is no text.
 */
export function orderKey(key: string): string {
  return HIGH.test(key) ? key.replaceAll(EACH_HIGH, exchange) : key;
}

const HIGH = /[\uD800-\uFFFF]/;
const EACH_HIGH = /[\uD800-\uFFFF]/g;

function exchange(unit: string): string {
  const code = unit.charCodeAt(0);
  return String.fromCharCode(code < 0xe000 ? code + 0x2000 : code - 0x800);
}

/** A range in the order of `orderKey`: from `low` up to but without `high`, or without an end. */
export interface Bounds {
  readonly low: string;
  readonly high: string | undefined;
}

export function boundsOf({ key, rangeEnd = '' }: KeyRange): Bounds {
  const low = orderKey(key);
  if (rangeEnd === '\0') return { low, high: undefined };
  // Nothing lies between a key and the same with a NUL.
  return { low, high: rangeEnd === '' ? `${low}\0` : orderKey(rangeEnd) };
}

export function within({ low, high }: Bounds, ordered: string): boolean {
  return ordered >= low && (high === undefined || ordered < high);
}
