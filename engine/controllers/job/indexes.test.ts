import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../base/random.ts';
import { Indexes } from './indexes.ts';

describe('indexes', () => {
  it('are written in intervals of three and more', () => {
    expect(Indexes.of([7, 0, 1, 3, 4, 5, 3]).toString()).toBe('0,1,3-5,7');
    expect(Indexes.none.toString()).toBe('');
  });

  it('are read as far as the Job has them, without what cannot be read', () => {
    expect(Indexes.parse('0,x,2-4,7-9,12', 9).toString()).toBe('0,2-4,7,8');
    expect(Indexes.parse('', 9).size).toBe(0);
  });

  it('behave as sets do', () => {
    const random = new SeededRandom(5);
    for (let round = 0; round < 50; round++) {
      const pick = () => Array.from({ length: 12 }, () => Math.floor(random.next() * 30));
      const [one, two] = [pick(), pick()];
      const both = new Set([...one, ...two]);
      const indexes = Indexes.of(one).with(Indexes.of(two));
      expect(indexes.size).toBe(both.size);
      expect(Indexes.parse(indexes.toString(), 30).toString()).toBe(indexes.toString());
      for (let index = 0; index < 30; index++) expect(indexes.has(index)).toBe(both.has(index));
      const common = new Set(one.filter((index) => two.includes(index)));
      expect(Indexes.of(one).overlap(Indexes.of(two))).toBe(common.size);
      const missing = Array.from({ length: 30 }, (_, index) => index).filter((x) => !both.has(x));
      expect(indexes.missing(5, 30)).toEqual(missing.slice(0, 5));
    }
  });
});
