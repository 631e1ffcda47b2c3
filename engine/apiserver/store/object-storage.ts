import { EtcdError, type Etcd, type KeyValue, type TxnResponse } from '../../api/etcd.ts';
import { jsonEqual } from '../../objects/json-value.ts';
import type { ApiObject } from '../registry/api-object.ts';
import type { StorageCodec } from './storage-codec.ts';
import { encodeForStorage, StoredObject } from './stored-object.ts';

/** Keys in one lease, and seconds during which a lease is shared (k8s.io/apiserver `lease_manager.go`). */
const LEASE_KEYS = 1000;
const LEASE_REUSE_SECONDS = 60;

interface SharedLease {
  readonly id: number;
  readonly ttl: number;
  readonly grantedAt: number;
  keys: number;
}

/** Whether two objects are the same, whatever the order of their fields. */
function sameJson(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  if (one.every((byte, index) => byte === other[index])) return true;
  const [first, second] = [one, other].map((bytes): unknown =>
    JSON.parse(new TextDecoder().decode(bytes)),
  );
  return jsonEqual(first, second);
}

function rangeOf(response: TxnResponse): KeyValue | undefined {
  const [first] = response.responses;
  return first !== undefined && 'responseRange' in first ? first.responseRange.kvs[0] : undefined;
}

/** What is stored where, and how often it changed: the way from objects to etcd. */
export class ObjectStorage {
  readonly #etcd: Etcd;
  readonly #now: () => number;
  readonly #codec: StorageCodec | undefined;
  #lease: Promise<SharedLease> | undefined;

  /** @param now UNIX milliseconds */
  constructor(etcd: Etcd, now: () => number, codec?: StorageCodec) {
    this.#etcd = etcd;
    this.#now = now;
    this.#codec = codec;
  }

  async get(key: string): Promise<StoredObject | undefined> {
    const kv = await this.#read(key);
    return kv === undefined ? undefined : this.#open(kv);
  }

  /** etcd's revision now. */
  async revision(): Promise<number> {
    return (await this.#etcd.range({ key: '/registry/', countOnly: true })).header.revision;
  }

  /** Undefined when the key exists already. @param ttl seconds until it goes by itself; 0 for never */
  async create(key: string, object: ApiObject, ttl = 0): Promise<StoredObject | undefined> {
    const value = await this.#close(object);
    const lease = ttl === 0 ? 0 : await this.#leaseFor(ttl);
    const { succeeded, header } = await this.#etcd.txn({
      compare: [{ key, target: 'MOD', modRevision: 0, result: 'EQUAL' }],
      success: [{ requestPut: { key, value, lease } }],
    });
    return succeeded ? this.#open({ key, value, modRevision: header.revision }) : undefined;
  }

  /**
   * Optimistic update: `next` computes from what is stored (undefined: nothing) what shall be,
   * and runs again whenever somebody else was faster. Nothing is written when nothing changes.
   * What `next` throws ends it.
   */
  async update(
    key: string,
    next: (current: StoredObject | undefined) => Promise<ApiObject>,
    ttl = 0,
  ): Promise<StoredObject> {
    let current = await this.#read(key);
    for (;;) {
      const object = await next(current === undefined ? undefined : await this.#open(current));
      const value = await this.#close(object);
      if (current !== undefined && sameJson(current.value, value)) return this.#open(current);
      const lease = ttl === 0 ? 0 : await this.#leaseFor(ttl);
      const response = await this.#etcd.txn({
        compare: [{ key, target: 'MOD', modRevision: current?.modRevision ?? 0, result: 'EQUAL' }],
        success: [{ requestPut: { key, value, lease } }],
        failure: [{ requestRange: { key } }],
      });
      if (response.succeeded)
        return this.#open({ key, value, modRevision: response.header.revision });
      current = rangeOf(response);
    }
  }

  /**
   * Deletes what is stored once `check` has nothing against it; `check` sees each version that
   * others write meanwhile. Undefined when there is nothing.
   */
  async delete(
    key: string,
    check: (current: StoredObject) => Promise<void>,
  ): Promise<StoredObject | undefined> {
    let current = await this.#read(key);
    while (current !== undefined) {
      const stored = await this.#open(current);
      await check(stored);
      const response: TxnResponse = await this.#etcd.txn({
        compare: [{ key, target: 'MOD', modRevision: current.modRevision, result: 'EQUAL' }],
        success: [{ requestDeleteRange: { key } }],
        failure: [{ requestRange: { key } }],
      });
      if (response.succeeded) return stored.at(response.header.revision);
      current = rangeOf(response);
    }
    return undefined;
  }

  async #open(kv: Pick<KeyValue, 'key' | 'value' | 'modRevision'>): Promise<StoredObject> {
    const stored = new StoredObject(kv);
    if (this.#codec === undefined) return stored;
    const [opened = stored] = await this.#codec.open([stored]);
    return opened;
  }

  async #close(object: ApiObject): Promise<Uint8Array> {
    return encodeForStorage(this.#codec === undefined ? object : await this.#codec.close(object));
  }

  async #read(key: string): Promise<KeyValue | undefined> {
    return (await this.#etcd.range({ key })).kvs[0];
  }

  /** Objects that expire share leases, as a lease for each Event would be as big as the Event. */
  async #leaseFor(ttl: number): Promise<number> {
    const shared = await this.#lease?.catch(() => undefined);
    const young =
      shared !== undefined &&
      shared.ttl === ttl &&
      shared.keys < LEASE_KEYS &&
      this.#now() - shared.grantedAt < LEASE_REUSE_SECONDS * 1000;
    if (young) {
      shared.keys++;
      return shared.id;
    }
    const granted = this.#etcd
      .leaseGrant({ ttl: ttl + LEASE_REUSE_SECONDS })
      .then(({ id }): SharedLease => ({ id, ttl, grantedAt: this.#now(), keys: 1 }));
    this.#lease = granted;
    return (await granted).id;
  }
}

/** Whether a failure of etcd says that a past revision is gone. */
export function isCompacted(error: unknown): boolean {
  return error instanceof EtcdError && error.code === 'COMPACTED';
}
