import { sleep, type BenchHost } from './bench.ts';

/** of one window */
export const IDLE_SECONDS = 5;
/** A load that is not less than this part of the lowest so far is no lower one. */
const STEADY = 0.85;
/** So many windows without a lower one have nothing of a start in them: V8 optimises what a start has run for half a minute. */
const AT_REST = 7;
const MOST_WINDOWS = 30;

type Measured = Pick<BenchHost, 'resources'>;

/** Percent of a core over some idle seconds. */
export async function idleLoad(measured: Measured): Promise<number> {
  const before = await measured.resources();
  await sleep(IDLE_SECONDS);
  return ((await measured.resources()).cpuMs - before.cpuMs) / IDLE_SECONDS / 10;
}

/** Percent of a core in each of the windows in which the load fell no more: what is in the background after a start has ended. */
export async function loadsAtRest(measured: Measured): Promise<readonly number[]> {
  let lowest = Number.POSITIVE_INFINITY;
  let since: number[] = [];
  for (let window = 0; window < MOST_WINDOWS; window++) {
    const next = await idleLoad(measured);
    if (next < lowest * STEADY) {
      lowest = next;
      since = [];
    }
    since.push(next);
    if (since.length === AT_REST) return since;
  }
  throw new Error(`It still gets calmer after ${MOST_WINDOWS * IDLE_SECONDS} s.`);
}
