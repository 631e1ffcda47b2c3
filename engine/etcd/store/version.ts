import type { KeyValue } from '../../api/etcd.ts';

/** Bytes a version takes beside its key and value, roughly: five numbers and their framing. */
const OVERHEAD = 32;

/** A version in the store. What no client sees is not enumerable, so it does not travel. */
export class Version implements KeyValue {
  readonly key: string;
  readonly value: Uint8Array;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  readonly lease: number;
  readonly #sub: number;

  constructor(fields: KeyValue, sub: number) {
    this.key = fields.key;
    this.value = fields.value;
    this.createRevision = fields.createRevision;
    this.modRevision = fields.modRevision;
    this.version = fields.version;
    this.lease = fields.lease;
    this.#sub = sub;
  }

  /** place among the changes of its revision, from 0 */
  get sub(): number {
    return this.#sub;
  }

  /** It says that the key was deleted. */
  get tombstone(): boolean {
    return this.version === 0;
  }

  /** bytes */
  get size(): number {
    return this.key.length + this.value.length + OVERHEAD;
  }
}
