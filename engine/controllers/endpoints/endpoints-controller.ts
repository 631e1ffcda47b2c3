import { messageOf } from '../../base/message-of.ts';
import type { EventRecorder } from '../../client/events/event-recorder.ts';
import { keyOf, nameOf, type ObjectStore } from '../../client/informer/object-store.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { Endpoints, Pod, Service } from '../../objects/generated/core-v1.generated.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { isNamespaceTerminating } from '../pods/pod-control.ts';
import { hasSelector, podsOf, servicesConcerned } from '../service-pods/pod-changes.ts';
import { TriggerTimes } from '../service-pods/trigger-times.ts';
import { workOn } from '../work-loop.ts';
import { endpointsFor, isUpToDate, subsetsOf } from './service-endpoints.ts';

/** `--concurrent-endpoint-syncs` */
const WORKERS = 5;
/** Held by those who elected leaders by Endpoints once. */
const LEADER = 'control-plane.alpha.kubernetes.io/leader';

/** Keeps the Endpoints of Services that have a selector (upstream's `endpoint`). EndpointSlices replace them. */
export class EndpointsController implements Controller {
  readonly #context: ControllerContext;
  readonly #services: ObjectStore<Service>;
  readonly #pods: ObjectStore<Pod>;
  readonly #endpoints: ObjectStore<Endpoints>;
  readonly #queue: WorkQueue;
  readonly #recorder: EventRecorder;
  readonly #triggerTimes = new TriggerTimes();
  /** the version that was replaced last, by Service: who still sees it has to wait */
  readonly #replaced = new Map<string, string>();

  constructor(context: ControllerContext) {
    this.#context = context;
    const { clock, onError, informers } = context;
    this.#queue = new WorkQueue({ clock, onError });
    this.#recorder = context.recorder('endpoint-controller');
    const services = informers.of(resources.services);
    const pods = informers.of(resources.pods);
    const endpoints = informers.of(resources.endpoints);
    this.#services = services.store;
    this.#pods = pods.store;
    this.#endpoints = endpoints.store;
    const add = ({ metadata }: Service | Endpoints): void => this.#queue.add(keyOf(metadata));
    services.addHandler({ onAdd: add, onUpdate: (_old, service) => add(service), onDelete: add });
    const podChanged = (old: Pod | undefined, pod: Pod): void => {
      for (const key of servicesConcerned(this.#services, old, pod)) this.#queue.add(key);
    };
    pods.addHandler({
      onAdd: (pod) => podChanged(undefined, pod),
      onUpdate: podChanged,
      onDelete: (pod) => podChanged(undefined, pod),
    });
    endpoints.addHandler({ onDelete: add });
  }

  async run(signal: AbortSignal): Promise<void> {
    // Services may have gone while nobody looked.
    for (const { metadata } of this.#endpoints.list())
      if (metadata.annotations?.[LEADER] === undefined) this.#queue.add(keyOf(metadata));
    await workOn(this.#queue, WORKERS, signal, (key) => this.#sync(key));
  }

  async #sync(key: string): Promise<void> {
    const service = this.#services.getByKey(key);
    if (service === undefined) {
      this.#triggerTimes.forget(key);
      this.#replaced.delete(key);
      await this.#delete(key);
      return;
    }
    if (service.spec?.type === 'ExternalName' || !hasSelector(service)) return;
    const pods = podsOf(service, this.#pods);
    const triggerTime = this.#triggerTimes.next(service, pods);
    const subsets = subsetsOf(service, pods);
    const known = this.#endpoints.getByKey(key);
    if (known !== undefined && this.#replaced.get(key) === known.metadata.resourceVersion)
      throw new Error(
        `endpoints informer cache is out of date, resource version ${known.metadata.resourceVersion} already processed for endpoints ${key}`,
      );
    if (known !== undefined && isUpToDate(known, service, subsets)) return;
    await this.#write(key, known, endpointsFor(service, known, subsets, triggerTime));
  }

  async #write(
    key: string,
    known: Stored<Endpoints> | undefined,
    endpoints: Endpoints,
  ): Promise<void> {
    const { client } = this.#context;
    const failed = (reason: string, message: string): void =>
      this.#recorder.event(endpoints, 'Warning', reason, message);
    try {
      if (known === undefined) await client.create(resources.endpoints, endpoints);
      else {
        const { metadata } = await client.update(resources.endpoints, endpoints);
        const { resourceVersion } = known.metadata;
        if (metadata.resourceVersion !== resourceVersion) this.#replaced.set(key, resourceVersion);
      }
    } catch (error) {
      const why = messageOf(error);
      if (known !== undefined)
        failed('FailedToUpdateEndpoint', `Failed to update endpoint ${key}: ${why}`);
      else if (isNamespaceTerminating(error)) return;
      else failed('FailedToCreateEndpoint', `Failed to create endpoint for service ${key}: ${why}`);
      throw error;
    }
  }

  async #delete(key: string): Promise<void> {
    try {
      await this.#context.client.delete(resources.endpoints, nameOf(key));
    } catch (error) {
      if (reasonOf(error) !== 'NotFound') throw error;
    }
  }
}
