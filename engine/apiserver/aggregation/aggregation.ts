import type { EndpointSlice } from '../../objects/generated/discovery-v1.generated.ts';
import type { HttpResponse } from '../../api/http-message.ts';
import { sleep } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { TakenOver } from '../../http/index.ts';
import { jsonEqual } from '../../objects/json-value.ts';
import type { OpenApi, RemoteDocument } from '../../objects/openapi/open-api.ts';
import { StatusError } from '../../objects/status/status-error.ts';
import type { Loopback } from '../bootstrap/loopback.ts';
import type { RemoteGroup } from '../discovery/discovery.ts';
import { Lister } from '../registry/lister.ts';
import type { ResourceRegistry } from '../registry/resource-registry.ts';
import type { StoredResource } from '../registry/served-resource.ts';
import type { RequestContext } from '../request/request-context.ts';
import { textResponse } from '../request/responses.ts';
import {
  API_SERVICES,
  apiServiceName,
  isAvailable,
  servedBy,
  withAvailability,
  type ApiService,
} from './api-service.ts';
import { Autoregistration } from './autoregistration.ts';
import { checkAvailability } from './availability.ts';
import { fetchDocument, fetchVersion } from './remote-discovery.ts';
import { RemoteServer, type RemoteOptions } from './remote-server.ts';

/** Milliseconds between two looks at servers behind this one, whatever happens meanwhile. */
const LOOK_MS = 30_000;

export interface AggregationOptions extends RemoteOptions {
  readonly registry: ResourceRegistry;
  readonly openApi: OpenApi;
  readonly loopback: Loopback;
  readonly apiServices: StoredResource;
  readonly servicesResource: StoredResource;
  readonly endpointSlices: StoredResource;
  readonly onError: (error: unknown) => void;
}

/** What is known of a server behind this one. */
interface Remote {
  readonly service: ApiService;
  readonly server: RemoteServer;
  /** its part of the aggregated document */
  document: unknown;
  openApi: RemoteDocument | undefined;
}

/**
 * kube-aggregator: group-versions that APIServices give to other servers are served by them, under
 * this server's roof. https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/apiserver-aggregation/
 */
export class Aggregation implements Disposable {
  readonly #options: AggregationOptions;
  readonly #apiServices: Lister;
  readonly #endpointSlices: Lister<EndpointSlice>;
  readonly #registration: Autoregistration;
  /** by name of the APIService */
  readonly #remotes = new Map<string, Remote>();
  readonly #stop = new AbortController();
  readonly #subscriptions: Disposable[] = [];
  #working: Promise<void> | undefined;
  #again = false;

  constructor(options: AggregationOptions) {
    const { registry, loopback, onError } = options;
    this.#options = options;
    this.#apiServices = new Lister(options.apiServices);
    this.#endpointSlices = new Lister(options.endpointSlices);
    this.#registration = new Autoregistration(registry, this.#apiServices, loopback, onError);
  }

  /** Resolves when all that this server serves itself is registered and available. */
  async start(): Promise<void> {
    const { apiServices, servicesResource, endpointSlices } = this.#options;
    await this.#registration.start();
    await apiServices.cache.catchUp(await apiServices.storage.revision());
    await this.#work();
    for (const { cache } of [apiServices, servicesResource, endpointSlices]) {
      let seen = cache.changedAt;
      this.#subscriptions.push(
        cache.onChange(() => {
          if (cache.changedAt === seen) return;
          seen = cache.changedAt;
          if (cache === apiServices.cache || this.#remotes.size > 0) this.#look();
        }),
      );
    }
    void this.#lookRegularly();
  }

  dispose(): void {
    this.#stop.abort(new Error('The server was stopped.'));
    this.#registration.dispose();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  /** Sends a request on whose group-version another server serves; undefined for all others. */
  handle(context: RequestContext): Promise<HttpResponse | TakenOver> | HttpResponse | undefined {
    const [root, group, version] = context.info.path.split('/').filter((part) => part !== '');
    if (root !== 'apis' || group === undefined || version === undefined) return undefined;
    const service = this.#apiServices.get('', apiServiceName(group, version)) as
      | ApiService
      | undefined;
    if (service?.spec.service === undefined) return undefined;
    if (!isAvailable(service)) return textResponse(503, 'service unavailable\n');
    return new RemoteServer(service, this.#options).proxy(context);
  }

  /** Groups with versions that other servers serve, for discovery. */
  get groups(): readonly RemoteGroup[] {
    const services = (this.#apiServices.list() as readonly ApiService[])
      .filter(({ spec }) => spec.service !== undefined)
      .toSorted((a, b) => b.spec.versionPriority - a.spec.versionPriority);
    const groups = new Map<string, { priority: number; versions: RemoteGroup['versions'] }>();
    for (const service of services) {
      const { group, version } = servedBy(service);
      const before = groups.get(group) ?? { priority: 0, versions: [] };
      const known = this.#remotes.get(service.metadata.name ?? '')?.document;
      groups.set(group, {
        priority: Math.max(before.priority, service.spec.groupPriorityMinimum),
        versions: [
          ...before.versions,
          { version, document: known ?? { version, freshness: 'Stale' } },
        ],
      });
    }
    return [...groups].map(([name, rest]) => ({ name, ...rest }));
  }

  async #lookRegularly(): Promise<void> {
    for (;;) {
      try {
        await sleep(this.#options.clock, LOOK_MS, this.#stop.signal);
      } catch {
        return;
      }
      if (this.#remotes.size > 0) this.#look();
    }
  }

  /** Has everything looked at, again if that is being done already. */
  #look(): void {
    if (this.#working !== undefined) {
      this.#again = true;
      return;
    }
    this.#working = this.#work().finally(() => {
      this.#working = undefined;
      if (!this.#again || this.#stop.signal.aborted) return;
      this.#again = false;
      this.#look();
    });
  }

  async #work(): Promise<void> {
    const services = this.#apiServices.list() as readonly ApiService[];
    const gone = new Set(this.#remotes.keys());
    for (const { metadata, spec } of services)
      if (spec.service !== undefined) gone.delete(metadata.name ?? '');
    for (const name of gone) this.#remotes.delete(name);
    await Promise.all(
      services.map(async (service) => {
        try {
          await this.#sync(service);
        } catch (error) {
          // A change by somebody else, or a deletion, brings us here again.
          if (error instanceof StatusError && ['Conflict', 'NotFound'].includes(error.reason))
            return;
          this.#options.onError(error);
        }
      }),
    );
    const documents = [...this.#remotes.values()].flatMap(({ openApi }) => openApi ?? []);
    this.#options.openApi.setRemoteDocuments(documents);
  }

  async #sync(service: ApiService): Promise<void> {
    const { services, clock } = this.#options;
    const { name = '' } = service.metadata;
    const isRemote = service.spec.service !== undefined;
    if (!isRemote && isAvailable(service)) return;
    const server = new RemoteServer(service, this.#options);
    const availability = await checkAvailability(service, server, services, this.#endpointSlices);
    if (this.#stop.signal.aborted) return;
    if (isRemote) {
      const before = this.#remotes.get(name);
      const remote: Remote = {
        openApi: undefined,
        document: undefined,
        ...before,
        service,
        server,
      };
      this.#remotes.set(name, remote);
      if (availability.status === 'True' || remote.document === undefined)
        remote.document = await fetchVersion(service, server);
      if (availability.status === 'True') remote.openApi = await fetchDocument(service, server);
    }
    const next = withAvailability(service, availability, clock.now());
    if (jsonEqual(next.status, service.status)) return;
    await this.#options.loopback.request('PUT', `${API_SERVICES}/${name}/status`, next);
  }
}
