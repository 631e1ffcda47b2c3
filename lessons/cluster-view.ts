import type { ClusterFacade, ClusterState } from '../engine/api/cluster.ts';
import type { Stop } from '../engine/api/lab.ts';
import type { Clock } from '../engine/base/clock.ts';
import { cryptoRandom } from '../engine/base/random.ts';
import { Client } from '../engine/client/client.ts';
import { SharedInformers } from '../engine/client/informer/shared-informers.ts';
import type { ObjectName, Resource, Stored } from '../engine/client/resource.ts';
import type { KubernetesObject } from '../engine/objects/kubernetes-object.ts';
import type { ClusterFacts } from './checks.ts';
import { getRequest, MachineView } from './machine-view.ts';

/** A client of the cluster's API server, past the machines. @param userAgent names it, up to the `/`, in managed fields */
export function clusterClient(
  cluster: ClusterFacade,
  clock: Clock,
  userAgent = 'drydock-lesson/1',
): Client {
  return new Client({ transport: (request) => cluster.api(request), clock, userAgent });
}

/** Milliseconds: who waits for a check is not to wait for what a crowd of clients does to spare an API server that comes back. */
const LONGEST_PAUSE_MS = 1000;

/** A cluster as checks look at it. Kinds of objects that were asked for are watched until it is disposed. */
export class ClusterView implements ClusterFacts {
  readonly #cluster: ClusterFacade;
  readonly #informers: SharedInformers;

  constructor(cluster: ClusterFacade, clock: Clock) {
    this.#cluster = cluster;
    this.#informers = new SharedInformers({
      client: clusterClient(cluster, clock),
      clock,
      random: cryptoRandom,
      longestPause: LONGEST_PAUSE_MS,
      // The API server may be away, which lessons are about; informers go on.
      onError: () => {},
    });
  }

  async objects<T extends KubernetesObject>(
    resource: Resource<T>,
    namespace?: string,
  ): Promise<readonly Stored<T>[]> {
    const informer = this.#informers.of(resource);
    await informer.synced;
    return informer.store.list(namespace);
  }

  async object<T extends KubernetesObject>(
    resource: Resource<T>,
    name: ObjectName,
  ): Promise<Stored<T> | undefined> {
    const informer = this.#informers.of(resource);
    await informer.synced;
    return informer.store.get(name);
  }

  async ask(path: string): Promise<{ readonly status: number; readonly text: string } | undefined> {
    try {
      const { status, body } = await this.#cluster.api(getRequest(`https://kubernetes${path}`));
      return { status, text: await new Response(body as BodyInit | null).text() };
    } catch {
      return undefined;
    }
  }

  node(name: string): MachineView {
    return new MachineView(() => this.#cluster.machine(name));
  }

  state(): ClusterState {
    return this.#cluster.state();
  }

  onObjects(resource: Resource<KubernetesObject>, listener: () => void): Stop {
    const handler = this.#informers
      .of(resource)
      .addHandler({ onAdd: listener, onUpdate: listener, onDelete: listener });
    return () => handler.dispose();
  }

  onNodes(listener: () => void): Stop {
    return this.#cluster.onState(listener);
  }

  dispose(): void {
    this.#informers.dispose();
  }
}
