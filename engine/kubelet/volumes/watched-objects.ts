import { within, type Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import { Emitter } from '../../base/emitter.ts';
import type { Informer } from '../../client/informer/informer.ts';
import type { SharedInformers } from '../../client/informer/shared-informers.ts';
import type { Resource, Stored } from '../../client/resource.ts';
import type { KubernetesObject } from '../../objects/kubernetes-object.ts';
import { notFound } from '../../objects/status/status-error.ts';

/** Milliseconds that a first look waits for the API server. */
const PATIENCE_MS = 1000;

/** A change of an object that a Pod uses. */
export interface ObjectChange {
  readonly podUid: string;
}

interface Watched<T extends KubernetesObject> extends Disposable {
  readonly informer: Informer<T>;
  readonly users: Set<string>;
}

/**
 * The ConfigMaps, or Secrets, that Pods of the node use: each is watched by its name alone, as long as a Pod uses
 * it, so what is mounted is up to date within the time a watch takes (pkg/kubelet/util/manager, watch-based).
 */
export class WatchedObjects<T extends KubernetesObject> {
  readonly #resource: Resource<T>;
  readonly #informers: SharedInformers;
  readonly #clock: Clock;
  readonly #watched = new Map<string, Watched<T>>();
  readonly #changes = new Emitter<ObjectChange>();
  /** Told for each Pod that uses an object which was added, changed or deleted after it was first read. */
  readonly changes = this.#changes.event;

  constructor(
    resource: Resource<T>,
    { informers, clock }: { readonly informers: SharedInformers; readonly clock: Clock },
  ) {
    this.#resource = resource;
    this.#informers = informers;
    this.#clock = clock;
  }

  /**
   * The object as the API server has it, which is watched from now on until the Pod releases it.
   * @throws StatusError of reason NotFound
   * @throws Error when the API server does not answer in time
   */
  async get(namespace: string, name: string, podUid: string): Promise<Stored<T>> {
    const key = `${namespace}/${name}`;
    const watched = this.#watched.get(key) ?? this.#watch(namespace, name);
    watched.users.add(podUid);
    const { informer } = watched;
    const kind = this.#resource.kind.toLowerCase();
    if (!informer.hasSynced)
      await within(this.#clock, PATIENCE_MS, informer.synced).catch(() => {
        throw new Error(`failed to sync ${kind} cache: timed out waiting for the condition`);
      });
    const found = informer.store.getByKey(key);
    if (found === undefined) throw notFound({ group: '', name: kind }, name);
    return found;
  }

  /** The Pod uses none of them any more. */
  release(podUid: string): void {
    for (const [key, { users, dispose }] of this.#watched) {
      if (!users.delete(podUid) || users.size > 0) continue;
      dispose();
      this.#watched.delete(key);
    }
  }

  #watch(namespace: string, name: string): Watched<T> {
    const { informer, dispose } = this.#informers.lease(this.#resource, {
      namespace,
      fieldSelector: `metadata.name=${name}`,
    });
    const users = new Set<string>();
    const tell = (object: Stored<T>): void => {
      if (object.metadata.name === name) for (const podUid of users) this.#changes.fire({ podUid });
    };
    const handler = informer.addHandler({
      onAdd: (object, initial) => {
        if (!initial) tell(object);
      },
      onUpdate: (_old, object) => tell(object),
      onDelete: tell,
    });
    const watched: Watched<T> = {
      informer,
      users,
      dispose: () => {
        handler.dispose();
        dispose();
      },
    };
    this.#watched.set(`${namespace}/${name}`, watched);
    return watched;
  }
}
