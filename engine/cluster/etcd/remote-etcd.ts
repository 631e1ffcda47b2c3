import {
  EtcdError,
  type CompactionRequest,
  type ClosableEtcd,
  type DeleteRangeRequest,
  type Etcd,
  type LeaseGrantRequest,
  type PutRequest,
  type RangeRequest,
  type TxnRequest,
  type WatchHandle,
  type WatchRequest,
  type WatchResponse,
} from '../../api/etcd.ts';
import { registerErrorClass } from '../../rpc/error-codec.ts';
import { RpcError } from '../../rpc/rpc-error.ts';

registerErrorClass('EtcdError', EtcdError);

type OnResponse = (response: WatchResponse) => void | Promise<void>;

/** One life of an etcd elsewhere. */
export class EtcdLife {
  readonly etcd: ClosableEtcd;
  /** Ends it. */
  readonly end: () => Promise<void>;
  readonly watches = new Set<OnResponse>();

  constructor(etcd: ClosableEtcd, end: () => Promise<void>) {
    this.etcd = etcd;
    this.end = end;
  }

  /** Its watches end with a cancelled response, and can be made again from the last revision seen. */
  over(): void {
    for (const onResponse of this.watches) void onResponse(ended());
    this.watches.clear();
  }
}

/**
 * An etcd that lives elsewhere, and dies there. What waits for an answer then fails with `STOPPED`, not
 * knowing whether it was done.
 */
export abstract class RemoteEtcd implements ClosableEtcd {
  /** The one that lives now. */
  protected abstract running(): Promise<EtcdLife>;
  abstract close(): Promise<void>;

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

  async #call<T>(use: (etcd: Etcd, life: EtcdLife) => Promise<T>): Promise<T> {
    const life = await this.running();
    try {
      return await use(life.etcd, life);
    } catch (error) {
      // It cannot write any more: what is stored has to be read anew.
      if (error instanceof EtcdError && error.code === 'STOPPED') await life.end();
      throw stoppedIfGone(error);
    }
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

export function stoppedIfGone(error: unknown): unknown {
  return error instanceof RpcError ? new EtcdError('STOPPED', undefined, { cause: error }) : error;
}
