import { RuntimeError } from '../runtime-error.ts';
import { containsAddress, parseSubnet, toAddress, toNumber, type Subnet } from './subnet.ts';

export interface PoolOptions {
  /** such as `172.17.0.0/16` */
  readonly subnet: string;
  readonly gateway: string;
  /** part of the subnet that addresses are taken from, unless one is asked for */
  readonly range?: string | undefined;
  /** addresses that belong to somebody else */
  readonly reserved?: readonly string[];
}

/** Hands out the IPv4 addresses of one subnet, lowest free first, as Docker's bridge does. */
export class AddressPool {
  readonly prefixLength: number;
  readonly gateway: string;
  readonly #subnet: Subnet;
  readonly #range: Subnet;
  readonly #taken: Set<number>;

  constructor({ subnet, gateway, range, reserved = [] }: PoolOptions) {
    this.#subnet = parseSubnet(subnet);
    this.#range = range === undefined ? this.#subnet : parseSubnet(range);
    this.prefixLength = this.#subnet.prefixLength;
    this.gateway = gateway;
    this.#taken = new Set([gateway, ...reserved].map(toNumber));
  }

  /** Takes `wanted` or the lowest free address. Throws CONFLICT or INVALID with Docker's messages. */
  take(wanted?: string): string {
    if (wanted !== undefined) {
      const value = toNumber(wanted);
      if (!containsAddress(this.#subnet, value))
        throw new RuntimeError(
          'INVALID',
          `Invalid address ${wanted}: It does not belong to any of this network's subnets`,
        );
      if (this.#taken.has(value) || this.#isReserved(value))
        throw new RuntimeError('FORBIDDEN', 'Address already in use');
      this.#taken.add(value);
      return wanted;
    }
    const { first, last } = this.#range;
    for (let value = first; value <= last; value++) {
      if (this.#taken.has(value) || this.#isReserved(value)) continue;
      this.#taken.add(value);
      return toAddress(value);
    }
    throw new RuntimeError('CONFLICT', 'no available IPv4 addresses');
  }

  release(address: string): void {
    this.#taken.delete(toNumber(address));
  }

  /** The subnet's own address, and that for all on it. */
  #isReserved(value: number): boolean {
    return value === this.#subnet.first || value === this.#subnet.last;
  }
}

/** Docker's: 02:42 and the four bytes of the address. */
export function macFor(address: string): string {
  return [
    '02',
    '42',
    ...address.split('.').map((part) => Number(part).toString(16).padStart(2, '0')),
  ].join(':');
}
