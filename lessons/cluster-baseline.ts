import type { ClusterFacade } from '../engine/api/cluster.ts';
import { sleep, type Clock } from '../engine/base/clock.ts';
import type { Client } from '../engine/client/client.ts';
import { discover } from '../engine/client/discovery.ts';
import { keyOf } from '../engine/client/informer/object-store.ts';
import type { Resource, Stored } from '../engine/client/resource.ts';
import { resources } from '../engine/client/resources.ts';
import { reasonOf } from '../engine/client/response-failure.ts';
import { retryOnConflict } from '../engine/client/retry-on-conflict.ts';
import type { KubernetesObject } from '../engine/objects/kubernetes-object.ts';
import { clusterClient } from './cluster-view.ts';

type Objects = ReadonlyMap<string, Stored<KubernetesObject>>;

/** What components write all the time, or make by themselves of other objects and of manifests. */
const NOT_KEPT = new Set([
  'pods',
  'events',
  'leases',
  'endpoints',
  'endpointslices',
  'controllerrevisions',
  'componentstatuses',
]);
/** Seconds that Pods get to end: nobody waits for what they would write. */
const GRACE_SECONDS = 1;
/** Milliseconds between looks whether what was deleted is gone. */
const POLL_MS = 200;

/** All objects of a cluster as they were at one moment, to go back to. What other objects own follows those. */
export class ClusterBaseline {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #kept: ReadonlyMap<string, Objects>;

  private constructor(client: Client, clock: Clock, kept: ReadonlyMap<string, Objects>) {
    this.#client = client;
    this.#clock = clock;
    this.#kept = kept;
  }

  static async take(cluster: ClusterFacade, clock: Clock): Promise<ClusterBaseline> {
    const client = clusterClient(cluster, clock);
    const kept = new Map<string, Objects>();
    for (const resource of await resourcesOf(client))
      kept.set(nameOf(resource), await objectsOf(client, resource));
    return new ClusterBaseline(client, clock, kept);
  }

  /** Resolves when what has come since is gone, and what was there is as it was. */
  async restore(): Promise<void> {
    const kinds = await resourcesOf(this.#client);
    for (const resource of kinds) await this.#putBack(resource);
    for (const { metadata } of await this.#pods())
      await orGone(
        this.#client.delete(resources.pods, metadata, { gracePeriodSeconds: GRACE_SECONDS }),
      );
    for (;;) {
      const left = await Promise.all([...kinds.map((each) => this.#extra(each)), this.#pods()]);
      if (left.every(({ length }) => length === 0)) return;
      await sleep(this.#clock, POLL_MS);
    }
  }

  /** Those of lessons: the system's come and go with what owns them. */
  async #pods(): Promise<readonly Stored<KubernetesObject>[]> {
    const { items } = await this.#client.list(resources.pods);
    return items.filter(({ metadata }) => metadata.namespace !== 'kube-system');
  }

  async #putBack(resource: Resource<KubernetesObject>): Promise<void> {
    const client = this.#client;
    for (const { metadata } of await this.#extra(resource))
      await orGone(client.delete(resource, metadata, { propagationPolicy: 'Background' }));
    const now = await objectsOf(client, resource);
    for (const [key, object] of this.#kept.get(nameOf(resource)) ?? []) {
      if (!now.has(key)) await client.create(resource, essence(object));
      else if (!isLike(now.get(key), object))
        await retryOnConflict(async () => {
          const found = await client.get(resource, object.metadata);
          const { metadata, ...rest } = asItWas(object, found);
          const { resourceVersion } = found.metadata;
          await client.update(resource, { ...rest, metadata: { ...metadata, resourceVersion } });
        });
    }
  }

  /** What has come since. What is in a new namespace goes with that. */
  async #extra(resource: Resource<KubernetesObject>): Promise<Stored<KubernetesObject>[]> {
    const kept = this.#kept.get(nameOf(resource));
    const namespaces = this.#kept.get(nameOf(resources.namespaces));
    const now = await objectsOf(this.#client, resource);
    return [...now]
      .filter(([key]) => kept?.has(key) !== true)
      .map(([, object]) => object)
      .filter(({ metadata: { namespace } }) => !namespace || namespaces?.has(namespace) === true);
  }
}

async function resourcesOf(client: Client): Promise<readonly Resource<KubernetesObject>[]> {
  const served = await discover(client);
  return served.resources.filter(
    ({ verbs, preferred, plural }) =>
      preferred &&
      ['list', 'create', 'update', 'delete'].every((verb) => verbs.includes(verb)) &&
      !NOT_KEPT.has(plural),
  );
}

/** Those that nothing owns. None of a kind whose definition is gone. */
async function objectsOf(client: Client, resource: Resource<KubernetesObject>): Promise<Objects> {
  const { items } = await client.list(resource).catch((error: unknown) => {
    if (reasonOf(error) === 'NotFound') return { items: [] };
    throw error;
  });
  const own = items.filter(({ metadata }) => (metadata.ownerReferences ?? []).length === 0);
  return new Map(own.map((object) => [keyOf(object.metadata), object]));
}

/** What somebody wants of an object: without its status, and what the server itself says of it. */
function essence(object: Stored<KubernetesObject>): KubernetesObject {
  const { status: _status, metadata, ...rest } = object as typeof object & { status?: unknown };
  const { name, namespace, labels, annotations, finalizers } = metadata;
  return {
    ...rest,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
    },
  };
}

/** What is given to a Node once: a machine that has come in place of another one has its own. */
const GIVEN_ONCE = ['podCIDR', 'podCIDRs', 'providerID'] as const;

/** What `found` should be, to be again what `object` was. */
function asItWas(
  object: Stored<KubernetesObject>,
  found: Stored<KubernetesObject>,
): KubernetesObject {
  const wanted = essence(object);
  const { spec: before } = object as { readonly spec?: object };
  const { spec = {} } = found as { readonly spec?: Record<string, unknown> };
  const given = GIVEN_ONCE.filter((name) => name in spec).map((name) => [name, spec[name]]);
  const again = { spec: { ...before, ...Object.fromEntries(given) } };
  return given.length === 0 ? wanted : { ...wanted, ...again };
}

function isLike(
  found: Stored<KubernetesObject> | undefined,
  object: Stored<KubernetesObject>,
): boolean {
  return (
    found !== undefined && JSON.stringify(essence(found)) === JSON.stringify(asItWas(object, found))
  );
}

function nameOf({ group, version, plural }: Resource<KubernetesObject>): string {
  return `${group}/${version}/${plural}`;
}

async function orGone(deleting: Promise<void>): Promise<void> {
  try {
    await deleting;
  } catch (error) {
    if (reasonOf(error) !== 'NotFound') throw error;
  }
}
