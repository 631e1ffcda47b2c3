import { sleep } from '../../base/clock.ts';
import type { DiscoveredResource } from '../../client/discovery.ts';
import type { InformerHandler } from '../../client/informer/informer.ts';
import { keyOf, type ObjectStore } from '../../client/informer/object-store.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import { metadataOf, type Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { ResourceQuota } from '../../objects/generated/core-v1.generated.ts';
import type { KubernetesObject } from '../../objects/kubernetes-object.ts';
import { isCountedBy } from '../../objects/quota/usage.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { ResourceMonitors } from '../monitors/resource-monitors.ts';
import { workOn } from '../work-loop.ts';
import {
  calculateUsage,
  changesUsage,
  isReplenished,
  sameQuantities,
  type CountedResource,
} from './calculate-usage.ts';

/** `--concurrent-resource-quota-syncs` */
const WORKERS = 5;
/** Milliseconds between full calculations (`--resource-quota-sync-period`). */
const RESYNC_MS = 5 * 60_000;
/**
 * Milliseconds after a quota's last change during which nothing is given back: the API server books
 * what is created before it is there, and counting then would sell it twice. Upstream takes that risk.
 */
const BOOKING_MS = 100;
const VERBS = ['create', 'list', 'watch', 'delete'];

/** Resources that count for more than their number. */
const WHOLE = new Set(['pods', 'services', 'persistentvolumeclaims']);

function isCountable({ group, plural, namespaced, verbs }: DiscoveredResource): boolean {
  const isEvent = plural === 'events' && (group === '' || group === 'events.k8s.io');
  return namespaced && !isEvent && VERBS.every((verb) => verbs.includes(verb));
}

/**
 * Counts what the objects of a namespace use of its quotas (upstream's `resourcequota`): the API server
 * only adds to it.
 */
export class ResourceQuotaController implements Controller {
  readonly #context: ControllerContext;
  readonly #quotas: ObjectStore<ResourceQuota>;
  readonly #monitors: ResourceMonitors;
  readonly #queue: WorkQueue;
  readonly #counted = new Map<string, DiscoveredResource>();
  /** when a quota was last seen to change, by the monotonic clock */
  readonly #changed = new Map<string, number>();

  constructor(context: ControllerContext) {
    this.#context = context;
    const { client, clock, informers, onError } = context;
    this.#queue = new WorkQueue({
      clock,
      // Something has been booked meanwhile.
      onError: (error) => reasonOf(error) === 'Conflict' || onError(error),
    });
    const quotas = informers.of(resources.resourceQuotas);
    this.#quotas = quotas.store;
    quotas.addHandler({
      onAdd: (quota) => {
        this.#sawChange(quota);
        this.#queue.add(keyOf(quota.metadata));
      },
      onUpdate: (old, quota) => {
        this.#sawChange(quota);
        if (!sameQuantities(old.spec?.hard ?? {}, quota.spec?.hard ?? {}))
          this.#queue.add(keyOf(quota.metadata));
      },
      onDelete: ({ metadata }) => this.#changed.delete(keyOf(metadata)),
    });
    this.#monitors = new ResourceMonitors({
      client,
      informers,
      clock,
      onError,
      watchAs: (resource) => {
        if (!isCountable(resource)) return undefined;
        return resource.group === '' && WHOLE.has(resource.plural)
          ? resource
          : metadataOf(resource);
      },
      handlerOf: (resource) => this.#handlerOf(resource),
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    const ended: Promise<unknown>[] = [];
    await this.#monitors.run(signal, () => {
      ended.push(
        workOn(this.#queue, WORKERS, signal, (key) => this.#sync(key)),
        this.#resync(signal),
      );
    });
    await Promise.all(ended);
  }

  async #resync(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(this.#context.clock, RESYNC_MS, signal).catch(() => {});
      for (const key of this.#quotas.keys) this.#queue.add(key);
    }
  }

  #sawChange({ metadata }: Stored<ResourceQuota>): void {
    this.#changed.set(keyOf(metadata), this.#context.clock.monotonic());
  }

  #handlerOf(resource: DiscoveredResource): InformerHandler<KubernetesObject> {
    this.#counted.set(`${resource.group}/${resource.plural}`, resource);
    const replenish = ({ metadata }: KubernetesObject): void => {
      for (const quota of this.#quotas.list(metadata.namespace ?? ''))
        if (Object.keys(quota.status?.hard ?? {}).some((name) => isCountedBy(name, resource)))
          this.#queue.add(keyOf(quota.metadata));
    };
    return {
      onUpdate: (old, object) => {
        if (changesUsage(resource, old, object, this.#context.clock.now())) replenish(object);
      },
      onDelete: replenish,
    };
  }

  async #sync(key: string): Promise<void> {
    const { client, clock } = this.#context;
    const quota = this.#quotas.getByKey(key);
    if (quota === undefined) return;
    const hard = quota.spec?.hard ?? {};
    const { status = {} } = quota;
    const used = calculateUsage(
      quota,
      this.#countedIn(quota.metadata.namespace ?? ''),
      clock.now(),
    );
    const isRight =
      status.hard !== undefined &&
      status.used !== undefined &&
      sameQuantities(hard, status.hard) &&
      sameQuantities(used, status.used);
    if (isRight) return;
    const wait = (this.#changed.get(key) ?? 0) + BOOKING_MS - clock.monotonic();
    if (wait > 0 && isReplenished(status.used ?? {}, used)) this.#queue.addAfter(key, wait);
    else
      await client.update(
        resources.resourceQuotas,
        { ...quota, status: { hard, used } },
        { subresource: 'status' },
      );
  }

  #countedIn(namespace: string): readonly CountedResource[] {
    return [...this.#counted.values()].flatMap(({ group, plural, ...resource }) => {
      const store = this.#monitors.storeOf({ group, plural, ...resource });
      return store === undefined ? [] : [{ group, plural, objects: store.list(namespace) }];
    });
  }
}
