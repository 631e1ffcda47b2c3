import { sleep } from '../../base/clock.ts';
import { inParallel } from '../../base/in-parallel.ts';
import { messageOf } from '../../base/message-of.ts';
import type { EventRecorder } from '../../client/events/event-recorder.ts';
import type { ObjectStore } from '../../client/informer/object-store.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import type { Controller, ControllerContext } from '../../controllers/controller.ts';
import type { Node } from '../../objects/generated/core-v1.generated.ts';
import { formatTime } from '../../objects/time.ts';
import type { CloudClient } from '../cloud-client.ts';
import { planRoutes } from './route-plan.ts';

/** `--route-reconciliation-period`, in milliseconds */
const EVERY = 10_000;
/** Requests that are under way at once. */
const AT_ONCE = 200;

const CREATED = {
  type: 'NetworkUnavailable',
  status: 'False',
  reason: 'RouteCreated',
  message: 'RouteController created a route',
};
const FAILED = {
  type: 'NetworkUnavailable',
  status: 'True',
  reason: 'NoRouteCreated',
  message: 'RouteController failed to create a route',
};

/** Has the cloud send packets for Pods to their Nodes (cloud-provider's `RouteController`). */
export class NodeRouteController implements Controller {
  readonly #context: ControllerContext;
  readonly #cloud: CloudClient;
  readonly #clusterCidrs: readonly string[];
  readonly #nodes: ObjectStore<Node>;
  readonly #recorder: EventRecorder;

  /** @param clusterCidrs `--cluster-cidr`: what Pods have addresses of */
  constructor(context: ControllerContext, cloud: CloudClient, clusterCidrs: readonly string[]) {
    this.#context = context;
    this.#cloud = cloud;
    this.#clusterCidrs = clusterCidrs;
    this.#nodes = context.informers.of(resources.nodes).store;
    this.#recorder = context.recorder('route_controller');
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, onError } = this.#context;
    while (!signal.aborted) {
      await this.#reconcile().catch(onError);
      await sleep(clock, EVERY, signal).catch(() => {});
    }
  }

  async #reconcile(): Promise<void> {
    const nodes = this.#nodes.list();
    const plan = planRoutes(nodes, await this.#cloud.routes(), this.#clusterCidrs);
    await inParallel(plan.remove, AT_ONCE, async ({ id }) => {
      await this.#cloud.deleteRoute(id).catch(this.#context.onError);
    });
    const failed = new Set<string>();
    await inParallel(plan.create, AT_ONCE, async (route) => {
      try {
        await this.#cloud.createRoute(route);
      } catch (error) {
        failed.add(route.machine);
        this.#tell(route.machine, route.destinationCidr, error);
      }
    });
    // One without addresses for Pods gets them soon.
    const addressed = nodes.filter(({ spec }) => (spec.podCIDRs ?? []).length > 0);
    await inParallel(addressed, AT_ONCE, async (node) => {
      const routed = !failed.has(node.metadata.name);
      await this.#setCondition(node, routed).catch(this.#context.onError);
    });
  }

  #tell(name: string, cidr: string, error: unknown): void {
    const node = this.#nodes.get({ name });
    if (node === undefined) return;
    const { uid } = node.metadata;
    this.#recorder.event(
      node,
      'Warning',
      'FailedToCreateRoute',
      `Could not create route ${uid} ${cidr} for node ${name}: ${messageOf(error)}`,
    );
  }

  async #setCondition({ metadata, status }: Stored<Node>, routed: boolean): Promise<void> {
    const condition = routed ? CREATED : FAILED;
    const known = status?.conditions?.find(({ type }) => type === condition.type);
    if (known?.status === condition.status && known.reason === condition.reason) return;
    const time = formatTime(this.#context.clock.now());
    const timed = { ...condition, lastHeartbeatTime: time, lastTransitionTime: time };
    await this.#context.client.patch(
      resources.nodes,
      metadata,
      { type: 'strategic', patch: { status: { conditions: [timed] } } },
      { subresource: 'status' },
    );
  }
}
