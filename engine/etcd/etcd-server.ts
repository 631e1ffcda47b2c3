import {
  EtcdError,
  type ClosableEtcd,
  type CompactionRequest,
  type DeleteRangeRequest,
  type DeleteRangeResponse,
  type HashKvResponse,
  type LeaseGrantRequest,
  type LeaseGrantResponse,
  type LeaseKeepAliveResponse,
  type LeaseTimeToLiveResponse,
  type PutRequest,
  type PutResponse,
  type RangeRequest,
  type RangeResponse,
  type ResponseHeader,
  type StatusResponse,
  type TxnRequest,
  type TxnResponse,
  type WatchHandle,
  type WatchRequest,
  type WatchResponse,
} from '../api/etcd.ts';
import type { Clock } from '../base/clock.ts';
import { toHex } from '../base/hex.ts';
import type { Random } from '../base/random.ts';
import type { Storage } from '../storage/storage.ts';
import { Lessor } from './lessor.ts';
import { CommandLog } from './log/command-log.ts';
import { LOG, SNAPSHOTS } from './log/data-directory.ts';
import { captureSnapshot } from './log/snapshot.ts';
import { checkKey, checkPut, checkTxn, isReadOnly } from './state/check-request.ts';
import type { Command } from './state/command.ts';
import type { Outcome, StateMachine } from './state/state-machine.ts';
import { hashKv } from './store/hash-kv.ts';
import { WatchHub } from './watch/watch-hub.ts';

/** The etcd whose behaviour this follows. */
const VERSION = '3.7.0';
/** Bytes (`--max-request-bytes`) */
const MAX_REQUEST_BYTES = 1.5 * 1024 * 1024;
/** `--max-txn-ops` */
const MAX_TXN_OPS = 128;
/** Bytes (`--quota-backend-bytes`). All of it is in memory here, so a quarter of etcd's 2 GiB. */
const QUOTA_BYTES = 512 * 1024 * 1024;
/** Milliseconds (`--watch-progress-notify-interval`) */
const PROGRESS_INTERVAL_MS = 10 * 60 * 1000;
/** Milliseconds until a lease whose end could not be stored is tried again. */
const EXPIRY_RETRY_SECONDS = 3;

export interface EtcdOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly random: Random;
  /** told of what concerns no caller: a watcher that threw, a snapshot that could not be written */
  readonly onError: (error: unknown) => void;
  /** bytes of all versions kept */
  readonly quotaBytes?: number;
  /** Bytes of log after which a snapshot replaces it, unless the last snapshot was larger. */
  readonly snapshotBytes?: number;
  /** Milliseconds between notifications for watches with `progressNotify`. */
  readonly progressNotifyInterval?: number;
}

/**
 * Takes up what the storage holds, or begins anew in an empty one. The storage belongs to this
 * server until it is closed.
 * @throws EtcdError `CORRUPT`; its message says how to go on
 */
export async function openEtcd(options: EtcdOptions): Promise<EtcdServer> {
  const id = (): string => toHex(options.random.bytes(8));
  const log = await CommandLog.open(options.storage, {
    newIdentity: () => ({ clusterId: id(), memberId: id() }),
    onError: options.onError,
    ...(options.snapshotBytes === undefined ? {} : { snapshotBytes: options.snapshotBytes }),
  });
  return new EtcdServer(options, log);
}

/** One etcd member: owns time, chance and storage around the state machine. */
export class EtcdServer implements ClosableEtcd {
  readonly #options: EtcdOptions;
  readonly #log: CommandLog;
  readonly #hub: WatchHub;
  readonly #lessor: Lessor;

  constructor(options: EtcdOptions, log: CommandLog) {
    const { clock, onError, progressNotifyInterval = PROGRESS_INTERVAL_MS } = options;
    this.#options = options;
    this.#log = log;
    this.#hub = new WatchHub(log.machine, clock, progressNotifyInterval, onError);
    this.#lessor = new Lessor(clock, (lease) => void this.#expire(lease));
    for (const { id, ttl } of log.machine.leases.all) this.#lessor.renew(id, ttl);
    log.onApplied((changes) => this.#hub.publish(changes));
    log.onBatch(() => this.#hub.flush());
    log.onFailed(() => {
      this.#lessor.dispose();
      this.#hub.dispose();
    });
  }

  // Reads see all that was acknowledged when they were asked, since commands are applied before.

  async range(request: RangeRequest): Promise<RangeResponse> {
    checkKey(request);
    return this.#machine.range(request);
  }

  async put(request: PutRequest): Promise<PutResponse> {
    checkPut(request);
    this.#checkQuota();
    return this.#propose<PutResponse>({ kind: 'put', request });
  }

  async deleteRange(request: DeleteRangeRequest): Promise<DeleteRangeResponse> {
    checkKey(request);
    return this.#propose<DeleteRangeResponse>({ kind: 'deleteRange', request });
  }

  async txn(request: TxnRequest): Promise<TxnResponse> {
    checkTxn(request, MAX_TXN_OPS);
    if (isReadOnly(request)) return this.#machine.read(request);
    if (hasPut(request)) this.#checkQuota();
    return this.#propose<TxnResponse>({ kind: 'txn', request });
  }

  // Versions are out of memory at once, so `physical` asks for nothing more.
  async compact({ revision }: CompactionRequest): Promise<{ readonly header: ResponseHeader }> {
    return this.#propose({ kind: 'compact', revision });
  }

  async watch(
    request: WatchRequest,
    onResponse: (response: WatchResponse) => void | Promise<void>,
  ): Promise<WatchHandle> {
    this.#log.checkOpen();
    return this.#hub.watch(request, onResponse);
  }

  async leaseGrant(request: LeaseGrantRequest): Promise<LeaseGrantResponse> {
    this.#checkQuota();
    const { ttl, id = 0 } = request;
    const granted = await this.#propose<LeaseGrantResponse>({
      kind: 'leaseGrant',
      id: id === 0 ? this.#freeLeaseId() : id,
      ttl,
    });
    this.#lessor.renew(granted.id, granted.ttl);
    return granted;
  }

  async leaseRevoke({ id }: { readonly id: number }): Promise<{ readonly header: ResponseHeader }> {
    const response = await this.#propose({ kind: 'leaseRevoke', id });
    this.#lessor.forget(id);
    return response;
  }

  async leaseKeepAlive({ id }: { readonly id: number }): Promise<LeaseKeepAliveResponse> {
    const { leases, header } = this.#machine;
    const ttl = leases.ttl(id);
    // One that has run out is about to be revoked, and cannot come back.
    if (ttl === undefined || this.#lessor.remaining(id) === undefined)
      return { header, id, ttl: 0 };
    this.#lessor.renew(id, ttl);
    return { header, id, ttl };
  }

  async leaseTimeToLive(request: {
    readonly id: number;
    readonly keys?: boolean;
  }): Promise<LeaseTimeToLiveResponse> {
    const { id, keys = false } = request;
    const { leases, header } = this.#machine;
    const grantedTtl = leases.ttl(id);
    if (grantedTtl === undefined) return { header, id, ttl: -1, grantedTtl: 0, keys: [] };
    return {
      header,
      id,
      ttl: this.#lessor.remaining(id) ?? 0,
      grantedTtl,
      keys: keys ? leases.keys(id) : [],
    };
  }

  async leaseLeases(): Promise<{
    readonly header: ResponseHeader;
    readonly leases: readonly number[];
  }> {
    return { header: this.#machine.header, leases: this.#lessor.all };
  }

  async status(): Promise<StatusResponse> {
    const { machine } = this.#log;
    const { storage } = this.#options;
    const files = [...(await storage.list(SNAPSHOTS)), ...(await storage.list(LOG))];
    return {
      header: machine.header,
      version: VERSION,
      dbSize: files.reduce((sum, { size }) => sum + size, 0),
      dbSizeInUse: machine.store.size,
      dbSizeQuota: this.#quota,
      leader: machine.identity.memberId,
      raftIndex: this.#log.lastIndex,
      raftAppliedIndex: machine.appliedIndex,
      raftTerm: machine.term,
      errors: machine.store.size >= this.#quota ? [NO_SPACE_ALARM] : [],
    };
  }

  async defragment(): Promise<{ readonly header: ResponseHeader }> {
    await this.#log.snapshot();
    return { header: this.#machine.header };
  }

  async snapshot(): Promise<ReadableStream<Uint8Array>> {
    const frames = captureSnapshot(this.#machine);
    return new ReadableStream({
      pull(controller) {
        const { value } = frames.next();
        if (value === undefined) controller.close();
        else controller.enqueue(value);
      },
    });
  }

  async hashKv({ revision = 0 }: { readonly revision?: number }): Promise<HashKvResponse> {
    const { header, store } = this.#machine;
    const hashRevision = revision === 0 ? store.revision : revision;
    store.checkRevision(hashRevision);
    return {
      header,
      hash: hashKv(store, hashRevision),
      compactRevision: store.compactRevision,
      hashRevision,
    };
  }

  /** Stops. What was proposed before is finished; watches end. The storage may be opened again then. */
  async close(): Promise<void> {
    this.#lessor.dispose();
    await this.#log.close();
    this.#hub.dispose();
  }

  async #propose<Response extends Outcome>(command: Command): Promise<Response> {
    return (await this.#log.propose(command, MAX_REQUEST_BYTES)) as Response;
  }

  /** @throws EtcdError `STOPPED` */
  get #machine(): StateMachine {
    this.#log.checkOpen();
    return this.#log.machine;
  }

  get #quota(): number {
    return this.#options.quotaBytes ?? QUOTA_BYTES;
  }

  /** @throws EtcdError `NO_SPACE` until compaction, or deletions and then compaction, have made room */
  #checkQuota(): void {
    if (this.#machine.store.size >= this.#quota) throw new EtcdError('NO_SPACE');
  }

  #freeLeaseId(): number {
    for (;;) {
      // The largest safe integer has 53 bits.
      const id = Math.floor(this.#options.random.next() * Number.MAX_SAFE_INTEGER);
      if (id !== 0 && this.#machine.leases.ttl(id) === undefined) return id;
    }
  }

  async #expire(id: number): Promise<void> {
    try {
      await this.#propose({ kind: 'leaseRevoke', id });
    } catch (error) {
      if (error instanceof EtcdError && ['LEASE_NOT_FOUND', 'STOPPED'].includes(error.code)) return;
      this.#options.onError(error);
      this.#lessor.renew(id, EXPIRY_RETRY_SECONDS);
    }
  }
}

/** As `etcdctl alarm list` and `endpoint status` name it. */
const NO_SPACE_ALARM = 'alarm:NOSPACE';

function hasPut({ success = [], failure = [] }: TxnRequest): boolean {
  return [...success, ...failure].some(
    (operation) =>
      'requestPut' in operation || ('requestTxn' in operation && hasPut(operation.requestTxn)),
  );
}
