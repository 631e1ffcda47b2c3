/** IPv4 subnets as pairs of numbers. */
import { RuntimeError } from '../runtime-error.ts';

export interface Subnet {
  readonly first: number;
  readonly last: number;
  readonly prefixLength: number;
}

/** Host bits are ignored, as Go's ParseCIDR does. Throws INVALID. */
export function parseSubnet(text: string): Subnet {
  const [address = '', prefix = ''] = text.split('/');
  const prefixLength = Number(prefix);
  if (!isAddress(address) || !/^\d{1,2}$/.test(prefix) || prefixLength > 32)
    throw new RuntimeError('INVALID', `invalid CIDR address: ${text}`);
  const size = 2 ** (32 - prefixLength);
  const first = Math.floor(toNumber(address) / size) * size;
  return { first, last: first + size - 1, prefixLength };
}

export function subnetText({ first, prefixLength }: Subnet): string {
  return `${toAddress(first)}/${prefixLength}`;
}

export function isAddress(text: string): boolean {
  const parts = text.split('.');
  return (
    parts.length === 4 &&
    parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)
  );
}

export function containsAddress(subnet: Subnet, address: number): boolean {
  return address >= subnet.first && address <= subnet.last;
}

export function contains(outer: Subnet, inner: Subnet): boolean {
  return inner.first >= outer.first && inner.last <= outer.last;
}

export function overlaps(one: Subnet, other: Subnet): boolean {
  return one.first <= other.last && other.first <= one.last;
}

export function toNumber(address: string): number {
  return address.split('.').reduce((value, part) => value * 256 + Number(part), 0);
}

export function toAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}
