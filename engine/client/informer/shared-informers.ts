import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { Random } from '../../base/random.ts';
import type { KubernetesObject } from '../../objects/kubernetes-object.ts';
import type { Client, ListOptions } from '../client.ts';
import { resourcePath, type Resource, type Stored } from '../resource.ts';
import { Informer } from './informer.ts';
import { Reflector } from './reflector.ts';

export interface SharedInformersOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  /** milliseconds to wait after a failure at most, before chance doubles it; client-go's half a minute when absent */
  readonly longestPause?: number;
  /** told of failures of lists and watches of a resource, and of what handlers throw; all go on */
  readonly onError: (error: unknown, resource?: Resource<KubernetesObject>) => void;
  /** told when the server has answered a list, or accepted a watch */
  readonly onReached?: (resource: Resource<KubernetesObject>) => void;
}

export interface InformerScope extends Pick<
  ListOptions,
  'namespace' | 'labelSelector' | 'fieldSelector'
> {}

/** An informer that ends with those who use it. */
export interface InformerLease<T extends KubernetesObject> extends Disposable {
  readonly informer: Informer<T>;
}

interface Running {
  readonly name: string;
  readonly informer: Informer<KubernetesObject>;
  /** one each: a signal with many listeners looks like a leak */
  readonly stop: AbortController;
  /** runs as long as the process */
  kept: boolean;
  leases: number;
}

/**
 * The informers of one component: whoever asks for a kind shares one list and one watch. Managed
 * fields are left out, since nobody who watches needs them and they are half of many objects.
 */
export class SharedInformers implements Disposable {
  readonly #options: SharedInformersOptions;
  readonly #running = new Map<string, Running>();

  constructor(options: SharedInformersOptions) {
    this.#options = options;
  }

  /** Starts when it is first asked for. Handlers that are added in the same turn miss nothing. */
  of<T extends KubernetesObject>(resource: Resource<T>, scope: InformerScope = {}): Informer<T> {
    const running = this.#start(resource, scope);
    running.kept = true;
    // The name says what kind it is of.
    return running.informer as unknown as Informer<T>;
  }

  /** The informer of a resource that may go; it ends when all leases are disposed and nobody has asked for it otherwise. */
  lease<T extends KubernetesObject>(
    resource: Resource<T>,
    scope: InformerScope = {},
  ): InformerLease<T> {
    const running = this.#start(resource, scope);
    running.leases++;
    return {
      informer: running.informer as unknown as Informer<T>,
      dispose: () => {
        if (--running.leases > 0 || running.kept) return;
        running.stop.abort();
        this.#running.delete(running.name);
      },
    };
  }

  #start<T extends KubernetesObject>(resource: Resource<T>, scope: InformerScope): Running {
    const { metadataOnly = false } = resource;
    const { namespace, labelSelector, fieldSelector } = scope;
    const parts = [resourcePath(resource), metadataOnly, namespace, labelSelector, fieldSelector];
    const name = JSON.stringify(parts);
    const known = this.#running.get(name);
    if (known !== undefined) return known;
    const { client, clock, random, longestPause, onError, onReached } = this.#options;
    const informer = new Informer<T>(withoutManagedFields, onError);
    const reflector = new Reflector({
      client,
      resource,
      scope,
      mirror: informer,
      clock,
      random,
      ...(longestPause === undefined ? {} : { longestPause }),
      onError: (error) => onError(error, resource),
      ...(onReached === undefined ? {} : { onReached: () => onReached(resource) }),
    });
    const running: Running = {
      name,
      informer: informer as unknown as Informer<KubernetesObject>,
      stop: new AbortController(),
      kept: false,
      leases: 0,
    };
    this.#running.set(name, running);
    void reflector.run(running.stop.signal);
    return running;
  }

  /** Resolves when all that were asked for have what was there, or when the signal aborts: an API server may not answer. */
  async synced(signal?: AbortSignal): Promise<void> {
    const all = Promise.all([...this.#running.values()].map(({ informer }) => informer.synced));
    if (signal === undefined) await all;
    else
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener('abort', () => resolve(), { once: true });
        void all.then(() => resolve());
      });
  }

  /** Ends all lists and watches. */
  dispose(): void {
    for (const { stop } of this.#running.values()) stop.abort();
  }
}

function withoutManagedFields<T extends KubernetesObject>(object: Stored<T>): Stored<T> {
  if (object.metadata.managedFields === undefined) return object;
  const { managedFields: _managedFields, ...metadata } = object.metadata;
  return { ...object, metadata };
}
