import {
  EtcdError,
  type ClosableEtcd,
  type CompactionRequest,
  type DeleteRangeRequest,
  type Etcd,
  type EtcdHost,
  type LeaseGrantRequest,
  type PutRequest,
  type RangeRequest,
  type TxnRequest,
  type WatchHandle,
  type WatchRequest,
  type WatchResponse,
} from '../api/etcd.ts';
import type { Clock } from '../base/clock.ts';
import { registerErrorClass } from '../rpc/error-codec.ts';
import { connectPort, connectWorker, type RpcClient } from '../rpc/rpc-client.ts';
import { RpcError } from '../rpc/rpc-error.ts';
import type { WorkerLink } from '../rpc/worker-link.ts';

registerErrorClass('EtcdError', EtcdError);

/** A worker that keeps dying within this time, this often, is given up. */
const PATIENCE_MS = 60_000;
const MOST_RESTARTS = 5;

type OnResponse = (response: WatchResponse) => void | Promise<void>;

/** One life of the worker. */
interface Life {
  readonly etcd: ClosableEtcd;
  readonly watches: Set<OnResponse>;
  /** Ends the worker. */
  end(): Promise<void>;
}

export interface EtcdKeeperOptions {
  readonly spawn: () => WorkerLink;
  /** of what is kept */
  readonly name: string;
  /** a keeper that was ended had it before */
  readonly again?: boolean;
  readonly clock: Clock;
}

/**
 * An etcd in a worker that is started anew when it dies. What waits for an answer then fails with
 * `STOPPED`, not knowing whether it was done; watches end with a cancelled response, and can be
 * made again from the last revision seen.
 */
export class EtcdKeeper implements ClosableEtcd {
  readonly #options: EtcdKeeperOptions;
  readonly #deaths: number[] = [];
  #life: Promise<Life> | undefined;
  #closed = false;

  constructor(options: EtcdKeeperOptions) {
    this.#options = options;
  }

  /** @throws what `EtcdHost.open` throws; the keeper starts no other worker if the first one does */
  async start(): Promise<void> {
    await this.#running();
  }

  range(request: RangeRequest) {
    return this.#call((etcd) => etcd.range(request));
  }

  put(request: PutRequest) {
    return this.#call((etcd) => etcd.put(request));
  }

  deleteRange(request: DeleteRangeRequest) {
    return this.#call((etcd) => etcd.deleteRange(request));
  }

  txn(request: TxnRequest) {
    return this.#call((etcd) => etcd.txn(request));
  }

  compact(request: CompactionRequest) {
    return this.#call((etcd) => etcd.compact(request));
  }

  leaseGrant(request: LeaseGrantRequest) {
    return this.#call((etcd) => etcd.leaseGrant(request));
  }

  leaseRevoke(request: { readonly id: number }) {
    return this.#call((etcd) => etcd.leaseRevoke(request));
  }

  leaseKeepAlive(request: { readonly id: number }) {
    return this.#call((etcd) => etcd.leaseKeepAlive(request));
  }

  leaseTimeToLive(request: { readonly id: number; readonly keys?: boolean }) {
    return this.#call((etcd) => etcd.leaseTimeToLive(request));
  }

  leaseLeases() {
    return this.#call((etcd) => etcd.leaseLeases());
  }

  status() {
    return this.#call((etcd) => etcd.status());
  }

  defragment() {
    return this.#call((etcd) => etcd.defragment());
  }

  snapshot() {
    return this.#call((etcd) => etcd.snapshot());
  }

  hashKv(request: { readonly revision?: number }) {
    return this.#call((etcd) => etcd.hashKv(request));
  }

  async watch(request: WatchRequest, onResponse: OnResponse): Promise<WatchHandle> {
    return this.#call(async (etcd, { watches }) => {
      const listener: OnResponse = (response) => {
        if (!watches.has(listener)) return;
        if (response.canceled) watches.delete(listener);
        return onResponse(response);
      };
      watches.add(listener);
      try {
        const handle = await etcd.watch(request, listener);
        return {
          header: handle.header,
          async cancel() {
            if (watches.delete(listener)) await handle.cancel();
          },
          async requestProgress() {
            if (watches.has(listener)) await handle.requestProgress();
          },
        };
      } catch (error) {
        watches.delete(listener);
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const life = await this.#life?.catch(() => undefined);
    await life?.etcd.close().catch(() => {});
    await life?.end();
  }

  async #call<T>(use: (etcd: Etcd, life: Life) => Promise<T>): Promise<T> {
    const life = await this.#running();
    try {
      return await use(life.etcd, life);
    } catch (error) {
      // It cannot write any more: what is stored has to be read anew.
      if (error instanceof EtcdError && error.code === 'STOPPED') await life.end();
      throw stoppedIfGone(error);
    }
  }

  #running(): Promise<Life> {
    if (this.#closed) return Promise.reject(new EtcdError('STOPPED'));
    this.#life ??= this.#begin();
    return this.#life;
  }

  async #begin(): Promise<Life> {
    const watches = new Set<OnResponse>();
    let disconnect = (): void => {};
    const again = this.#options.again === true || this.#deaths.length > 0;
    let refused = false;
    let client: RpcClient<EtcdHost> | undefined;
    try {
      client = await connectWorker<EtcdHost>(this.#options.spawn());
      client.onDeath((error) => {
        disconnect();
        if (!refused) this.#died(error, watches);
      });
      const port = await client.service.open(this.#options.name, again);
      const connection = connectPort<ClosableEtcd>(port);
      disconnect = () => connection.dispose();
      const { dispose } = client;
      return { etcd: connection.service, watches, end: () => dispose() };
    } catch (error) {
      // A first worker that says why it cannot serve would say so again.
      refused = !again && !(error instanceof RpcError);
      await client?.dispose();
      throw stoppedIfGone(error);
    }
  }

  #died(error: Error, watches: Set<OnResponse>): void {
    if (this.#closed) return;
    const now = this.#options.clock.monotonic();
    this.#deaths.push(now);
    const recent = this.#deaths.filter((time) => now - time < PATIENCE_MS);
    if (recent.length <= MOST_RESTARTS) {
      this.#life = this.#begin();
      // Whoever calls next is told.
      this.#life.catch(() => {});
    } else {
      this.#life = Promise.reject(stoppedIfGone(error));
      this.#life.catch(() => {});
    }
    for (const onResponse of watches) void onResponse(ended());
    watches.clear();
  }
}

/** What a watch is told when its etcd is gone. */
function ended(): WatchResponse {
  return {
    header: { clusterId: '', memberId: '', revision: 0, raftTerm: 0 },
    events: [],
    canceled: true,
    cancelReason: new EtcdError('STOPPED').message,
    compactRevision: 0,
  };
}

function stoppedIfGone(error: unknown): unknown {
  return error instanceof RpcError ? new EtcdError('STOPPED', undefined, { cause: error }) : error;
}
