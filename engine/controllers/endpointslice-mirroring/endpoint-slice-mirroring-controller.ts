import type { EventRecorder } from '../../client/events/event-recorder.ts';
import { keyOf, type ObjectStore } from '../../client/informer/object-store.ts';
import { ExponentialLimiter } from '../../client/queue/rate-limiter.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import type { Endpoints, Service } from '../../objects/generated/core-v1.generated.ts';
import type { EndpointSlice } from '../../objects/generated/discovery-v1.generated.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { MANAGED_BY } from '../endpointslice/slice-object.ts';
import { serviceKeyOf, SliceTracker } from '../endpointslice/slice-tracker.ts';
import { isNamespaceTerminating } from '../pods/pod-control.ts';
import { hasSelector } from '../service-pods/pod-changes.ts';
import { workOn } from '../work-loop.ts';
import { MIRROR_MANAGER, mirrorWarnings, planMirror } from './mirrored-slices.ts';

/** `--mirroring-concurrent-service-endpoint-syncs` */
const WORKERS = 5;
const RETRY_MS = 1000;
const MOST_RETRY_MS = 100_000;

const isOurs = ({ metadata }: EndpointSlice): boolean =>
  metadata.labels?.[MANAGED_BY] === MIRROR_MANAGER;

/** Endpoints can say that they are not to be mirrored; leaders were elected by some once. */
function isMirrored({ metadata }: Endpoints): boolean {
  return (
    metadata.labels?.['endpointslice.kubernetes.io/skip-mirror'] !== 'true' &&
    metadata.annotations?.['control-plane.alpha.kubernetes.io/leader'] === undefined
  );
}

/**
 * Copies the Endpoints that people write for Services without a selector into EndpointSlices, which is
 * where they are read (upstream's `endpointslicemirroring`).
 */
export class EndpointSliceMirroringController implements Controller {
  readonly #context: ControllerContext;
  readonly #services: ObjectStore<Service>;
  readonly #endpoints: ObjectStore<Endpoints>;
  readonly #slices: ObjectStore<EndpointSlice>;
  readonly #queue: WorkQueue;
  readonly #recorder: EventRecorder;
  readonly #tracker = new SliceTracker();

  constructor(context: ControllerContext) {
    this.#context = context;
    const { clock, onError, informers } = context;
    const limiter = new ExponentialLimiter(RETRY_MS, MOST_RETRY_MS);
    this.#queue = new WorkQueue({ clock, onError, limiter });
    this.#recorder = context.recorder('endpoint-slice-mirroring-controller');
    const services = informers.of(resources.services);
    const endpoints = informers.of(resources.endpoints);
    const slices = informers.of(resources.endpointSlices);
    this.#services = services.store;
    this.#endpoints = endpoints.store;
    this.#slices = slices.store;
    const add = ({ metadata }: Service | Endpoints): void => this.#queue.add(keyOf(metadata));
    endpoints.addHandler({
      onAdd: (object) => isMirrored(object) && add(object),
      onUpdate: (old, object) => (isMirrored(old) || isMirrored(object)) && add(object),
      onDelete: (object) => isMirrored(object) && add(object),
    });
    services.addHandler({
      onAdd: (service) => hasSelector(service) || add(service),
      onUpdate: (old, service) => hasSelector(old) !== hasSelector(service) && add(service),
      onDelete: (service) => hasSelector(service) || add(service),
    });
    slices.addHandler({
      onAdd: (slice) => {
        if (isOurs(slice) && this.#tracker.isForeign(slice)) this.#addEndpointsOf(slice);
      },
      onUpdate: (old, slice) => {
        const isMoved = serviceKeyOf(old) !== serviceKeyOf(slice);
        if (isMoved) this.#addEndpointsOf(old);
        const isForeign = isOurs(slice) && this.#tracker.isForeign(slice);
        if (isMoved || isOurs(old) !== isOurs(slice) || isForeign) this.#addEndpointsOf(slice);
      },
      onDelete: (slice) => {
        if (isOurs(slice) && this.#tracker.gone(slice)) this.#addEndpointsOf(slice);
      },
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    await workOn(this.#queue, WORKERS, signal, (key) => this.#sync(key));
  }

  #addEndpointsOf(slice: EndpointSlice): void {
    const key = serviceKeyOf(slice);
    if (key !== undefined) this.#queue.add(key);
  }

  async #sync(key: string): Promise<void> {
    const endpoints = this.#endpoints.getByKey(key);
    const service = this.#services.getByKey(key);
    const mirrors = this.#slices
      .list((endpoints ?? service)?.metadata.namespace)
      .filter((slice) => isOurs(slice) && serviceKeyOf(slice) === key);
    const isWanted = endpoints !== undefined && isMirrored(endpoints);
    if (!isWanted || service === undefined || hasSelector(service)) {
      this.#tracker.forget(key);
      for (const { metadata } of mirrors)
        await this.#context.client.delete(resources.endpointSlices, metadata);
      return;
    }
    if (this.#tracker.isStale(key, mirrors))
      throw new Error('EndpointSlice informer cache is out of date');
    await this.#mirror(endpoints, mirrors);
  }

  async #mirror(
    endpoints: Stored<Endpoints>,
    mirrors: readonly Stored<EndpointSlice>[],
  ): Promise<void> {
    const { client } = this.#context;
    const plan = planMirror(endpoints, mirrors);
    for (const { reason, message } of mirrorWarnings(plan))
      this.#recorder.event(endpoints, 'Warning', reason, message);
    for (const slice of plan.kept) if (!this.#tracker.has(slice)) this.#tracker.written(slice);
    const isGoing = endpoints.metadata.deletionTimestamp !== undefined;
    for (const slice of isGoing ? [] : plan.create) {
      try {
        this.#tracker.written(await client.create(resources.endpointSlices, slice));
      } catch (error) {
        if (isNamespaceTerminating(error)) return;
        throw error;
      }
    }
    for (const slice of plan.update)
      this.#tracker.written(await client.update(resources.endpointSlices, slice));
    for (const slice of plan.remove) {
      await client.delete(resources.endpointSlices, slice.metadata);
      this.#tracker.deleted(slice);
    }
  }
}
