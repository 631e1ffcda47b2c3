import type { EtcdHost } from '../../api/etcd.ts';
import type { ApiServerProcess, Connection } from '../../api/kube-apiserver.ts';
import { handlerOver, type HttpHandler } from '../../http/index.ts';
import { Observable } from '../observable.ts';

/** Where the API server is, as those see it who cannot reach it. */
const ADDRESS = '10.0.0.11:6443';

/**
 * How the processes of a control plane find each other: each may end and begin at any time, as its container
 * does, and the others are told.
 */
export class ControlPlaneLinks {
  /** whether an API server serves */
  readonly served = new Observable(false);
  /** IP address and port of the API server, for the words of those who cannot reach it */
  address = ADDRESS;
  /** What is made before anybody else is served for the first time. Without it, nobody would have the rights they need. */
  prepare: (handler: (connection: Connection) => HttpHandler) => Promise<void> = () =>
    Promise.resolve();
  #isPrepared = false;
  #etcd: EtcdHost | undefined;
  #apiServer: ApiServerProcess | undefined;
  #serving: ApiServerProcess | undefined;

  async etcdServes(etcd: EtcdHost): Promise<void> {
    this.#etcd = etcd;
    await this.#apiServer?.connectEtcd(await etcd.connect());
  }

  etcdEnded(etcd: EtcdHost): void {
    if (this.#etcd !== etcd) return;
    this.#etcd = undefined;
    // One that has ended need not be told.
    this.#apiServer?.loseEtcd().catch(() => {});
  }

  /** It waits for an etcd. */
  async apiServerBegins(apiServer: ApiServerProcess): Promise<void> {
    this.#apiServer = apiServer;
    if (this.#etcd !== undefined) await apiServer.connectEtcd(await this.#etcd.connect());
  }

  async apiServerServes(apiServer: ApiServerProcess): Promise<void> {
    if (!this.#isPrepared) await this.prepare((connection) => requests(apiServer, connection));
    this.#isPrepared = true;
    if (this.#apiServer !== apiServer) return;
    this.#serving = apiServer;
    this.served.set(true);
  }

  apiServerEnded(apiServer: ApiServerProcess): void {
    if (this.#apiServer !== apiServer) return;
    this.#apiServer = undefined;
    if (this.#serving === undefined) return;
    this.#serving = undefined;
    this.served.set(false);
  }

  /** Requests over such a connection. They are refused while no API server serves. */
  handler(connection: Connection): HttpHandler {
    return (request) => {
      const serving = this.#serving;
      if (serving === undefined)
        return Promise.reject(new Error(`dial tcp ${this.address}: connect: connection refused`));
      return requests(serving, connection)(request);
    };
  }
}

function requests(apiServer: ApiServerProcess, connection: Connection): HttpHandler {
  return handlerOver({ request: (sent) => apiServer.request(connection, sent) });
}
