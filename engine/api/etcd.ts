/**
 * etcd's v3 API as TypeScript: the RPCs of `etcdserverpb/rpc.proto` (etcd 3.5 and newer) with
 * its names in camel case. In process and across workers it is the same interface.
 *
 * Keys are well-formed strings, ordered by their UTF-8 bytes. Revisions, versions and lease ids
 * are safe integers; cluster and member ids are 16 hexadecimal digits, as etcdctl prints them.
 * Values handed over, either way, belong to both sides from then on: nobody may change their bytes.
 */

/** A half-open interval of keys. */
export interface KeyRange {
  readonly key: string;
  /** Absent or '': `key` alone. '\0': everything from `key` on. Else up to but without it. `prefixEnd` makes one. */
  readonly rangeEnd?: string;
}

export interface ResponseHeader {
  readonly clusterId: string;
  readonly memberId: string;
  /** of the store when the request was applied; in a watch, all up to it has been sent with this response */
  readonly revision: number;
  readonly raftTerm: number;
}

/** One version of one key. In process, the same version is always the same object, so caches may be keyed by it. */
export interface KeyValue {
  readonly key: string;
  /** empty in the event of a deletion and where `keysOnly` was asked */
  readonly value: Uint8Array;
  readonly createRevision: number;
  readonly modRevision: number;
  /** 1 after creation, one more with each change; 0 in the event of a deletion */
  readonly version: number;
  /** id of the lease the key goes with; 0 for none */
  readonly lease: number;
}

export interface RangeRequest extends KeyRange {
  /** most keys returned; 0 or absent for all */
  readonly limit?: number;
  /** the past to look at; 0 or absent for now. Fails with `COMPACTED` or `FUTURE_REVISION`. */
  readonly revision?: number;
  readonly sortOrder?: 'NONE' | 'ASCEND' | 'DESCEND';
  readonly sortTarget?: 'KEY' | 'VERSION' | 'CREATE' | 'MOD' | 'VALUE';
  /** answer from this member without asking the others */
  readonly serializable?: boolean;
  readonly keysOnly?: boolean;
  readonly countOnly?: boolean;
  readonly minModRevision?: number;
  readonly maxModRevision?: number;
  readonly minCreateRevision?: number;
  readonly maxCreateRevision?: number;
}

export interface RangeResponse {
  readonly header: ResponseHeader;
  readonly kvs: readonly KeyValue[];
  /** the limit cut the answer short */
  readonly more: boolean;
  /** keys in the range, whatever limit and filters are */
  readonly count: number;
}

export interface PutRequest {
  readonly key: string;
  readonly value: Uint8Array;
  readonly lease?: number;
  /** return the version that was replaced */
  readonly prevKv?: boolean;
  /** keep the value the key has, and change only the lease; `value` must be empty */
  readonly ignoreValue?: boolean;
  /** keep the lease the key has; `lease` must be 0 */
  readonly ignoreLease?: boolean;
}

export interface PutResponse {
  readonly header: ResponseHeader;
  readonly prevKv?: KeyValue;
}

export interface DeleteRangeRequest extends KeyRange {
  /** return what was deleted */
  readonly prevKv?: boolean;
}

export interface DeleteRangeResponse {
  readonly header: ResponseHeader;
  /** number of keys */
  readonly deleted: number;
  /** empty unless asked for */
  readonly prevKvs: readonly KeyValue[];
}

/** A condition on one key (as if it had version 0 when absent) or on every key of a range. */
export type Compare = KeyRange & { readonly result: 'EQUAL' | 'GREATER' | 'LESS' | 'NOT_EQUAL' } & (
    | { readonly target: 'VERSION'; readonly version: number }
    | { readonly target: 'CREATE'; readonly createRevision: number }
    | { readonly target: 'MOD'; readonly modRevision: number }
    | { readonly target: 'VALUE'; readonly value: Uint8Array }
    | { readonly target: 'LEASE'; readonly lease: number }
  );

export type RequestOp =
  | { readonly requestRange: RangeRequest }
  | { readonly requestPut: PutRequest }
  | { readonly requestDeleteRange: DeleteRangeRequest }
  | { readonly requestTxn: TxnRequest };

export type ResponseOp =
  | { readonly responseRange: RangeResponse }
  | { readonly responsePut: PutResponse }
  | { readonly responseDeleteRange: DeleteRangeResponse }
  | { readonly responseTxn: TxnResponse };

/** All compares hold: `success`, else `failure`, in one revision. */
export interface TxnRequest {
  readonly compare?: readonly Compare[];
  readonly success?: readonly RequestOp[];
  readonly failure?: readonly RequestOp[];
}

export interface TxnResponse {
  readonly header: ResponseHeader;
  readonly succeeded: boolean;
  /** one for each operation, in order */
  readonly responses: readonly ResponseOp[];
}

export interface CompactionRequest {
  readonly revision: number;
  /** answer only when what was compacted is out of memory */
  readonly physical?: boolean;
}

export interface WatchRequest extends KeyRange {
  /** first revision wanted; 0 or absent: what comes after now */
  readonly startRevision?: number;
  /** a response without events from time to time, when there are none */
  readonly progressNotify?: boolean;
  readonly filters?: readonly ('NOPUT' | 'NODELETE')[];
  /** events carry the version before, unless it was compacted */
  readonly prevKv?: boolean;
}

export interface WatchEvent {
  readonly type: 'PUT' | 'DELETE';
  readonly kv: KeyValue;
  readonly prevKv?: KeyValue;
}

export interface WatchResponse {
  readonly header: ResponseHeader;
  /** In order of revision; all of one revision are in one response. Empty: progress, or the end. */
  readonly events: readonly WatchEvent[];
  /** the last response of this watch */
  readonly canceled: boolean;
  readonly cancelReason: string;
  /** not 0: the watch ended because everything before this revision is gone */
  readonly compactRevision: number;
}

export interface WatchHandle {
  /** of the store when the watch was made: with no `startRevision`, events come from the next one on */
  readonly header: ResponseHeader;
  /** Ends the watch. No response follows. */
  cancel(): Promise<void>;
  /** Asks for a response without events as soon as everything up to its revision was sent. */
  requestProgress(): Promise<void>;
}

export interface LeaseGrantRequest {
  /** seconds */
  readonly ttl: number;
  /** chosen by the server when 0 or absent */
  readonly id?: number;
}

export interface LeaseGrantResponse {
  readonly header: ResponseHeader;
  readonly id: number;
  /** seconds granted */
  readonly ttl: number;
}

export interface LeaseKeepAliveResponse {
  readonly header: ResponseHeader;
  readonly id: number;
  /** seconds from now; 0 when there is no such lease */
  readonly ttl: number;
}

export interface LeaseTimeToLiveResponse {
  readonly header: ResponseHeader;
  readonly id: number;
  /** seconds left; -1 when there is no such lease */
  readonly ttl: number;
  readonly grantedTtl: number;
  /** empty unless asked for */
  readonly keys: readonly string[];
}

export interface StatusResponse {
  readonly header: ResponseHeader;
  /** of etcd, whose behaviour this follows */
  readonly version: string;
  /** bytes in storage */
  readonly dbSize: number;
  /** bytes of all versions kept */
  readonly dbSizeInUse: number;
  /** most bytes `dbSizeInUse` may reach */
  readonly dbSizeQuota: number;
  /** member id */
  readonly leader: string;
  readonly raftIndex: number;
  readonly raftAppliedIndex: number;
  readonly raftTerm: number;
  readonly errors: readonly string[];
}

export interface HashKvResponse {
  readonly header: ResponseHeader;
  /** of every version kept up to `hashRevision`; members that agree have the same */
  readonly hash: number;
  readonly compactRevision: number;
  readonly hashRevision: number;
}

/**
 * Every write is durable when its promise resolves. Every failure is an `EtcdError`. A watch's
 * `onResponse` may return a promise: the next response waits for it and brings all that happened meanwhile.
 */
export interface Etcd {
  range(request: RangeRequest): Promise<RangeResponse>;
  put(request: PutRequest): Promise<PutResponse>;
  deleteRange(request: DeleteRangeRequest): Promise<DeleteRangeResponse>;
  txn(request: TxnRequest): Promise<TxnResponse>;
  /** Forgets versions that were replaced or deleted at or before the revision. */
  compact(request: CompactionRequest): Promise<{ readonly header: ResponseHeader }>;
  /** A start below the compacted revision is told by a response, not by a rejection. */
  watch(
    request: WatchRequest,
    onResponse: (response: WatchResponse) => void | Promise<void>,
  ): Promise<WatchHandle>;
  leaseGrant(request: LeaseGrantRequest): Promise<LeaseGrantResponse>;
  /** Ends the lease and deletes its keys. */
  leaseRevoke(request: { readonly id: number }): Promise<{ readonly header: ResponseHeader }>;
  leaseKeepAlive(request: { readonly id: number }): Promise<LeaseKeepAliveResponse>;
  leaseTimeToLive(request: {
    readonly id: number;
    readonly keys?: boolean;
  }): Promise<LeaseTimeToLiveResponse>;
  leaseLeases(): Promise<{ readonly header: ResponseHeader; readonly leases: readonly number[] }>;
  status(): Promise<StatusResponse>;
  /** Rewrites the storage without what is no longer needed. */
  defragment(): Promise<{ readonly header: ResponseHeader }>;
  /** A copy of everything, to be restored into an empty storage. */
  snapshot(): Promise<ReadableStream<Uint8Array>>;
  /** @param request.revision 0 or absent for now */
  hashKv(request: { readonly revision?: number }): Promise<HashKvResponse>;
}

/** An etcd that can be stopped. */
export interface ClosableEtcd extends Etcd {
  /** Finishes what was proposed, ends watches, lets go of the storage. */
  close(): Promise<void>;
}

/** What a worker offers that can hold an etcd. */
export interface EtcdHost {
  /**
   * Takes up what is kept under `name`, or begins anew. The port leads to a `ClosableEtcd`.
   * @param again a worker that was ended had it before
   * @throws EtcdError `CORRUPT`; its message says how to go on
   */
  open(name: string, again: boolean): Promise<MessagePort>;
  /** Takes up what a `StorageService` keeps, to which `storage` leads, or begins anew. Errors as `open`. */
  serve(storage: MessagePort): Promise<void>;
  /** Another way to the etcd that `serve` took up: leads to a `ClosableEtcd`. */
  connect(): Promise<MessagePort>;
}

/** What etcd says for each failure (`api/v3rpc/rpctypes/error.go`). */
const messages = {
  EMPTY_KEY: 'etcdserver: key is not provided',
  KEY_NOT_FOUND: 'etcdserver: key not found',
  VALUE_PROVIDED: 'etcdserver: value is provided',
  LEASE_PROVIDED: 'etcdserver: lease is provided',
  TOO_MANY_OPS: 'etcdserver: too many operations in txn request',
  DUPLICATE_KEY: 'etcdserver: duplicate key given in txn request',
  INVALID_SORT_OPTION: 'etcdserver: invalid sort option',
  REQUEST_TOO_LARGE: 'etcdserver: request is too large',
  TOO_MANY_REQUESTS: 'etcdserver: too many requests',
  COMPACTED: 'etcdserver: mvcc: required revision has been compacted',
  FUTURE_REVISION: 'etcdserver: mvcc: required revision is a future revision',
  NO_SPACE: 'etcdserver: mvcc: database space exceeded',
  LEASE_NOT_FOUND: 'etcdserver: requested lease not found',
  LEASE_EXISTS: 'etcdserver: lease already exists',
  LEASE_TTL_TOO_LARGE: 'etcdserver: too large lease TTL',
  STOPPED: 'etcdserver: server stopped',
  CORRUPT: 'etcdserver: corrupt cluster',
} as const;

export type EtcdErrorCode = keyof typeof messages;

export class EtcdError extends Error {
  readonly code: EtcdErrorCode;

  /** @param message etcd's own when absent */
  constructor(code: EtcdErrorCode, message: string = messages[code], options?: ErrorOptions) {
    super(message, options);
    this.name = 'EtcdError';
    this.code = code;
  }
}

/** The `rangeEnd` that makes `key` a prefix (clientv3 `GetPrefixRangeEnd`, for well-formed strings). */
export function prefixEnd(prefix: string): string {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last === 0x10ffff) continue;
    // Between U+D7FF and U+E000 are surrogates, which are no characters.
    return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
  }
  return '\0';
}
