import { EtcdError } from '../api/etcd.ts';
import type { ApiServerHost } from '../api/api-server-host.ts';
import type { UserInfo } from '../api/user-info.ts';
import type { Transport } from '../client/transport.ts';
import { handlerOver } from '../http/index.ts';
import { linkBrowserWorker } from '../rpc/browser-worker.ts';
import { registerErrorClass } from '../rpc/error-codec.ts';
import type { WorkerLink } from '../rpc/worker-link.ts';
import { WorkerKeeper } from './worker-keeper.ts';

registerErrorClass('EtcdError', EtcdError);

/** A worker for one API server, which has a further one for its etcd. */
export function spawnBrowserApiServer(): WorkerLink {
  return linkBrowserWorker(
    new Worker(new URL('../workers/apiserver.worker.ts', import.meta.url), { type: 'module' }),
  );
}

/**
 * A control plane without machines, in workers of this page; the origin keeps it. A worker that dies
 * is started anew, with all that was acknowledged. What waited for it fails with an `RpcError`, not
 * knowing whether it was done; watches break off, and can be made again from the last version seen.
 */
export class BrowserControlPlane {
  readonly #worker: WorkerKeeper<ApiServerHost>;

  /** @param name of the cluster, of which the origin can keep several */
  constructor(spawn: () => WorkerLink, name: string) {
    this.#worker = new WorkerKeeper(spawn, (service, again) => service.start(name, again));
  }

  /**
   * The way to the API server as this user. A request starts what does not run; it rejects with what
   * `ApiServerHost.start` throws, and the next one tries again.
   */
  transport(user: UserInfo): Transport {
    return handlerOver({
      request: async (request) => (await this.#worker.running()).service.request(user, request),
    });
  }

  /** Ends it; what was acknowledged is kept. */
  close(): Promise<void> {
    return this.#worker.close((service) => service.stop());
  }
}
