import { sleep, type Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { Client } from '../../client/client.ts';
import { discover, type DiscoveredResource, type Discovery } from '../../client/discovery.ts';
import type { InformerHandler } from '../../client/informer/informer.ts';
import type { ObjectStore } from '../../client/informer/object-store.ts';
import type { InformerLease, SharedInformers } from '../../client/informer/shared-informers.ts';
import { resourcePath, type Resource } from '../../client/resource.ts';
import { formatApiVersion, type KubernetesObject } from '../../objects/kubernetes-object.ts';

/** Milliseconds between looks at what there is to watch, and that informers have to fill at first. */
const PERIOD_MS = 30_000;

export interface ResourceMonitorsOptions {
  readonly client: Client;
  readonly informers: SharedInformers;
  readonly clock: Clock;
  /** How a resource is watched: whole, or its metadata alone; undefined for one that is not. */
  readonly watchAs: (resource: DiscoveredResource) => Resource<KubernetesObject> | undefined;
  /** told of all objects of a resource */
  readonly handlerOf: (resource: DiscoveredResource) => InformerHandler<KubernetesObject>;
  readonly onError: (error: unknown) => void;
}

interface Watched extends InformerLease<KubernetesObject> {
  readonly handler: Disposable;
}

/**
 * Watches all resources that the API server serves, those of definitions too, which come and go: what
 * there is gets asked for every 30 s, as upstream does.
 */
export class ResourceMonitors {
  readonly #options: ResourceMonitorsOptions;
  readonly #leases = new Map<string, Watched>();
  readonly #byKind = new Map<string, DiscoveredResource>();
  #resources: readonly DiscoveredResource[] = [];

  constructor(options: ResourceMonitorsOptions) {
    this.#options = options;
  }

  /** The resource of a kind in any version that is served. */
  resourceOf(apiVersion: string, kind: string): DiscoveredResource | undefined {
    return this.#byKind.get(`${apiVersion} ${kind}`);
  }

  /** Its objects, when it is watched and they are all known. */
  storeOf(resource: Resource<KubernetesObject>): ObjectStore<KubernetesObject> | undefined {
    const informer = this.#leases.get(resourcePath(resource))?.informer;
    return informer?.hasSynced === true ? informer.store : undefined;
  }

  /** Watches what there is until the signal. @param started called when all of it is known, or after 30 s */
  async run(signal: AbortSignal, started: () => void): Promise<void> {
    const { clock, onError } = this.#options;
    const wait = (): Promise<void> => sleep(clock, PERIOD_MS, signal).catch(() => {});
    for (let first = true; !signal.aborted; first = false) {
      await this.#look().catch(onError);
      if (first) void Promise.race([this.#synced(), wait()]).then(started);
      await wait();
    }
    for (const path of this.#leases.keys()) this.#forget(path);
  }

  async #synced(): Promise<void> {
    await Promise.all([...this.#leases.values()].map(({ informer }) => informer.synced));
  }

  async #look(): Promise<void> {
    const { client, watchAs } = this.#options;
    const discovery = await discover(client);
    // Nothing at all is a server that has only just started.
    if (discovery.resources.length === 0) return;
    this.#resources = [...discovery.resources, ...this.#stillThere(discovery)];
    this.#byKind.clear();
    for (const resource of this.#resources)
      this.#byKind.set(`${formatApiVersion(resource)} ${resource.kind}`, resource);
    const gone = new Set(this.#leases.keys());
    for (const resource of this.#resources) {
      const path = resourcePath(resource);
      const watched = resource.preferred ? watchAs(resource) : undefined;
      if (watched === undefined) continue;
      if (!gone.delete(path)) this.#watch(path, resource, watched);
    }
    for (const path of gone) this.#forget(path);
  }

  /** What another server has that cannot be asked now is not taken to be gone. */
  #stillThere({ failed }: Discovery): readonly DiscoveredResource[] {
    return this.#resources.filter((resource) => failed.includes(formatApiVersion(resource)));
  }

  #watch(path: string, resource: DiscoveredResource, watched: Resource<KubernetesObject>): void {
    const { informers, handlerOf } = this.#options;
    const lease = informers.lease(watched);
    const handler = lease.informer.addHandler(handlerOf(resource));
    this.#leases.set(path, { ...lease, handler });
  }

  #forget(path: string): void {
    const watched = this.#leases.get(path);
    watched?.handler.dispose();
    watched?.dispose();
    this.#leases.delete(path);
  }
}
