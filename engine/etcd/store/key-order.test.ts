import { describe, expect, it } from 'vitest';
import { prefixEnd } from '../../api/etcd.ts';
import { SeededRandom } from '../../base/random.ts';
import { boundsOf, orderKey, within } from './key-order.ts';

const random = new SeededRandom(3);
const POINTS = [0, 0x2f, 0x61, 0x62, 0xe9, 0xd7ff, 0xe000, 0xfffd, 0xffff, 0x10000, 0x10ffff];

function randomKey(): string {
  const length = Math.floor(random.next() * 4);
  return String.fromCodePoint(
    ...Array.from({ length }, () => POINTS[Math.floor(random.next() * POINTS.length)] as number),
  );
}

const compare = <T>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

describe('orderKey', () => {
  it('orders as bytes of UTF-8 do', () => {
    for (let round = 0; round < 2000; round++) {
      const [a, b] = [randomKey(), randomKey()];
      const bytes = Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(compare(orderKey(a), orderKey(b)), JSON.stringify([a, b])).toBe(bytes);
    }
  });
});

describe('prefixEnd', () => {
  it('bounds exactly what begins with the prefix', () => {
    for (let round = 0; round < 2000; round++) {
      const [prefix, key] = [randomKey(), randomKey()];
      const bounds = boundsOf({ key: prefix, rangeEnd: prefixEnd(prefix) });
      const expected = key.startsWith(prefix);
      expect(within(bounds, orderKey(key)), JSON.stringify([prefix, key])).toBe(expected);
    }
    expect(prefixEnd('/registry/pods/')).toBe('/registry/pods0');
  });
});
