import type { Etcd } from '../../api/etcd.ts';
import type { Random } from '../../base/random.ts';
import { AllocationError } from './address-allocator.ts';

/** kube-apiserver `--service-node-port-range` */
const FIRST = 30_000;
const LAST = 32_767;
/** Ports below are kept for those who ask for a certain one (KEP 3668). */
const DYNAMIC = FIRST + 86;
const KEY = '/registry/ranges/servicenodeports';

interface Ports {
  readonly taken: Set<number>;
  readonly modRevision: number;
}

/** Node ports of Services: one bit each, in one value that all servers change by turns. */
export class PortAllocator {
  readonly #etcd: Etcd;
  readonly #random: Random;

  constructor(etcd: Etcd, random: Random) {
    this.#etcd = etcd;
    this.#random = random;
  }

  /**
   * Takes all of `wanted` (0: any free port) or none. @returns the ports in the same order.
   * Errors: `AllocationError`, with the index of the port as `cause`.
   */
  async take(wanted: readonly number[], dryRun: boolean): Promise<readonly number[]> {
    if (wanted.length === 0) return [];
    for (;;) {
      const ports = await this.#read();
      const result = this.#choose(wanted, ports.taken);
      if (dryRun) return result;
      for (const port of result) ports.taken.add(port);
      if (await this.#write(ports)) return result;
    }
  }

  async release(ports: readonly number[]): Promise<void> {
    if (ports.length === 0) return;
    for (;;) {
      const state = await this.#read();
      for (const port of ports) state.taken.delete(port);
      if (await this.#write(state)) return;
    }
  }

  #choose(wanted: readonly number[], taken: ReadonlySet<number>): number[] {
    const chosen = new Set<number>();
    return wanted.map((port, index) => {
      const result = port === 0 ? this.#free(taken, chosen) : port;
      if (result < FIRST || result > LAST)
        throw outOf(
          index,
          'OUT_OF_RANGE',
          `provided port is not in the valid range. The range of valid ports is ${FIRST}-${LAST}`,
        );
      if (taken.has(result) || chosen.has(result))
        throw outOf(index, 'TAKEN', 'provided port is already allocated');
      chosen.add(result);
      return result;
    });
  }

  #free(taken: ReadonlySet<number>, chosen: ReadonlySet<number>): number {
    for (const [from, to] of [
      [DYNAMIC, LAST],
      [FIRST, DYNAMIC - 1],
    ] as const) {
      const size = to - from + 1;
      const start = Math.floor(this.#random.next() * size);
      for (let index = 0; index < size; index++) {
        const port = from + ((start + index) % size);
        if (!taken.has(port) && !chosen.has(port)) return port;
      }
    }
    throw new AllocationError('FULL', 'range is full');
  }

  async #read(): Promise<Ports> {
    const { kvs } = await this.#etcd.range({ key: KEY });
    const [kv] = kvs;
    if (kv === undefined) return { taken: new Set(), modRevision: 0 };
    const { data = '' } = JSON.parse(new TextDecoder().decode(kv.value)) as { data?: string };
    const taken = new Set<number>();
    Array.from(atob(data), (character) => character.codePointAt(0) ?? 0).forEach((byte, index) => {
      for (let bit = 0; bit < 8; bit++)
        if ((byte & (1 << bit)) !== 0) taken.add(FIRST + index * 8 + bit);
    });
    return { taken, modRevision: kv.modRevision };
  }

  async #write({ taken, modRevision }: Ports): Promise<boolean> {
    const bytes = new Uint8Array((LAST - FIRST + 1) / 8);
    for (const port of taken) {
      const index = (port - FIRST) >> 3;
      bytes[index] = (bytes[index] ?? 0) | (1 << ((port - FIRST) & 7));
    }
    const value = {
      kind: 'RangeAllocation',
      apiVersion: 'v1',
      metadata: {},
      range: `${FIRST}-${LAST}`,
      data: btoa(String.fromCodePoint(...bytes)),
    };
    const { succeeded } = await this.#etcd.txn({
      compare: [{ key: KEY, target: 'MOD', modRevision, result: 'EQUAL' }],
      success: [
        { requestPut: { key: KEY, value: new TextEncoder().encode(JSON.stringify(value)) } },
      ],
    });
    return succeeded;
  }
}

function outOf(index: number, code: AllocationError['code'], message: string): AllocationError {
  return Object.assign(new AllocationError(code, message), { cause: index });
}
