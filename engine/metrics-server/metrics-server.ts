import type { UserInfo } from '../api/user-info.ts';
import { sleep, type Clock } from '../base/clock.ts';
import type { Client } from '../client/client.ts';
import { resources } from '../client/resources.ts';
import type { HttpRequest, HttpResponse } from '../http/index.ts';
import { MetricsApi } from './metrics-api.ts';
import { readResourceMetrics, type NodeReading } from './reading.ts';
import { UsageStore } from './usage-store.ts';

export interface MetricsServerOptions {
  readonly client: Client;
  /** milliseconds between two looks at the nodes */
  readonly resolution: number;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** The server that answers `kubectl top` and the autoscaler: it looks at what kubelets measure, every few seconds. */
export class MetricsServer {
  readonly #options: MetricsServerOptions;
  readonly #store: UsageStore;
  readonly #api: MetricsApi;

  constructor(options: MetricsServerOptions) {
    const { client, clock, resolution } = options;
    this.#options = options;
    this.#store = new UsageStore(resolution);
    this.#api = new MetricsApi({ client, store: this.#store, clock });
  }

  /** Looks, until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, resolution, onError } = this.#options;
    while (!signal.aborted) {
      await this.#look(signal).catch(onError);
      await sleep(clock, resolution, signal).catch(() => {});
    }
  }

  /** Answers the API server, the only one that has a way here. */
  readonly handle = (request: HttpRequest): Promise<HttpResponse> =>
    this.#api.handle(request, userOf(request.headers));

  /** At all nodes at once. A kubelet that does not answer is told of, and does not hold up the others. */
  async #look(signal: AbortSignal): Promise<void> {
    const { client, onError } = this.#options;
    const { items } = await client.list(resources.nodes, { signal });
    const readings = new Map<string, NodeReading>();
    await Promise.all(
      items.map(async ({ metadata: { name } }) => {
        try {
          const path = `/api/v1/nodes/${name}/proxy/metrics/resource`;
          readings.set(name, readResourceMetrics(await client.getText(path, { signal })));
        } catch (error) {
          if (!signal.aborted)
            onError(new Error(`Failed to scrape node ${name}`, { cause: error }));
        }
      }),
    );
    this.#store.store(readings);
  }
}

/** Whom the front proxy speaks for. */
function userOf(headers: Headers): UserInfo | undefined {
  const username = headers.get('x-remote-user');
  if (username === null) return undefined;
  const groups = headers.get('x-remote-group')?.split(', ') ?? [];
  return { username, groups };
}
