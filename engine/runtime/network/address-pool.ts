import { RuntimeError } from '../runtime-error.ts';

/** Hands out the IPv4 addresses of one subnet, lowest free first, as Docker's bridge does. The gateway has the first. */
export class AddressPool {
  readonly prefixLength: number;
  readonly gateway: string;
  readonly #base: number;
  readonly #taken = new Set<number>();

  /** @param subnet such as `172.17.0.0/16` */
  constructor(subnet: string) {
    const [base = '', prefix = ''] = subnet.split('/');
    this.prefixLength = Number(prefix);
    this.#base = toNumber(base);
    this.gateway = toAddress(this.#base + 1);
  }

  /** Takes `wanted` or the lowest free address. Throws CONFLICT or INVALID with Docker's messages. */
  take(wanted?: string): string {
    if (wanted !== undefined) {
      const offset = toNumber(wanted) - this.#base;
      if (!(offset > 1 && offset < this.#size - 1))
        throw new RuntimeError(
          'INVALID',
          `invalid address ${wanted}: it does not belong to any of this network's subnets`,
        );
      if (this.#taken.has(offset)) throw new RuntimeError('CONFLICT', 'Address already in use');
      this.#taken.add(offset);
      return wanted;
    }
    for (let offset = 2; offset < this.#size - 1; offset++) {
      if (this.#taken.has(offset)) continue;
      this.#taken.add(offset);
      return toAddress(this.#base + offset);
    }
    throw new RuntimeError('CONFLICT', 'could not find an available IPv4 address');
  }

  release(address: string): void {
    this.#taken.delete(toNumber(address) - this.#base);
  }

  get #size(): number {
    return 2 ** (32 - this.prefixLength);
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

function toNumber(address: string): number {
  return address.split('.').reduce((value, part) => value * 256 + Number(part), 0);
}

function toAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}
