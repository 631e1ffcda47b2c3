import type {
  Compare,
  DeleteRangeRequest,
  KeyRange,
  PutRequest,
  RangeRequest,
  TxnRequest,
  WatchRequest,
} from '../../api/etcd.ts';
import type { Answer, Step } from './history.ts';

interface Entry {
  readonly key: string;
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  readonly lease: number;
}

interface Change {
  readonly type: 'PUT' | 'DELETE';
  readonly kv: Entry;
}

class Refused extends Error {}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const utf8 = (key: string): string =>
  Array.from(new TextEncoder().encode(key), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** By bytes, the slow and obvious way. */
function inRange({ key, rangeEnd = '' }: KeyRange, candidate: string): boolean {
  if (rangeEnd === '') return candidate === key;
  const from = utf8(candidate) >= utf8(key);
  return rangeEnd === '\0' ? from : from && utf8(candidate) < utf8(rangeEnd);
}

/**
 * etcd as one would explain it: a copy of everything for each revision. No indexes, no log, no
 * sharing; what `MvccStore` and `StateMachine` do cleverly must come to the same.
 */
export class Model {
  /** the keys at each revision; the first is revision 1, without keys */
  readonly #past: Map<string, Entry>[] = [new Map(), new Map()];
  readonly #changes: Change[] = [];
  readonly #leases = new Map<number, number>();
  #compacted = -1;
  /** what a step does before it is a revision */
  #now = new Map<string, Entry>();
  #made: Change[] = [];

  get revision(): number {
    return this.#past.length - 1;
  }

  perform(step: Step): Answer {
    this.#now = new Map(this.#past.at(-1));
    this.#made = [];
    try {
      const answer = this.#run(step);
      if (this.#made.length > 0) {
        this.#past.push(this.#now);
        this.#changes.push(...this.#made);
      }
      return answer;
    } catch (error) {
      if (error instanceof Refused) return { error: error.message };
      throw error;
    }
  }

  get #header(): number {
    return this.revision + (this.#made.length > 0 ? 1 : 0);
  }

  #run(step: Step): Answer {
    if ('put' in step) {
      this.#checkPut(step.put);
      return this.#put(step.put);
    }
    if ('deleteRange' in step) return this.#deleteRange(step.deleteRange);
    if ('range' in step) return this.#range(step.range);
    if ('txn' in step) return this.#txn(step.txn);
    if ('compact' in step) return this.#compact(step.compact.revision);
    if ('leaseGrant' in step) return this.#grant(step.leaseGrant);
    if ('leaseRevoke' in step) return this.#revoke(step.leaseRevoke.id);
    if ('leaseTimeToLive' in step) return this.#timeToLive(step.leaseTimeToLive.id);
    if ('watch' in step) return this.#watch(step.watch);
    throw new Error('The model has no checksums.');
  }

  #checkPut({ key, lease = 0, ignoreValue, ignoreLease }: PutRequest): void {
    if (lease !== 0 && !this.#leases.has(lease))
      throw new Refused('etcdserver: requested lease not found');
    if ((ignoreValue === true || ignoreLease === true) && !this.#now.has(key))
      throw new Refused('etcdserver: key not found');
  }

  #put(request: PutRequest): Answer {
    const { key, value, lease = 0 } = request;
    const before = this.#now.get(key);
    const revision = this.revision + 1;
    const entry: Entry = {
      key,
      value: request.ignoreValue === true ? (before?.value ?? '') : text(value),
      createRevision: before?.createRevision ?? revision,
      modRevision: revision,
      version: (before?.version ?? 0) + 1,
      lease: request.ignoreLease === true ? (before?.lease ?? 0) : lease,
    };
    this.#now.set(key, entry);
    this.#made.push({ type: 'PUT', kv: entry });
    const prevKv = request.prevKv === true && before !== undefined ? { prevKv: before } : {};
    return { header: this.#header, ...prevKv };
  }

  #delete(key: string): void {
    this.#now.delete(key);
    const nothing = { value: '', createRevision: 0, version: 0, lease: 0 };
    const kv = { key, ...nothing, modRevision: this.revision + 1 };
    this.#made.push({ type: 'DELETE', kv });
  }

  #deleteRange(request: DeleteRangeRequest): Answer {
    const found = sorted([...this.#now.values()].filter(({ key }) => inRange(request, key)));
    for (const { key } of found) this.#delete(key);
    return {
      header: this.#header,
      deleted: found.length,
      prevKvs: request.prevKv === true ? found : [],
    };
  }

  #checkRevision(revision: number): void {
    if (revision > this.revision)
      throw new Refused('etcdserver: mvcc: required revision is a future revision');
    if (revision !== 0 && revision < this.#compacted)
      throw new Refused('etcdserver: mvcc: required revision has been compacted');
  }

  #range(request: RangeRequest): Answer {
    const { revision = 0, limit = 0, sortOrder = 'NONE', sortTarget = 'KEY' } = request;
    this.#checkRevision(revision);
    const state = revision === 0 ? this.#now : (this.#past[revision] ?? new Map<string, Entry>());
    const all = sorted([...state.values()].filter(({ key }) => inRange(request, key)));
    let found = all.filter(
      ({ modRevision, createRevision }) =>
        modRevision >= (request.minModRevision ?? 0) &&
        modRevision <= (request.maxModRevision || Number.POSITIVE_INFINITY) &&
        createRevision >= (request.minCreateRevision ?? 0) &&
        createRevision <= (request.maxCreateRevision || Number.POSITIVE_INFINITY),
    );
    const filters = [
      request.minModRevision,
      request.maxModRevision,
      request.minCreateRevision,
      request.maxCreateRevision,
    ];
    let more = false;
    // Without a direction the limit comes before the sorting.
    if (limit > 0 && sortOrder === 'NONE' && !filters.some((filter) => (filter ?? 0) > 0)) {
      more = found.length > limit;
      found = found.slice(0, limit + 1);
    }
    // What is equal stays in the order of keys, also downwards.
    const sign = sortOrder === 'DESCEND' ? -1 : 1;
    if (sortTarget === 'MOD') found.sort((a, b) => sign * (a.modRevision - b.modRevision));
    else if (sortOrder === 'DESCEND') found.reverse();
    if (limit > 0) {
      more ||= found.length > limit;
      found = found.slice(0, limit);
    }
    return {
      header: this.#header,
      kvs: request.countOnly === true ? [] : found,
      more: request.countOnly === true ? false : more,
      count: all.length,
    };
  }

  #holds(compare: Compare): boolean {
    const found = [...this.#now.values()].filter(({ key }) => inRange(compare, key));
    const absent = { value: '', createRevision: 0, modRevision: 0, version: 0, lease: 0 };
    if (found.length === 0 && compare.target === 'VALUE') return false;
    return (found.length === 0 ? [absent] : found).every((entry) => {
      const [have, want] = {
        VERSION: () => [entry.version, 'version' in compare ? compare.version : 0],
        CREATE: () => [
          entry.createRevision,
          'createRevision' in compare ? compare.createRevision : 0,
        ],
        MOD: () => [entry.modRevision, 'modRevision' in compare ? compare.modRevision : 0],
        LEASE: () => [entry.lease, 'lease' in compare ? compare.lease : 0],
        VALUE: () => [utf8(entry.value), utf8('value' in compare ? text(compare.value) : '')],
      }[compare.target]() as [number | string, number | string];
      return {
        EQUAL: have === want,
        NOT_EQUAL: have !== want,
        GREATER: have > want,
        LESS: have < want,
      }[compare.result];
    });
  }

  #txn(request: TxnRequest): Answer {
    for (const branch of [request.success ?? [], request.failure ?? []]) checkOverlaps(branch);
    // All branches are chosen and checked before anything changes.
    const choices = new Map<TxnRequest, boolean>();
    this.#choose(request, choices);
    return this.#execute(request, choices, true);
  }

  #choose(request: TxnRequest, choices: Map<TxnRequest, boolean>): void {
    const succeeded = (request.compare ?? []).every((compare) => this.#holds(compare));
    choices.set(request, succeeded);
    for (const operation of (succeeded ? request.success : request.failure) ?? [])
      if ('requestTxn' in operation) this.#choose(operation.requestTxn, choices);
  }

  #execute(request: TxnRequest, choices: Map<TxnRequest, boolean>, outermost: boolean): Answer {
    const succeeded = choices.get(request) === true;
    if (outermost) this.#check(request, choices);
    const responses = ((succeeded ? request.success : request.failure) ?? []).map((operation) => {
      if ('requestPut' in operation) return { responsePut: this.#put(operation.requestPut) };
      if ('requestDeleteRange' in operation)
        return { responseDeleteRange: this.#deleteRange(operation.requestDeleteRange) };
      if ('requestRange' in operation)
        return { responseRange: this.#range(operation.requestRange) };
      return { responseTxn: this.#execute(operation.requestTxn, choices, false) };
    });
    return { header: outermost ? this.#header : 0, succeeded, responses };
  }

  #check(request: TxnRequest, choices: Map<TxnRequest, boolean>): void {
    const branch = choices.get(request) === true ? request.success : request.failure;
    for (const operation of branch ?? []) {
      if ('requestPut' in operation) this.#checkPut(operation.requestPut);
      else if ('requestRange' in operation)
        this.#checkRevision(operation.requestRange.revision ?? 0);
      else if ('requestTxn' in operation) this.#check(operation.requestTxn, choices);
    }
  }

  #compact(revision: number): Answer {
    if (revision <= this.#compacted)
      throw new Refused('etcdserver: mvcc: required revision has been compacted');
    if (revision > this.revision)
      throw new Refused('etcdserver: mvcc: required revision is a future revision');
    this.#compacted = revision;
    return { header: this.#header };
  }

  #grant({ id, ttl }: { readonly id: number; readonly ttl: number }): Answer {
    if (this.#leases.has(id)) throw new Refused('etcdserver: lease already exists');
    this.#leases.set(id, ttl);
    return { header: this.#header, id, ttl };
  }

  #revoke(id: number): Answer {
    if (!this.#leases.delete(id)) throw new Refused('etcdserver: requested lease not found');
    for (const { key, lease } of sorted([...this.#now.values()]))
      if (lease === id) this.#delete(key);
    return { header: this.#header };
  }

  #timeToLive(id: number): Answer {
    const keys = [...this.#now.values()].filter(({ lease }) => lease === id).map(({ key }) => key);
    return { keys: keys.toSorted(), grantedTtl: this.#leases.get(id) ?? 0 };
  }

  #watch(request: WatchRequest & { readonly startRevision: number }): Answer {
    const { rangeEnd = '', startRevision, filters = [] } = request;
    const empty = rangeEnd !== '' && rangeEnd !== '\0' && utf8(rangeEnd) <= utf8(request.key);
    if (empty) return { events: [], compactRevision: 0 };
    if (startRevision < this.#compacted) return { events: [], compactRevision: this.#compacted };
    // What a compaction replaced is not told any more; a deletion is, at its very revision.
    const kept = this.#changes.filter(({ type, kv }, index) => {
      if (kv.modRevision > this.#compacted) return true;
      const later = this.#changes
        .slice(index + 1)
        .some((other) => other.kv.key === kv.key && other.kv.modRevision <= this.#compacted);
      return !later && (type === 'PUT' || kv.modRevision === this.#compacted);
    });
    const events = kept
      .filter(
        ({ type, kv }) =>
          kv.modRevision >= startRevision &&
          inRange(request, kv.key) &&
          !filters.includes(type === 'PUT' ? 'NOPUT' : 'NODELETE'),
      )
      .map(({ type, kv }) => {
        const before = kv.modRevision - 1;
        const prevKv = before < this.#compacted ? undefined : this.#past[before]?.get(kv.key);
        return request.prevKv === true && prevKv !== undefined
          ? { type, kv, prevKv }
          : { type, kv };
      });
    return { events, compactRevision: 0 };
  }
}

function sorted(entries: Entry[]): Entry[] {
  return entries.sort((a, b) => (utf8(a.key) < utf8(b.key) ? -1 : 1));
}

/** Puts of a branch and, for each nested transaction, of both its branches; deletions likewise. */
function checkOverlaps(operations: NonNullable<TxnRequest['success']>): {
  readonly puts: ReadonlySet<string>;
  readonly deletes: readonly KeyRange[];
} {
  const refuse = (): never => {
    throw new Refused('etcdserver: duplicate key given in txn request');
  };
  const deletes: KeyRange[] = operations.flatMap((operation) =>
    'requestDeleteRange' in operation ? [operation.requestDeleteRange] : [],
  );
  const puts = new Set<string>();
  // A deletion without an end is not looked at.
  const isDeleted = (key: string): boolean =>
    deletes.some((range) => range.rangeEnd !== '\0' && inRange(range, key));
  for (const operation of operations) {
    if (!('requestTxn' in operation)) continue;
    const success = checkOverlaps(operation.requestTxn.success ?? []);
    const failure = checkOverlaps(operation.requestTxn.failure ?? []);
    for (const key of success.puts) {
      if (puts.has(key) || isDeleted(key)) refuse();
      puts.add(key);
    }
    for (const key of failure.puts) {
      if ((puts.has(key) && !success.puts.has(key)) || isDeleted(key)) refuse();
      puts.add(key);
    }
    deletes.push(...success.deletes, ...failure.deletes);
  }
  for (const operation of operations) {
    if (!('requestPut' in operation)) continue;
    const { key } = operation.requestPut;
    if (puts.has(key) || isDeleted(key)) refuse();
    puts.add(key);
  }
  return { puts, deletes };
}
