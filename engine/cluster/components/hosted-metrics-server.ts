import type { HttpService, ServiceRequest, ServiceResponse } from '../../api/http-service.ts';
import type { MetricsServerHost } from '../../api/metrics-server.ts';
import type { Clock } from '../../base/clock.ts';
import { Client } from '../../client/client.ts';
import { handlerOver, httpServiceOf } from '../../http/index.ts';
import { MetricsServer } from '../../metrics-server/metrics-server.ts';
import { connectPort } from '../../rpc/rpc-client.ts';
import type { ComponentLog } from '../component-log.ts';

/** metrics-server, as its worker offers it. */
export class HostedMetricsServer implements MetricsServerHost {
  readonly #clock: Clock;
  readonly #log: ComponentLog;
  readonly #stop = new AbortController();
  #server: MetricsServer | undefined;
  #ended: Promise<void> | undefined;

  constructor(clock: Clock, log: ComponentLog) {
    this.#clock = clock;
    this.#log = log;
  }

  start(api: MessagePort, { resolution }: Parameters<MetricsServerHost['start']>[1]) {
    const clock = this.#clock;
    const client = new Client({
      transport: handlerOver(connectPort<HttpService>(api).service),
      clock,
      userAgent: 'metrics-server/v0.8.0',
    });
    const server = new MetricsServer({ client, clock, resolution, onError: this.#log.error });
    this.#log.info('"Serving securely" address="[::]:4443"');
    this.#server = server;
    this.#ended = server.run(this.#stop.signal);
    return Promise.resolve();
  }

  request(request: ServiceRequest): Promise<ServiceResponse> {
    if (this.#server === undefined) throw new Error('metrics-server was not started.');
    return httpServiceOf(this.#server.handle).request(request);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }
}
