import { sleep } from '../../base/clock.ts';
import { messageOf } from '../../base/message-of.ts';
import type { EventRecorder } from '../../client/events/event-recorder.ts';
import type { ObjectStore } from '../../client/informer/object-store.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import type { Controller, ControllerContext } from '../../controllers/controller.ts';
import type { Node } from '../../objects/generated/core-v1.generated.ts';
import type { CloudClient } from '../cloud-client.ts';
import { readiness, SHUTDOWN } from './cloud-nodes.ts';

/** `--node-monitor-period`, in milliseconds */
const EVERY = 5000;

/**
 * Asks the cloud about Nodes that are not ready: those whose machine is gone are deleted, those whose
 * machine is switched off get a taint (cloud-provider's `CloudNodeLifecycleController`).
 */
export class CloudNodeLifecycleController implements Controller {
  readonly #context: ControllerContext;
  readonly #cloud: CloudClient;
  readonly #nodes: ObjectStore<Node>;
  readonly #recorder: EventRecorder;

  constructor(context: ControllerContext, cloud: CloudClient) {
    this.#context = context;
    this.#cloud = cloud;
    this.#nodes = context.informers.of(resources.nodes).store;
    this.#recorder = context.recorder('cloud-node-lifecycle-controller');
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, onError } = this.#context;
    while (!signal.aborted) {
      for (const node of this.#nodes.list()) await this.#look(node).catch(onError);
      await sleep(clock, EVERY, signal).catch(() => {});
    }
  }

  async #look(node: Stored<Node>): Promise<void> {
    const { name } = node.metadata;
    const taints = node.spec.taints ?? [];
    const others = taints.filter(({ key }) => key !== SHUTDOWN.key);
    if (readiness(node) === 'True') {
      if (others.length < taints.length) await this.#setTaints(node, others);
      return;
    }
    const machine = await this.#cloud.machineOf({ name, providerId: node.spec.providerID });
    if (machine === undefined) await this.#delete(node);
    else if (machine.power === 'off' && others.length === taints.length)
      await this.#setTaints(node, [...taints, SHUTDOWN]);
  }

  async #setTaints({ metadata }: Stored<Node>, taints: Node['spec']['taints']): Promise<void> {
    const { resourceVersion } = metadata;
    await this.#context.client.patch(resources.nodes, metadata, {
      type: 'merge',
      patch: { metadata: { resourceVersion }, spec: { taints } },
    });
  }

  async #delete(node: Stored<Node>): Promise<void> {
    const { name } = node.metadata;
    this.#recorder.event(
      node,
      'Normal',
      'DeletingNode',
      `Deleting node ${name} because it does not exist in the cloud provider`,
    );
    try {
      await this.#context.client.delete(resources.nodes, { name });
    } catch (error) {
      const message = `Failed deleting node ${name}: ${messageOf(error)}`;
      this.#recorder.event(node, 'Warning', 'DeletingNodeFailed', message);
      throw error;
    }
  }
}
