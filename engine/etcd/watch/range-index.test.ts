import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../base/random.ts';
import { within, type Bounds } from '../store/key-order.ts';
import { RangeIndex } from './range-index.ts';

describe('RangeIndex', () => {
  it('finds what a look at every range finds', () => {
    const random = new SeededRandom(4);
    const index = new RangeIndex<number>();
    const all = new Map<number, Bounds>();
    const key = (): string =>
      String.fromCharCode(97 + random.next() * 20).repeat(1 + random.next() * 2);
    for (let round = 0; round < 3000; round++) {
      if (random.next() < 0.6 || all.size === 0) {
        const low = key();
        const roll = random.next();
        const high = roll < 0.3 ? `${low}\0` : roll < 0.4 ? undefined : key();
        all.set(round, { low, high });
        index.add({ low, high }, round);
      } else {
        const [item, bounds] = [...all][Math.floor(random.next() * all.size)] as [number, Bounds];
        all.delete(item);
        index.delete(bounds, item);
      }
      const wanted = key();
      const found: number[] = [];
      index.visit(wanted, (item) => found.push(item));
      const expected = [...all].filter(([, bounds]) => within(bounds, wanted));
      expect(found.toSorted((a, b) => a - b)).toEqual(expected.map(([item]) => item));
    }
  });
});
