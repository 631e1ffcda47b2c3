import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { testMachine } from './machines.ts';

const CYCLES = 20;
/** The first cycles fill caches of the process itself. */
const SETTLED = 2;
/** So many sizes at either end are compared by their medians: one alone may be taken while memory is given back. */
const SAMPLES = 5;
/** A machine of this profile has 128 MiB: one that stayed behind would show, or 7 MB of each. */
const TOLERANCE = 64 * 2 ** 20;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

describe('destroying a machine', () => {
  it('gives its memory back, twenty times', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const sizes: number[] = [];
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      const machine = await testMachine();
      expect(await machine.sh('echo up')).toBe('up');
      await machine.destroy();
      collect();
      sizes.push(process.memoryUsage.rss());
    }
    const growth = median(sizes.slice(-SAMPLES)) - median(sizes.slice(SETTLED, SETTLED + SAMPLES));
    expect(growth, `resident set after each cycle: ${sizes.join(' ')}`).toBeLessThan(TOLERANCE);
  }, 600_000);
});
