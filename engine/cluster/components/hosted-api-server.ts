import type { TrafficBatch, TrafficWatch } from '../../api/api-traffic.ts';
import type { ServiceRequest, ServiceResponse } from '../../api/http-service.ts';
import type {
  ApiServerConfiguration,
  ApiServerProcess,
  OutboundService,
  Connection,
} from '../../api/kube-apiserver.ts';
import { ApiServer } from '../../apiserver/api-server.ts';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { httpServiceOf } from '../../http/index.ts';
import { connectPort } from '../../rpc/rpc-client.ts';
import type { ComponentLog } from '../component-log.ts';
import { Traffic } from '../../apiserver/traffic/traffic.ts';
import { ObservedEtcd } from '../etcd/observed-etcd.ts';
import { outboundOver } from './outbound-port.ts';

/** kube-apiserver, as its worker offers it. */
export class HostedApiServer implements ApiServerProcess {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: ComponentLog;
  readonly #traffic: Traffic;
  readonly #etcd: ObservedEtcd;
  #server: ApiServer | undefined;

  constructor(clock: Clock, random: Random, log: ComponentLog) {
    this.#clock = clock;
    this.#random = random;
    this.#log = log;
    this.#traffic = new Traffic(clock);
    this.#etcd = new ObservedEtcd(this.#traffic);
  }

  async start(configuration: ApiServerConfiguration, outbound: MessagePort): Promise<void> {
    const server = new ApiServer({
      ...configuration,
      etcd: this.#etcd,
      traffic: this.#traffic,
      outbound: outboundOver(connectPort<OutboundService>(outbound).service),
      clock: this.#clock,
      random: this.#random,
      onError: this.#log.error,
    });
    await server.start();
    this.#server = server;
    this.#log.info(`Serving securely on [::]:${configuration.address.port}`);
  }

  connectEtcd(etcd: MessagePort): Promise<void> {
    this.#etcd.connect(etcd);
    return Promise.resolve();
  }

  loseEtcd(): Promise<void> {
    this.#log.warning('The connection to etcd is lost.');
    this.#etcd.lose();
    return Promise.resolve();
  }

  watchTraffic(onTraffic: (batch: TrafficBatch) => void): Promise<TrafficWatch> {
    const end = this.#traffic.read(onTraffic);
    const traffic = this.#traffic;
    return Promise.resolve({
      setBreakpoints(breakpoints) {
        traffic.setBreakpoints(breakpoints);
        return Promise.resolve();
      },
      release(id) {
        traffic.release(id);
        return Promise.resolve();
      },
      stop() {
        end();
        return Promise.resolve();
      },
    });
  }

  request(connection: Connection, request: ServiceRequest): Promise<ServiceResponse> {
    const server = this.#server;
    if (server === undefined) throw new Error('The API server was not started.');
    return httpServiceOf((received) => server.handle(received, connection)).request(request);
  }

  async stop(): Promise<void> {
    this.#server?.dispose();
    await this.#etcd.close();
  }
}
