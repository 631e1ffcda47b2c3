import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../base/random.ts';
import { SortedMap } from './sorted-map.ts';

describe('SortedMap', () => {
  it('agrees with a sorted array', () => {
    const random = new SeededRandom(1);
    const map = new SortedMap<number>();
    const model = new Map<string, number>();
    const key = (): string => `k${Math.floor(random.next() * 3000)}`;
    for (let round = 0; round < 20_000; round++) {
      const name = key();
      if (random.next() < (round < 12_000 ? 0.8 : 0.2)) {
        map.set(name, round);
        model.set(name, round);
      } else {
        map.delete(name);
        model.delete(name);
      }
      if (round % 500 !== 0) continue;
      expect(map.size).toBe(model.size);
      expect(map.get(name)).toBe(model.get(name));
      const [low, high] = [key(), random.next() < 0.5 ? key() : undefined];
      const seen: number[] = [];
      map.scan(low, high, (value) => void seen.push(value));
      const names = [...model.keys()].toSorted();
      const inside = names.filter((one) => one >= low && (high === undefined || one < high));
      expect(seen).toEqual(inside.map((one) => model.get(one)));
    }
  });

  it('stops a scan when told', () => {
    const map = new SortedMap<number>();
    for (let value = 0; value < 1000; value++) map.set(String(value).padStart(4, '0'), value);
    const seen: number[] = [];
    map.scan('0500', undefined, (value) => {
      seen.push(value);
      return seen.length < 3;
    });
    expect(seen).toEqual([500, 501, 502]);
  });
});
