/** Random histories for tests: what is asked of an etcd, with a seed, and answers in a form that can be compared. */
import {
  EtcdError,
  type Compare,
  type DeleteRangeRequest,
  type Etcd,
  type KeyRange,
  type PutRequest,
  type RangeRequest,
  type RequestOp,
  type TxnRequest,
  type WatchRequest,
  type WatchResponse,
} from '../../api/etcd.ts';
import type { Random } from '../../base/random.ts';

export type Step =
  | { readonly put: PutRequest }
  | { readonly deleteRange: DeleteRangeRequest }
  | { readonly txn: TxnRequest }
  | { readonly range: RangeRequest }
  | { readonly compact: { readonly revision: number } }
  | { readonly leaseGrant: { readonly id: number; readonly ttl: number } }
  | { readonly leaseRevoke: { readonly id: number } }
  | { readonly leaseTimeToLive: { readonly id: number; readonly keys: true } }
  | { readonly hashKv: { readonly revision: number } }
  /** from a revision that has been, up to now */
  | { readonly watch: WatchRequest & { readonly startRevision: number } };

/** An answer without what differs between servers. */
export type Answer = { readonly error: string } | { readonly [field: string]: unknown };

// Their order in UTF-8 is not that of code units.
const KEYS = ['a', 'aa', 'ab', 'b', 'b0', 'c', 'd', 'e/1', 'e/2', 'é', '\uFFFD', '\u{1F600}'];
const ENDS = ['', '', 'b', 'c', 'e0', 'é', '\u{1F600}', '\0', '\0'];
const VALUES = ['', 'x', 'xy', 'longer value', 'y', 'ü'];
const LEASES = [7, 8, 9];

export class RandomHistory {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** @param revision of the store now */
  next(revision: number): Step {
    const roll = this.#random.next();
    if (roll < 0.3) return { put: this.#put() };
    if (roll < 0.42) return { deleteRange: { ...this.#range(), prevKv: this.#chance(0.5) } };
    if (roll < 0.6) return { txn: this.#txn(revision, 2) };
    if (roll < 0.78) return { range: this.#rangeRequest(revision) };
    if (roll < 0.82) return { leaseGrant: { id: this.#pick(LEASES), ttl: 100 + this.#below(100) } };
    if (roll < 0.85) return { leaseRevoke: { id: this.#pick(LEASES) } };
    if (roll < 0.88) return { leaseTimeToLive: { id: this.#pick(LEASES), keys: true } };
    if (roll < 0.91) return { hashKv: { revision: 0 } };
    if (roll < 0.93) {
      // For the revision of a compaction etcd remembers the checksum from before it.
      const compacted = Math.max(1, this.#revision(revision));
      return { compact: { revision: compacted === revision ? compacted + 1 : compacted } };
    }
    return { watch: this.#watch(revision) };
  }

  #put(): PutRequest {
    const keepsValue = this.#chance(0.08);
    const keepsLease = this.#chance(0.08);
    return {
      key: this.#pick(KEYS),
      value: encoder.encode(keepsValue ? '' : this.#pick(VALUES)),
      lease: this.#chance(0.2) && !keepsLease ? this.#pick(LEASES) : 0,
      prevKv: this.#chance(0.3),
      ignoreValue: keepsValue,
      ignoreLease: keepsLease,
    };
  }

  #range(): KeyRange {
    return { key: this.#pick(KEYS), rangeEnd: this.#pick(ENDS) };
  }

  #rangeRequest(revision: number): RangeRequest {
    return {
      ...this.#range(),
      limit: this.#chance(0.4) ? 1 + this.#below(4) : 0,
      revision: this.#chance(0.4) ? this.#revision(revision) : 0,
      sortOrder: this.#pick(['NONE', 'ASCEND', 'DESCEND']),
      // Members need not agree on the order of what is equal, so only what is unique.
      sortTarget: this.#pick(['KEY', 'KEY', 'MOD']),
      countOnly: this.#chance(0.1),
      ...(this.#chance(0.15) ? { minModRevision: this.#revision(revision) } : {}),
      ...(this.#chance(0.1) ? { maxModRevision: this.#revision(revision) } : {}),
      ...(this.#chance(0.1) ? { minCreateRevision: this.#revision(revision) } : {}),
      ...(this.#chance(0.1) ? { maxCreateRevision: this.#revision(revision) } : {}),
    };
  }

  #txn(revision: number, depth: number): TxnRequest {
    const list = <T>(most: number, make: () => T): T[] =>
      Array.from({ length: this.#below(most + 1) }, make);
    const operation = (): RequestOp => this.#operation(revision, depth);
    return {
      compare: list(2, () => this.#compare(revision)),
      success: list(3, operation),
      failure: list(2, operation),
    };
  }

  #operation(revision: number, depth: number): RequestOp {
    const roll = this.#random.next();
    if (roll < 0.45) return { requestPut: this.#put() };
    if (roll < 0.65) return { requestDeleteRange: { ...this.#range(), prevKv: true } };
    if (roll < 0.85 || depth === 0) return { requestRange: this.#rangeRequest(revision) };
    return { requestTxn: this.#txn(revision, depth - 1) };
  }

  #compare(revision: number): Compare {
    const common = {
      key: this.#pick(KEYS),
      rangeEnd: this.#chance(0.2) ? this.#pick(ENDS) : '',
      result: this.#pick(['EQUAL', 'NOT_EQUAL', 'GREATER', 'LESS'] as const),
    };
    switch (this.#below(5)) {
      case 0:
        return { ...common, target: 'VERSION', version: this.#below(3) };
      case 1:
        return { ...common, target: 'CREATE', createRevision: this.#revision(revision) };
      case 2:
        return { ...common, target: 'MOD', modRevision: this.#revision(revision) };
      case 3:
        return { ...common, target: 'VALUE', value: encoder.encode(this.#pick(VALUES)) };
      default:
        return { ...common, target: 'LEASE', lease: this.#pick([0, ...LEASES]) };
    }
  }

  #watch(revision: number): WatchRequest & { readonly startRevision: number } {
    return {
      ...this.#range(),
      startRevision: Math.max(1, Math.min(revision, this.#revision(revision))),
      prevKv: this.#chance(0.5),
      filters: this.#chance(0.2) ? [this.#pick(['NOPUT', 'NODELETE'] as const)] : [],
    };
  }

  /** Mostly lately, sometimes long ago or still to come. */
  #revision(now: number): number {
    return Math.max(0, now + 2 - this.#below(this.#chance(0.7) ? 12 : now + 2));
  }

  #chance(share: number): boolean {
    return this.#random.next() < share;
  }

  #below(limit: number): number {
    return Math.floor(this.#random.next() * limit);
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#below(list.length)] as T;
  }
}

const encoder = new TextEncoder();

/** Asks `etcd`, and gives the answer as plain JSON. */
export async function perform(etcd: Etcd, step: Step): Promise<Answer> {
  try {
    return toAnswer(await ask(etcd, step));
  } catch (error) {
    if (error instanceof EtcdError) return { error: error.message };
    throw error;
  }
}

async function ask(etcd: Etcd, step: Step): Promise<object> {
  if ('put' in step) return etcd.put(step.put);
  if ('deleteRange' in step) return etcd.deleteRange(step.deleteRange);
  if ('txn' in step) return etcd.txn(step.txn);
  if ('range' in step) return etcd.range(step.range);
  if ('compact' in step) return etcd.compact(step.compact);
  if ('leaseGrant' in step) return etcd.leaseGrant(step.leaseGrant);
  if ('leaseRevoke' in step) return etcd.leaseRevoke(step.leaseRevoke);
  if ('leaseTimeToLive' in step) {
    const { keys, grantedTtl } = await etcd.leaseTimeToLive(step.leaseTimeToLive);
    return { keys: keys.toSorted(), grantedTtl };
  }
  if ('hashKv' in step) {
    const { hash, compactRevision, hashRevision } = await etcd.hashKv(step.hashKv);
    return { hash, compactRevision, hashRevision };
  }
  return watchPast(etcd, step.watch);
}

/** All that a watch is told of the past. */
async function watchPast(etcd: Etcd, request: WatchRequest): Promise<object> {
  const responses: WatchResponse[] = [];
  let ended = (): void => {};
  const end = new Promise<void>((resolve) => (ended = resolve));
  const handle = await etcd.watch(request, (response) => {
    responses.push(response);
    if (response.events.length === 0) ended();
  });
  await handle.requestProgress();
  await end;
  await handle.cancel();
  return {
    events: responses.flatMap((response) => response.events),
    compactRevision: responses.at(-1)?.compactRevision,
  };
}

/** Headers are reduced to their revision, values become text. */
function toAnswer(response: object): Answer {
  return JSON.parse(
    JSON.stringify(response, (name, value: unknown) => {
      if (value instanceof Uint8Array) return new TextDecoder().decode(value);
      if (name === 'header') return (value as { readonly revision: number }).revision;
      return value;
    }),
  ) as Answer;
}

/** A step as a line of JSON, values as text. */
export function stepToJson(step: Step): unknown {
  return toAnswer(step);
}

export function stepFromJson(json: unknown): Step {
  return JSON.parse(JSON.stringify(json), (name, value: unknown) =>
    name === 'value' && typeof value === 'string' ? encoder.encode(value) : value,
  ) as Step;
}
