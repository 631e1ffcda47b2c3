import { expect, it } from 'vitest';
import type { EndpointAddress } from '../../objects/generated/core-v1.generated.ts';
import { addressCount, repackSubsets, truncateSubsets } from './subsets.ts';

const port = (number: number) => ({ port: number, protocol: 'TCP' as const });
const addresses = (count: number, from = 0): EndpointAddress[] =>
  Array.from({ length: count }, (_, index) => ({
    ip: `10.${(from + index) >> 16}.${((from + index) >> 8) & 255}.${(from + index) & 255}`,
  }));

it('gathers the ports of the same addresses, and the addresses of the same ports', () => {
  const [a, b] = [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }];
  expect(
    repackSubsets([
      { addresses: [b], ports: [port(80)] },
      { addresses: [a], ports: [port(80)] },
      { addresses: [a, b], ports: [port(81)] },
    ]),
  ).toEqual([{ addresses: [a, b], ports: [port(80), port(81)] }]);
});

it('takes an address that is not ready in one place as not ready', () => {
  const a = { ip: '10.0.0.1' };
  expect(
    repackSubsets([
      { addresses: [a], ports: [port(80)] },
      { notReadyAddresses: [a], ports: [port(80)] },
    ]),
  ).toEqual([{ notReadyAddresses: [a], ports: [port(80)] }]);
});

it('keeps at most 1,000 addresses: the ready ones first, from each subset by its share', () => {
  const many = [
    { addresses: addresses(900), notReadyAddresses: addresses(300, 5000), ports: [port(80)] },
    { notReadyAddresses: addresses(100, 6000), ports: [port(81)] },
  ];
  const cut = truncateSubsets(many);
  expect(addressCount(cut)).toBe(1000);
  expect(cut.map((subset) => [subset.addresses?.length, subset.notReadyAddresses?.length])).toEqual(
    [
      [900, 75],
      [0, 25],
    ],
  );
  const ready = truncateSubsets([
    { addresses: addresses(1500), notReadyAddresses: addresses(1, 5000), ports: [port(80)] },
    { addresses: addresses(500, 6000), ports: [port(81)] },
  ]);
  expect(ready.map((subset) => subset.addresses?.length)).toEqual([750, 250]);
  expect(truncateSubsets(ready)).toBe(ready);
});
