import { formatTime } from '../../objects/time.ts';
import type { Random } from '../../base/random.ts';
import type { ApiObject } from '../registry/api-object.ts';
import { newUid } from '../registry/create.ts';
import { keyOf, type StoredResource } from '../registry/served-resource.ts';
import type { ObjectStorage } from '../store/object-storage.ts';
import { formatIp, parseIp, type IpRange } from './ip-range.ts';

/** Why an address cannot be had; the message is upstream's. */
export class AllocationError extends Error {
  readonly code: 'FULL' | 'TAKEN' | 'OUT_OF_RANGE';

  constructor(code: AllocationError['code'], message: string) {
    super(message);
    this.name = 'AllocationError';
    this.code = code;
  }
}

/** Addresses of Services. Each that is taken is an IPAddress object, so that no two servers give out one. */
export class AddressAllocator {
  readonly #storage: ObjectStorage;
  readonly #resource: StoredResource;
  readonly #range: IpRange;
  readonly #random: Random;
  readonly #now: () => number;

  /** @param resource ipaddresses of networking.k8s.io. @param now UNIX milliseconds */
  constructor(
    storage: ObjectStorage,
    resource: StoredResource,
    range: IpRange,
    random: Random,
    now: () => number,
  ) {
    this.#storage = storage;
    this.#resource = resource;
    this.#range = range;
    this.#random = random;
    this.#now = now;
  }

  /** Takes a certain address. Errors: `AllocationError`. */
  async take(ip: string, service: ApiObject, dryRun: boolean): Promise<void> {
    const { first, last } = this.#range;
    const address = parseIp(ip) ?? -1;
    if (address < first || address > last)
      throw new AllocationError(
        'OUT_OF_RANGE',
        'the provided network does not match the current range',
      );
    if (!dryRun && !(await this.#create(ip, service)))
      throw new AllocationError('TAKEN', 'provided IP is already allocated');
  }

  /** Takes any free address. Errors: `AllocationError` when there is none. */
  async takeAny(service: ApiObject, dryRun: boolean): Promise<string> {
    const { first, last, dynamic } = this.#range;
    // A dry run takes nothing, so any answer is a guess.
    if (dryRun) return formatIp(first - 1);
    for (const [from, to] of [
      [dynamic, last],
      [first, dynamic - 1],
    ] as const) {
      const size = to - from + 1;
      const start = Math.floor(this.#random.next() * size);
      for (let index = 0; index < size; index++) {
        const ip = formatIp(from + ((start + index) % size));
        if (this.#resource.cache.get(keyOf(this.#resource, '', ip)) !== undefined) continue;
        if (await this.#create(ip, service)) return ip;
      }
    }
    throw new AllocationError('FULL', 'range is full');
  }

  async release(ip: string): Promise<void> {
    await this.#storage.delete(keyOf(this.#resource, '', ip), () => Promise.resolve());
  }

  async #create(ip: string, { metadata }: ApiObject): Promise<boolean> {
    const object: ApiObject = {
      kind: 'IPAddress',
      apiVersion: 'networking.k8s.io/v1',
      metadata: {
        name: ip,
        uid: newUid(this.#random),
        creationTimestamp: formatTime(this.#now()),
        labels: {
          'ipaddress.kubernetes.io/ip-family': 'IPv4',
          'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
        },
      },
      spec: {
        parentRef: {
          resource: 'services',
          namespace: metadata.namespace ?? '',
          name: metadata.name ?? '',
        },
      },
    };
    return (await this.#storage.create(keyOf(this.#resource, '', ip), object)) !== undefined;
  }
}
