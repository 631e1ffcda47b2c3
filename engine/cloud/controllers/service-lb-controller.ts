import { KeyedLock } from '../../base/keyed-lock.ts';
import { messageOf } from '../../base/message-of.ts';
import type { EventRecorder } from '../../client/events/event-recorder.ts';
import { keyOf, type ObjectStore } from '../../client/informer/object-store.ts';
import { ExponentialLimiter } from '../../client/queue/rate-limiter.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { Controller, ControllerContext } from '../../controllers/controller.ts';
import { workOn } from '../../controllers/work-loop.ts';
import type {
  LoadBalancerStatus,
  Node,
  Service,
} from '../../objects/generated/core-v1.generated.ts';
import { jsonEqual } from '../../objects/json-value.ts';
import type { CloudClient } from '../cloud-client.ts';
import {
  areSameMachines,
  CLEANUP,
  isIncluded,
  loadBalancerName,
  loadBalancerOf,
  needsCleanup,
  needsUpdate,
  nodeNames,
  takesLoad,
  wantsLoadBalancer,
} from './balanced-services.ts';

/** `--concurrent-service-syncs` */
const WORKERS = 1;
/** Milliseconds between tries. */
const RETRY_MS = 5000;
const MOST_RETRY_MS = 300_000;

const attempt = async <T>(what: string, action: () => Promise<T>): Promise<T> => {
  try {
    return await action();
  } catch (cause) {
    throw new Error(`failed to ${what}: ${messageOf(cause)}`, { cause });
  }
};

/** Gives Services of type LoadBalancer one of the cloud's (cloud-provider's `service` controller). */
export class ServiceLbController implements Controller {
  readonly #context: ControllerContext;
  readonly #cloud: CloudClient;
  readonly #services: ObjectStore<Service>;
  readonly #nodes: ObjectStore<Node>;
  readonly #queue: WorkQueue;
  /** one key, however many Nodes changed */
  readonly #nodeQueue: WorkQueue;
  readonly #recorder: EventRecorder;
  /** Services that have, or are to have, a load balancer, as they were when they were worked on */
  readonly #known = new Map<string, Stored<Service>>();
  readonly #balanced = new Map<string, readonly Stored<Node>[]>();
  /** What a change of Nodes puts must not come after what a change of the Service deletes. */
  readonly #lock = new KeyedLock();

  constructor(context: ControllerContext, cloud: CloudClient) {
    this.#context = context;
    this.#cloud = cloud;
    const { clock, onError, informers } = context;
    const limiter = new ExponentialLimiter(RETRY_MS, MOST_RETRY_MS);
    this.#queue = new WorkQueue({ clock, onError, limiter });
    this.#nodeQueue = new WorkQueue({ clock, onError });
    this.#recorder = context.recorder('service-controller');
    const services = informers.of(resources.services);
    const nodes = informers.of(resources.nodes);
    this.#services = services.store;
    this.#nodes = nodes.store;
    const add = ({ metadata }: Service): void => this.#queue.add(keyOf(metadata));
    services.addHandler({
      onAdd: (service) => {
        if (wantsLoadBalancer(service) || needsCleanup(service)) add(service);
      },
      onUpdate: (old, service) => {
        if (needsUpdate(old, service) || needsCleanup(service)) add(service);
      },
      // One without the finalizer may go while its load balancer is there.
      onDelete: (service) => {
        if (this.#known.has(keyOf(service.metadata))) add(service);
      },
    });
    const addNodes = (): void => this.#nodeQueue.add('nodes');
    nodes.addHandler({
      onAdd: addNodes,
      onUpdate: (old, node) => {
        const isSame =
          isIncluded(old) === isIncluded(node) && old.spec.providerID === node.spec.providerID;
        if (!isSame) addNodes();
      },
      onDelete: addNodes,
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([
      workOn(this.#queue, WORKERS, signal, (key) => this.#lock.run(key, () => this.#sync(key))),
      workOn(this.#nodeQueue, 1, signal, () => this.#syncNodes()),
    ]);
  }

  async #sync(key: string): Promise<void> {
    const service = this.#services.getByKey(key);
    const known = this.#known.get(key);
    if (known !== undefined && known.metadata.uid !== service?.metadata.uid) {
      await this.#deleteOf(known);
      this.#known.delete(key);
      this.#balanced.delete(key);
    }
    if (service === undefined) return;
    this.#known.set(key, service);
    try {
      const isUnwanted = !wantsLoadBalancer(service) || needsCleanup(service);
      const status = isUnwanted ? await this.#cleanUp(service) : await this.#ensure(key, service);
      await attempt('update load balancer status', () => this.#patchStatus(service, status));
      if (isUnwanted) {
        this.#known.delete(key);
        this.#balanced.delete(key);
      }
    } catch (error) {
      const message = `Error syncing load balancer: ${messageOf(error)}`;
      this.#recorder.event(service, 'Warning', 'SyncLoadBalancerFailed', message);
      throw error;
    }
  }

  async #ensure(key: string, service: Stored<Service>): Promise<LoadBalancerStatus> {
    this.#recorder.event(service, 'Normal', 'EnsuringLoadBalancer', 'Ensuring load balancer');
    const { finalizers = [] } = service.metadata;
    if (!finalizers.includes(CLEANUP))
      await attempt('add load balancer cleanup finalizer', () =>
        this.#patch(service, { metadata: { finalizers: [...finalizers, CLEANUP] } }),
      );
    const nodes = this.#nodes.list().filter(takesLoad);
    if (nodes.length === 0) this.#tellUnavailable(service);
    this.#balanced.set(key, nodes);
    const { address } = await attempt('ensure load balancer', () =>
      this.#cloud.putLoadBalancer(loadBalancerName(service), loadBalancerOf(service, nodes)),
    );
    this.#recorder.event(service, 'Normal', 'EnsuredLoadBalancer', 'Ensured load balancer');
    return { ingress: [{ ip: address, ipMode: 'VIP' }] };
  }

  async #cleanUp(service: Stored<Service>): Promise<LoadBalancerStatus> {
    const name = loadBalancerName(service);
    const there = await attempt('check if load balancer exists before cleanup', () =>
      this.#cloud.loadBalancer(name),
    );
    if (there !== undefined) {
      this.#recorder.event(service, 'Normal', 'DeletingLoadBalancer', 'Deleting load balancer');
      await attempt('delete load balancer', () => this.#cloud.deleteLoadBalancer(name));
    }
    const { finalizers = [] } = service.metadata;
    if (finalizers.includes(CLEANUP))
      await attempt('remove load balancer cleanup finalizer', () =>
        this.#patch(service, {
          metadata: { finalizers: finalizers.filter((each) => each !== CLEANUP) },
        }),
      );
    this.#recorder.event(service, 'Normal', 'DeletedLoadBalancer', 'Deleted load balancer');
    return {};
  }

  /** Of a Service that is not there any more. */
  async #deleteOf(service: Stored<Service>): Promise<void> {
    if (!wantsLoadBalancer(service)) return;
    this.#recorder.event(service, 'Normal', 'DeletingLoadBalancer', 'Deleting load balancer');
    try {
      await this.#cloud.deleteLoadBalancer(loadBalancerName(service));
    } catch (error) {
      const message = `Error deleting load balancer: ${messageOf(error)}`;
      this.#recorder.event(service, 'Warning', 'DeleteLoadBalancerFailed', message);
      throw error;
    }
    this.#recorder.event(service, 'Normal', 'DeletedLoadBalancer', 'Deleted load balancer');
  }

  async #patchStatus(service: Stored<Service>, loadBalancer: LoadBalancerStatus): Promise<void> {
    const { ingress: old = [] } = service.status?.loadBalancer ?? {};
    const { ingress = [] } = loadBalancer;
    if (jsonEqual(old, ingress)) return;
    try {
      const now = ingress.length === 0 ? null : ingress;
      await this.#patch(service, { status: { loadBalancer: { ingress: now } } });
    } catch (error) {
      if (reasonOf(error) !== 'NotFound') throw error;
    }
  }

  /** As upstream, by the status: that is all it may write, and metadata goes with it. */
  async #patch({ metadata }: Stored<Service>, patch: object): Promise<void> {
    await this.#context.client.patch(
      resources.services,
      metadata,
      { type: 'merge', patch },
      { subresource: 'status' },
    );
  }

  async #syncNodes(): Promise<void> {
    for (const key of this.#known.keys()) {
      try {
        await this.#lock.run(key, () => this.#updateMachines(key));
      } catch (error) {
        this.#context.onError(error);
        this.#queue.add(key);
      }
    }
  }

  async #updateMachines(key: string): Promise<void> {
    const service = this.#known.get(key);
    if (service === undefined || !wantsLoadBalancer(service)) return;
    const old = this.#balanced.get(key) ?? [];
    const nodes = this.#nodes.list().filter(takesLoad);
    this.#balanced.set(key, nodes);
    if (areSameMachines(old, nodes)) return;
    const name = loadBalancerName(service);
    try {
      if ((await this.#cloud.loadBalancer(name)) === undefined) return;
      await this.#cloud.putLoadBalancer(name, loadBalancerOf(service, nodes));
    } catch (error) {
      this.#recorder.event(
        service,
        'Warning',
        'UpdateLoadBalancerFailed',
        `Error updating load balancer with new hosts ${nodeNames(nodes)} [node names limited, total number of nodes: ${nodes.length}], error: ${messageOf(error)}`,
      );
      throw error;
    }
    if (nodes.length === 0) this.#tellUnavailable(service);
    else
      this.#recorder.event(
        service,
        'Normal',
        'UpdatedLoadBalancer',
        'Updated load balancer with new hosts',
      );
  }

  #tellUnavailable(service: Stored<Service>): void {
    this.#recorder.event(
      service,
      'Warning',
      'UnAvailableLoadBalancer',
      'There are no available nodes for LoadBalancer',
    );
  }
}
