import type { EventRecorder } from '../../client/events/event-recorder.ts';
import { keyOf, type ObjectStore } from '../../client/informer/object-store.ts';
import { ExponentialLimiter } from '../../client/queue/rate-limiter.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { messageOf } from '../../base/message-of.ts';
import type { Node, Pod, Service } from '../../objects/generated/core-v1.generated.ts';
import type { EndpointSlice } from '../../objects/generated/discovery-v1.generated.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { aggregate } from '../pods/aggregate.ts';
import { isNamespaceTerminating } from '../pods/pod-control.ts';
import { hasSelector, podsOf, servicesConcerned } from '../service-pods/pod-changes.ts';
import { TriggerTimes } from '../service-pods/trigger-times.ts';
import { workOn } from '../work-loop.ts';
import type { SlicePlan } from './pack-slices.ts';
import { planSlices, reuseSlices } from './plan-slices.ts';
import { familiesOf, ZONE, type Family } from './pod-endpoint.ts';
import { MANAGED_BY, MANAGER, withTriggerTime } from './slice-object.ts';
import { serviceKeyOf, SliceTracker } from './slice-tracker.ts';
import { disabledEvent, dropHints, TopologyHints, type HintEvent } from './topology-hints.ts';
import {
  followsTrafficDistribution,
  wantsTopologyHints,
  withTrafficHints,
} from './traffic-hints.ts';
import { isNodeReady } from './zone-shares.ts';

/** `--concurrent-service-endpoint-syncs` */
const WORKERS = 5;
/** Milliseconds between tries of a Service, and after somebody else changed its slices. */
const RETRY_MS = 1000;
const MOST_RETRY_MS = 1_000_000;

const isOurs = ({ metadata }: EndpointSlice): boolean => metadata.labels?.[MANAGED_BY] === MANAGER;

/** Keeps the EndpointSlices of Services that have a selector (upstream's `endpointslice`). */
export class EndpointSliceController implements Controller {
  readonly #context: ControllerContext;
  readonly #services: ObjectStore<Service>;
  readonly #pods: ObjectStore<Pod>;
  readonly #nodes: ObjectStore<Node>;
  readonly #slices: ObjectStore<EndpointSlice>;
  readonly #queue: WorkQueue;
  /** one key, however many Nodes changed */
  readonly #topology: WorkQueue;
  readonly #recorder: EventRecorder;
  readonly #tracker = new SliceTracker();
  readonly #triggerTimes = new TriggerTimes();
  readonly #hints = new TopologyHints();

  constructor(context: ControllerContext) {
    this.#context = context;
    const { clock, onError, informers } = context;
    const limiter = new ExponentialLimiter(RETRY_MS, MOST_RETRY_MS);
    this.#queue = new WorkQueue({ clock, onError, limiter });
    this.#topology = new WorkQueue({ clock, onError });
    this.#recorder = context.recorder('endpoint-slice-controller');
    const services = informers.of(resources.services);
    const pods = informers.of(resources.pods);
    const nodes = informers.of(resources.nodes);
    const slices = informers.of(resources.endpointSlices);
    this.#services = services.store;
    this.#pods = pods.store;
    this.#nodes = nodes.store;
    this.#slices = slices.store;
    const addService = ({ metadata }: Service): void => this.#queue.add(keyOf(metadata));
    services.addHandler({
      onAdd: addService,
      onUpdate: (_old, service) => addService(service),
      onDelete: addService,
    });
    const podChanged = (old: Pod | undefined, pod: Pod): void => {
      for (const key of servicesConcerned(this.#services, old, pod)) this.#queue.add(key);
    };
    pods.addHandler({
      onAdd: (pod) => podChanged(undefined, pod),
      onUpdate: podChanged,
      onDelete: (pod) => podChanged(undefined, pod),
    });
    slices.addHandler({
      onAdd: (slice) => {
        if (isOurs(slice) && this.#tracker.isForeign(slice)) this.#addServiceOf(slice);
      },
      onUpdate: (old, slice) => this.#sliceChanged(old, slice),
      onDelete: (slice) => {
        if (isOurs(slice) && this.#tracker.gone(slice)) this.#addServiceOf(slice);
      },
    });
    nodes.addHandler({
      onAdd: () => this.#topology.add('nodes'),
      onUpdate: (old, node) => {
        const isSame =
          isNodeReady(old) === isNodeReady(node) &&
          old.metadata.labels?.[ZONE] === node.metadata.labels?.[ZONE];
        if (!isSame) this.#topology.add('nodes');
      },
      onDelete: () => this.#topology.add('nodes'),
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([
      workOn(this.#queue, WORKERS, signal, (key) => this.#sync(key)),
      workOn(this.#topology, 1, signal, () => this.#shareAmongZones()),
    ]);
  }

  #addServiceOf(slice: EndpointSlice): void {
    const key = serviceKeyOf(slice);
    if (key !== undefined) this.#queue.addAfter(key, RETRY_MS);
  }

  #sliceChanged(old: Stored<EndpointSlice>, slice: Stored<EndpointSlice>): void {
    if (serviceKeyOf(old) !== serviceKeyOf(slice)) {
      this.#addServiceOf(slice);
      this.#addServiceOf(old);
    } else if (isOurs(old) !== isOurs(slice) || (isOurs(slice) && this.#tracker.isForeign(slice))) {
      this.#addServiceOf(slice);
    }
  }

  #shareAmongZones(): Promise<void> {
    this.#hints.setNodes(this.#nodes.list());
    for (const key of this.#hints.overloaded()) this.#queue.add(key);
    return Promise.resolve();
  }

  async #sync(key: string): Promise<void> {
    const service = this.#services.getByKey(key);
    if (service === undefined) {
      this.#triggerTimes.forget(key);
      this.#tracker.forget(key);
      this.#hints.forgetService(key);
      return;
    }
    const { metadata } = service;
    if (service.spec?.type === 'ExternalName' || !hasSelector(service)) return;
    const pods = podsOf(service, this.#pods);
    const slices = this.#slices
      .list(metadata.namespace)
      .filter((slice) => serviceKeyOf(slice) === key && isOurs(slice))
      .filter((slice) => slice.metadata.deletionTimestamp === undefined);
    if (this.#tracker.isStale(key, slices))
      throw new Error('EndpointSlice informer cache is out of date');
    const triggerTime = this.#triggerTimes.next(service, pods);
    try {
      await this.#reconcile(key, service, pods, slices, triggerTime);
    } catch (error) {
      this.#recorder.event(
        service,
        'Warning',
        'FailedToUpdateEndpointSlices',
        `Error updating Endpoint Slices for Service ${key}: ${messageOf(error)}`,
      );
      throw error;
    }
  }

  async #reconcile(
    key: string,
    service: Stored<Service>,
    pods: readonly Stored<Pod>[],
    slices: readonly Stored<EndpointSlice>[],
    triggerTime: string | undefined,
  ): Promise<void> {
    const families = familiesOf(service);
    const errors: unknown[] = [];
    // What fails in one family does not keep the other from being written.
    const attempt = async (action: () => Promise<void>): Promise<void> => {
      await action().catch((error: unknown) => void errors.push(error));
    };
    for (const family of families) {
      const existing = slices.filter(({ addressType }) => addressType === family);
      const nodeOf = (name: string) => this.#nodes.get({ name });
      const planned = planSlices(service, pods, existing, nodeOf, family);
      errors.push(...planned.errors.map((message) => new Error(message)));
      const { plan, events } = this.#withHints(key, service, existing, planned.plan, family);
      await attempt(() => this.#write(service, reuseSlices(plan, service), triggerTime));
      for (const { type, reason, message } of events)
        this.#recorder.event(service, type, reason, message);
    }
    const unsupported = slices.filter(
      ({ addressType }) => addressType === 'FQDN' || !families.includes(addressType),
    );
    for (const slice of unsupported) {
      if (slice.addressType !== 'FQDN') this.#hints.forget(key, slice.addressType);
      await attempt(() => this.#delete(slice));
    }
    if (errors.length > 0) throw aggregate(errors);
  }

  /** The plan with hints in or out, as the Service wants it. */
  #withHints(
    key: string,
    service: Stored<Service>,
    existing: readonly Stored<EndpointSlice>[],
    plan: SlicePlan,
    family: Family,
  ): { readonly plan: SlicePlan; readonly events: readonly HintEvent[] } {
    const changed = new Set([...plan.update, ...plan.remove].map(({ metadata }) => metadata.name));
    const unchanged = existing.filter(({ metadata }) => !changed.has(metadata.name));
    const slices = { create: plan.create, update: plan.update, unchanged };
    if (wantsTopologyHints(service)) {
      const added = this.#hints.add(key, family, slices);
      const { create, update } = added.slices;
      const hinted = { create: [...create], update: [...update], remove: plan.remove };
      return { plan: hinted, events: added.events };
    }
    const events = this.#hints.has(key)
      ? [disabledEvent('Topology Aware Hints has been disabled', family)]
      : [];
    this.#hints.forget(key, family);
    if (!followsTrafficDistribution(service)) {
      const { create, update } = dropHints(slices);
      return { plan: { create: [...create], update: [...update], remove: plan.remove }, events };
    }
    const hinted = <Slice extends EndpointSlice>(slice: Slice) => withTrafficHints(slice, service);
    const rehinted = unchanged.filter((slice) => hinted(slice) !== slice);
    const update = [...plan.update, ...rehinted].map(hinted);
    return { plan: { create: plan.create.map(hinted), update, remove: plan.remove }, events };
  }

  async #write(
    service: Stored<Service>,
    { create, update, remove }: SlicePlan,
    triggerTime: string | undefined,
  ): Promise<void> {
    const { client } = this.#context;
    const { namespace = '', name, deletionTimestamp } = service.metadata;
    const failed = (verb: string, error: unknown): Error =>
      new Error(
        `failed to ${verb} EndpointSlice for Service ${namespace}/${name}: ${messageOf(error)}`,
        { cause: error },
      );
    // The garbage collector deletes slices of a Service that is going.
    for (const slice of deletionTimestamp === undefined ? create : []) {
      try {
        this.#tracker.written(
          await client.create(resources.endpointSlices, withTriggerTime(slice, triggerTime)),
        );
      } catch (error) {
        if (isNamespaceTerminating(error)) return;
        throw failed('create', error);
      }
    }
    for (const slice of update) {
      try {
        this.#tracker.written(
          await client.update(resources.endpointSlices, withTriggerTime(slice, triggerTime)),
        );
      } catch (error) {
        throw failed(`update ${slice.metadata.name}`, error);
      }
    }
    for (const slice of remove) {
      try {
        await this.#delete(slice);
      } catch (error) {
        throw failed(`delete ${slice.metadata.name}`, error);
      }
    }
  }

  async #delete(slice: Stored<EndpointSlice>): Promise<void> {
    await this.#context.client.delete(resources.endpointSlices, slice.metadata);
    this.#tracker.deleted(slice);
  }
}
