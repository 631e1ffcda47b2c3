/** A load that is not less than this part of the lowest so far is no lower one. */
const STEADY = 0.85;
/** So many windows without a lower one have nothing of a start in them: V8 optimises what a start has run for half a minute. */
const AT_REST = 7;
const MOST_WINDOWS = 30;

/** Median of some values. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

/**
 * The load once what is in the background after a start has ended: median of the windows in which it fell no more.
 * @param load measures one window of some seconds
 */
export async function loadAtRest(load: () => Promise<number>): Promise<number> {
  let lowest = Number.POSITIVE_INFINITY;
  let since: number[] = [];
  for (let window = 0; window < MOST_WINDOWS; window++) {
    const next = await load();
    if (next < lowest * STEADY) {
      lowest = next;
      since = [];
    }
    since.push(next);
    if (since.length === AT_REST) return median(since);
  }
  throw new Error(`It still gets calmer after ${MOST_WINDOWS} windows.`);
}
