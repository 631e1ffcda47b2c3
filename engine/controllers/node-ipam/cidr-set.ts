import {
  ipNumber,
  isV6,
  nthAddress,
  parseCidr,
  printCidr,
  printIp,
  type IpPrefix,
} from '../../objects/ip.ts';

/** IPv6 has room for more ranges than anybody can keep track of: 2 to this power at most. */
const MOST_V6_BITS = 16;

/** Ranges of addresses of one size that nodes get from a larger one (upstream's `cidrset`). */
export class CidrSet {
  readonly #cluster: IpPrefix;
  readonly #nodeLength: number;
  readonly #most: number;
  readonly #used = new Set<number>();
  #next = 0;

  /** @param nodeLength prefix length of each node's range, such as 24 */
  constructor(cluster: IpPrefix, nodeLength: number) {
    const more = nodeLength - cluster.length;
    const bits = cluster.network.bytes.length * 8;
    if (more < 0 || nodeLength > bits || (isV6(cluster.network) && more > MOST_V6_BITS))
      throw new RangeError(
        `A range of /${nodeLength} for each node cannot be taken from ${printCidr(cluster)}.`,
      );
    this.#cluster = cluster;
    this.#nodeLength = nodeLength;
    this.#most = 2 ** more;
  }

  /** The next range after the one given out last that is free; undefined when none is. */
  allocate(): string | undefined {
    if (this.#used.size === this.#most) return undefined;
    while (this.#used.has(this.#next)) this.#next = (this.#next + 1) % this.#most;
    const index = this.#next;
    this.#used.add(index);
    this.#next = (index + 1) % this.#most;
    const step = BigInt(index) << BigInt(this.#bits - this.#nodeLength);
    return `${printIp(nthAddress(this.#cluster, step))}/${this.#nodeLength}`;
  }

  /** It is not given out. @throws RangeError when it is outside */
  occupy(cidr: string): void {
    for (const index of this.#indexesOf(cidr)) this.#used.add(index);
  }

  /** It may be given out again. @throws RangeError when it is outside */
  release(cidr: string): void {
    for (const index of this.#indexesOf(cidr)) this.#used.delete(index);
  }

  get #bits(): number {
    return this.#cluster.network.bytes.length * 8;
  }

  /** Of all ranges that have an address in common with it. */
  *#indexesOf(cidr: string): Generator<number> {
    const prefix = parseCidr(cidr);
    const bits = this.#bits;
    const size = BigInt(bits - this.#nodeLength);
    if (prefix !== undefined && prefix.network.bytes.length * 8 === bits) {
      const start = ipNumber(prefix.network) - ipNumber(this.#cluster.network);
      const first = start >> size;
      const last = (start + (1n << BigInt(bits - prefix.length)) - 1n) >> size;
      const most = BigInt(this.#most);
      if (last >= 0n && first < most) {
        const from = first < 0n ? 0n : first;
        const to = last >= most ? most - 1n : last;
        for (let index = from; index <= to; index++) yield Number(index);
        return;
      }
    }
    throw new RangeError(
      `cidr ${cidr} is out the range of cluster cidr ${printCidr(this.#cluster)}`,
    );
  }
}
