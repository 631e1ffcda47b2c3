import {
  EtcdError,
  type Compare,
  type DeleteRangeRequest,
  type DeleteRangeResponse,
  type KeyValue,
  type LeaseGrantResponse,
  type PutRequest,
  type PutResponse,
  type RangeRequest,
  type RangeResponse,
  type RequestOp,
  type ResponseHeader,
  type ResponseOp,
  type TxnRequest,
  type TxnResponse,
} from '../../api/etcd.ts';
import { orderKey } from '../store/key-order.ts';
import { MvccStore } from '../store/mvcc-store.ts';
import type { Version } from '../store/version.ts';
import type { Command } from './command.ts';
import { LeaseTable } from './lease-table.ts';
import { compareBytes, range } from './range.ts';

/** Seconds. Shorter leases are made this long: one and a half election timeouts of etcd's defaults. */
const MIN_LEASE_TTL = 2;
/** Seconds (`lease.MaxLeaseTTL`) */
const MAX_LEASE_TTL = 9_000_000_000;

export interface Identity {
  readonly clusterId: string;
  readonly memberId: string;
}

export type Outcome =
  | PutResponse
  | DeleteRangeResponse
  | TxnResponse
  | LeaseGrantResponse
  | { readonly header: ResponseHeader };

/** What a command did: its answer or its failure, and the versions it made, all of one revision. */
export interface Applied {
  readonly outcome: Outcome | EtcdError;
  readonly changes: readonly Version[];
}

/**
 * etcd as a state machine: the same commands in the same order give the same state and the same
 * answers on every member. It knows neither time nor chance nor storage.
 */
export class StateMachine {
  readonly store = new MvccStore();
  readonly leases = new LeaseTable();
  readonly identity: Identity;
  /** log index of the last command applied */
  appliedIndex = 0;
  /** term of the leader whose log this is */
  term = 1;

  constructor(identity: Identity) {
    this.identity = identity;
  }

  get header(): ResponseHeader {
    // Made for every command: spelled out, since spreading costs more than the rest of a put.
    const { clusterId, memberId } = this.identity;
    return { clusterId, memberId, revision: this.store.now, raftTerm: this.term };
  }

  /** Takes up a snapshot's versions; leases were granted before. */
  restore(revision: number, compactRevision: number, versions: readonly Version[]): void {
    this.store.restore(revision, compactRevision, versions);
    this.store.scan({ key: '\0', rangeEnd: '\0' }, revision, ({ key, lease }) =>
      this.leases.attach(lease, key),
    );
  }

  /** Never throws: a failure is as much agreed upon as a success. */
  apply(command: Command): Applied {
    this.appliedIndex++;
    try {
      const outcome = this.#run(command);
      return { outcome, changes: this.store.commit() };
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      return { outcome: error, changes: [] };
    }
  }

  /** @throws EtcdError `COMPACTED`, `FUTURE_REVISION` */
  range(request: RangeRequest): RangeResponse {
    return { header: this.header, ...range(this.store, request) };
  }

  /** A transaction that only reads. @throws EtcdError as `range` */
  read(request: TxnRequest): TxnResponse {
    return this.#txn(request);
  }

  #run(command: Command): Outcome {
    switch (command.kind) {
      case 'put':
        this.#checkPut(command.request);
        return this.#put(command.request);
      case 'deleteRange':
        return this.#deleteRange(command.request);
      case 'txn':
        return this.#txn(command.request);
      case 'compact':
        this.store.compact(command.revision);
        return { header: this.header };
      case 'leaseGrant':
        return this.#leaseGrant(command.id, command.ttl);
      case 'leaseRevoke':
        return this.#leaseRevoke(command.id);
    }
  }

  #checkPut(request: PutRequest): void {
    const { lease = 0 } = request;
    if (lease !== 0 && this.leases.ttl(lease) === undefined) throw new EtcdError('LEASE_NOT_FOUND');
    const keeps = request.ignoreValue === true || request.ignoreLease === true;
    if (keeps && this.store.get(request.key) === undefined) throw new EtcdError('KEY_NOT_FOUND');
  }

  #put(request: PutRequest): PutResponse {
    const { key } = request;
    const before = this.store.get(key);
    const value =
      request.ignoreValue === true && before !== undefined ? before.value : request.value;
    const lease =
      request.ignoreLease === true && before !== undefined ? before.lease : (request.lease ?? 0);
    if (before !== undefined) this.leases.detach(before.lease, key);
    this.leases.attach(lease, key);
    this.store.put(key, value, lease);
    const header = this.header;
    return request.prevKv === true && before !== undefined
      ? { header, prevKv: before }
      : { header };
  }

  #deleteRange(request: DeleteRangeRequest): DeleteRangeResponse {
    const found: Version[] = [];
    this.store.scan(request, this.store.now, (version) => void found.push(version));
    for (const version of found) this.#delete(version);
    return {
      header: this.header,
      deleted: found.length,
      prevKvs: request.prevKv === true ? found : [],
    };
  }

  #delete({ key, lease }: KeyValue): void {
    this.leases.detach(lease, key);
    this.store.delete(key);
  }

  #txn(request: TxnRequest): TxnResponse {
    const chosen = choose(this.store, request);
    // Once something is written nothing may fail any more.
    this.#check(chosen);
    return this.#execute(chosen);
  }

  #check(chosen: Chosen): void {
    for (const step of chosen.steps) {
      if ('nested' in step) this.#check(step.nested);
      else if ('requestPut' in step) this.#checkPut(step.requestPut);
      else if ('requestRange' in step)
        this.store.checkRevision(revisionOf(this.store, step.requestRange));
    }
  }

  #execute({ succeeded, steps }: Chosen): TxnResponse {
    const responses = steps.map((step): ResponseOp => {
      if ('nested' in step) {
        // etcd gives only the outermost transaction a revision.
        const header = { ...this.header, revision: 0 };
        return { responseTxn: { ...this.#execute(step.nested), header } };
      }
      if ('requestPut' in step) return { responsePut: this.#put(step.requestPut) };
      if ('requestRange' in step) return { responseRange: this.range(step.requestRange) };
      return { responseDeleteRange: this.#deleteRange(step.requestDeleteRange) };
    });
    return { header: this.header, succeeded, responses };
  }

  #leaseGrant(id: number, ttl: number): LeaseGrantResponse {
    if (ttl > MAX_LEASE_TTL) throw new EtcdError('LEASE_TTL_TOO_LARGE');
    if (this.leases.ttl(id) !== undefined) throw new EtcdError('LEASE_EXISTS');
    const granted = Math.max(ttl, MIN_LEASE_TTL);
    this.leases.grant(id, granted);
    return { header: this.header, id, ttl: granted };
  }

  #leaseRevoke(id: number): { readonly header: ResponseHeader } {
    if (this.leases.ttl(id) === undefined) throw new EtcdError('LEASE_NOT_FOUND');
    const keys = this.leases.keys(id).toSorted((a, b) => (orderKey(a) < orderKey(b) ? -1 : 1));
    for (const key of keys) this.store.delete(key);
    this.leases.revoke(id);
    return { header: this.header };
  }
}

type Plain = Exclude<RequestOp, { readonly requestTxn: TxnRequest }>;

/** The branches that will run, decided for all nested transactions before the first change. */
interface Chosen {
  readonly succeeded: boolean;
  readonly steps: readonly (Plain | { readonly nested: Chosen })[];
}

function choose(
  store: MvccStore,
  { compare = [], success = [], failure = [] }: TxnRequest,
): Chosen {
  const succeeded = compare.every((one) => holds(store, one));
  return {
    succeeded,
    steps: (succeeded ? success : failure).map((operation) =>
      'requestTxn' in operation ? { nested: choose(store, operation.requestTxn) } : operation,
    ),
  };
}

function revisionOf(store: MvccStore, { revision = 0 }: RangeRequest): number {
  return revision > 0 ? revision : store.revision;
}

function holds(store: MvccStore, compare: Compare): boolean {
  let any = false;
  let all = true;
  store.scan(compare, store.now, (version) => {
    any = true;
    all = holdsFor(compare, version);
    return all;
  });
  if (any) return all;
  // Nothing is no value, not even an empty one.
  return compare.target !== 'VALUE' && holdsFor(compare, ABSENT);
}

const ABSENT = { value: new Uint8Array(), createRevision: 0, modRevision: 0, version: 0, lease: 0 };

function holdsFor(compare: Compare, version: Omit<KeyValue, 'key'>): boolean {
  const difference = differenceOf(compare, version);
  switch (compare.result) {
    case 'EQUAL':
      return difference === 0;
    case 'NOT_EQUAL':
      return difference !== 0;
    case 'GREATER':
      return difference > 0;
    case 'LESS':
      return difference < 0;
  }
}

function differenceOf(compare: Compare, version: Omit<KeyValue, 'key'>): number {
  switch (compare.target) {
    case 'VERSION':
      return version.version - compare.version;
    case 'CREATE':
      return version.createRevision - compare.createRevision;
    case 'MOD':
      return version.modRevision - compare.modRevision;
    case 'VALUE':
      return compareBytes(version.value, compare.value);
    case 'LEASE':
      return version.lease - compare.lease;
  }
}
