import type { Breakpoint, TrafficBatch, TrafficWatch } from '../../api/api-traffic.ts';
import { EtcdError, type EtcdHost, type RangeRequest, type RangeResponse } from '../../api/etcd.ts';
import type { Stop } from '../../api/lab.ts';
import type { ApiServerProcess, Connection } from '../../api/kube-apiserver.ts';
import { handlerOver, type HttpHandler } from '../../http/index.ts';
import type { Decision, SchedulerHost } from '../../api/scheduler.ts';
import { Emitter } from '../../base/emitter.ts';
import { SwitchedEtcd } from '../etcd/switched-etcd.ts';
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
  /** whether an etcd serves */
  readonly etcdServed = new Observable(false);
  /** the etcd that serves, for clients beside the API server */
  readonly etcd = new SwitchedEtcd();
  /** IP address and port of the API server, for the words of those who cannot reach it */
  address = ADDRESS;
  /** What is made before anybody else is served for the first time. Without it, nobody would have the rights they need. */
  prepare: (handler: (connection: Connection) => HttpHandler) => Promise<void> = () =>
    Promise.resolve();
  #isPrepared = false;
  #etcd: EtcdHost | undefined;
  #apiServer: ApiServerProcess | undefined;
  #scheduler: SchedulerHost | undefined;
  #serving: ApiServerProcess | undefined;
  readonly #traffic = new Emitter<TrafficBatch>();
  /** of the API server, while somebody looks */
  #trafficWatch: Promise<TrafficWatch> | undefined;
  #breakpoints: readonly Breakpoint[] = [];

  async etcdServes(etcd: EtcdHost): Promise<void> {
    this.#etcd = etcd;
    await this.#apiServer?.connectEtcd(await etcd.connect());
    this.etcd.connect(await etcd.connect());
    this.etcdServed.set(true);
  }

  etcdEnded(etcd: EtcdHost): void {
    if (this.#etcd !== etcd) return;
    this.#etcd = undefined;
    this.etcd.lose();
    this.etcdServed.set(false);
    // One that has ended need not be told.
    this.#apiServer?.loseEtcd().catch(() => {});
  }

  /** A read past the API server. @throws EtcdError STOPPED while there is no etcd */
  async readEtcd(request: RangeRequest): Promise<RangeResponse> {
    if (!this.etcdServed.value) throw new EtcdError('STOPPED');
    return this.etcd.range(request);
  }

  schedulerBegins(scheduler: SchedulerHost): void {
    this.#scheduler = scheduler;
  }

  schedulerEnded(scheduler: SchedulerHost): void {
    if (this.#scheduler === scheduler) this.#scheduler = undefined;
  }

  /** The scheduler's latest decision about a Pod; undefined when it has forgotten it, or there is no scheduler. */
  async explain(namespace: string, name: string): Promise<Decision | undefined> {
    return this.#scheduler?.explain(namespace, name);
  }

  /** It waits for an etcd. */
  async apiServerBegins(apiServer: ApiServerProcess): Promise<void> {
    this.#apiServer = apiServer;
    this.#watchTraffic();
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
    this.#trafficWatch = undefined;
    this.#traffic.fire({ entries: [], lost: 0, afresh: true });
    if (this.#serving === undefined) return;
    this.#serving = undefined;
    this.served.set(false);
  }

  /** Calls back with what goes in and out of the API server, whichever it is. */
  onTraffic(listener: (batch: TrafficBatch) => void): Stop {
    const subscription = this.#traffic.event(listener);
    this.#watchTraffic();
    return () => {
      subscription.dispose();
      if (this.#traffic.hasListeners) return;
      this.#breakpoints = [];
      this.#trafficWatch?.then((watch) => watch.stop()).catch(() => {});
      this.#trafficWatch = undefined;
    };
  }

  #watchTraffic(): void {
    const apiServer = this.#apiServer;
    if (!this.#traffic.hasListeners || apiServer === undefined) return;
    const watch = apiServer.watchTraffic((batch) => {
      if (this.#apiServer === apiServer) this.#traffic.fire(batch);
    });
    // Its worker is gone, and with it what was to be seen.
    watch.catch(() => {});
    this.#trafficWatch = watch;
    // Also none: a look that begins before the one before has ended takes its breakpoints over.
    this.setBreakpoints(this.#breakpoints);
  }

  /** Holds requests to the API server, whichever it is, while somebody listens to its traffic. */
  setBreakpoints(breakpoints: readonly Breakpoint[]): void {
    this.#breakpoints = breakpoints;
    this.#trafficWatch?.then((watch) => watch.setBreakpoints(breakpoints)).catch(() => {});
  }

  /** Lets a request go on that is held. */
  release(id: number): void {
    this.#trafficWatch?.then((watch) => watch.release(id)).catch(() => {});
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
