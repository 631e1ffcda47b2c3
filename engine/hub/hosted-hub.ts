import type { ByteStream } from '../api/byte-stream.ts';
import type { HubContents, HubService } from '../api/hub.ts';
import { serveHttp } from '../http/index.ts';
import { openHub, type Hub, type HubOptions } from './hub.ts';

/** What the registry needs from the worker it runs in. */
export interface HubHost {
  options(artifacts: string | undefined): Promise<HubOptions>;
}

/** The registry as a worker's service. */
export class HostedHub implements HubService {
  readonly #host: HubHost;
  #hub: Hub | undefined;

  constructor(host: HubHost) {
    this.#host = host;
  }

  async start(artifacts?: string): Promise<void> {
    this.#hub = await openHub(await this.#host.options(artifacts));
  }

  contents(): Promise<HubContents> {
    return this.#started().contents();
  }

  connect(): Promise<ByteStream> {
    const { handle } = this.#started();
    const up = new TransformStream<Uint8Array, Uint8Array>();
    const down = new TransformStream<Uint8Array, Uint8Array>();
    void serveHttp({ readable: up.readable, writable: down.writable }, handle);
    return Promise.resolve({ readable: down.readable, writable: up.writable });
  }

  #started(): Hub {
    if (this.#hub === undefined) throw new Error('The registry has not been started.');
    return this.#hub;
  }
}
