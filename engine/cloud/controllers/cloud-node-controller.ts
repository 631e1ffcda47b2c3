import { sleep } from '../../base/clock.ts';
import { messageOf } from '../../base/message-of.ts';
import type { EventRecorder } from '../../client/events/event-recorder.ts';
import type { ObjectStore } from '../../client/informer/object-store.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { Controller, ControllerContext } from '../../controllers/controller.ts';
import { workOn } from '../../controllers/work-loop.ts';
import type { Node } from '../../objects/generated/core-v1.generated.ts';
import type { CloudClient } from '../cloud-client.ts';
import type { Machine } from '../simulator/cloud-state.ts';
import {
  addressesOf,
  haveChanged,
  initialized,
  isUninitialized,
  missingLabels,
} from './cloud-nodes.ts';

/** `--concurrent-node-syncs` is 1 upstream; a thousand hollow nodes that start together need not wait for each other. */
const WORKERS = 16;
/** `--node-status-update-frequency`, in milliseconds */
const ADDRESSES_EVERY = 300_000;
/** Milliseconds until a Node is looked at again that somebody else wrote. */
const CONFLICT_MS = 50;

/** Tells the cluster what the cloud knows of its Nodes (cloud-provider's `CloudNodeController`). */
export class CloudNodeController implements Controller {
  readonly #context: ControllerContext;
  readonly #cloud: CloudClient;
  readonly #nodes: ObjectStore<Node>;
  readonly #queue: WorkQueue;
  readonly #recorder: EventRecorder;

  constructor(context: ControllerContext, cloud: CloudClient) {
    this.#context = context;
    this.#cloud = cloud;
    const { clock, onError, informers } = context;
    this.#queue = new WorkQueue({ clock, onError });
    this.#recorder = context.recorder('cloud-node-controller');
    const nodes = informers.of(resources.nodes);
    this.#nodes = nodes.store;
    const add = ({ metadata }: Stored<Node>): void => this.#queue.add(metadata.name);
    nodes.addHandler({ onAdd: add, onUpdate: (_old, node) => add(node) });
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([
      workOn(this.#queue, WORKERS, signal, (name) => this.#sync(name)),
      this.#keepAddresses(signal),
    ]);
  }

  async #sync(name: string): Promise<void> {
    const node = this.#nodes.get({ name });
    if (node === undefined) return;
    if (!isUninitialized(node)) {
      await this.#renameLabels(node);
      return;
    }
    let machine: Machine | undefined;
    try {
      machine = await this.#machineOf(node);
    } catch (cause) {
      const why = messageOf(cause);
      throw new Error(`failed to get instance metadata for node ${name}: ${why}`, { cause });
    }
    if (machine === undefined)
      throw new Error(`failed to get instance metadata for node ${name}: instance not found`);
    let updated: Stored<Node>;
    try {
      updated = await this.#context.client.update(resources.nodes, initialized(node, machine));
    } catch (error) {
      // Its kubelet wrote in between: what it wrote comes soon.
      if (reasonOf(error) !== 'Conflict') throw error;
      this.#queue.addAfter(name, CONFLICT_MS);
      return;
    }
    await this.#updateAddresses(updated, machine);
    this.#recorder.event(node, 'Normal', 'Synced', 'Node synced successfully');
  }

  #machineOf({ metadata, spec }: Stored<Node>): Promise<Machine | undefined> {
    return this.#cloud.machineOf({ name: metadata.name, providerId: spec.providerID });
  }

  async #renameLabels(node: Stored<Node>): Promise<void> {
    const labels = missingLabels(node);
    if (Object.keys(labels).length === 0) return;
    await this.#context.client.patch(resources.nodes, node.metadata, {
      type: 'strategic',
      patch: { metadata: { labels } },
    });
  }

  async #updateAddresses(node: Stored<Node>, machine: Machine): Promise<void> {
    const addresses = addressesOf(node, machine);
    if (addresses.length === 0 || !haveChanged(node.status?.addresses, addresses)) return;
    await this.#context.client.patch(
      resources.nodes,
      node.metadata,
      { type: 'merge', patch: { status: { addresses } } },
      { subresource: 'status' },
    );
  }

  async #keepAddresses(signal: AbortSignal): Promise<void> {
    const { clock, onError } = this.#context;
    for (;;) {
      await sleep(clock, ADDRESSES_EVERY, signal).catch(() => {});
      if (signal.aborted) return;
      for (const node of this.#nodes.list().filter((each) => !isUninitialized(each))) {
        try {
          const machine = await this.#machineOf(node);
          if (machine !== undefined) await this.#updateAddresses(node, machine);
        } catch (error) {
          onError(error);
        }
      }
    }
  }
}
