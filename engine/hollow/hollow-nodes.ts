import { sleep, type Clock } from '../base/clock.ts';
import { inParallel } from '../base/in-parallel.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import type { Informer } from '../client/informer/informer.ts';
import { SharedInformers } from '../client/informer/shared-informers.ts';
import type { Stored } from '../client/resource.ts';
import { resources } from '../client/resources.ts';
import { reasonOf } from '../client/response-failure.ts';
import type { Lease } from '../objects/generated/coordination-v1.generated.ts';
import type { Node } from '../objects/generated/core-v1.generated.ts';
import { formatMicroTime } from '../objects/time.ts';
import { isDown } from './annotations.ts';
import { HollowPods } from './hollow-pods.ts';
import {
  hollowName,
  indexOf,
  indexOfName,
  nodeObject,
  nodeStatus,
  shutdownStatus,
} from './node-object.ts';

export interface HollowNodesOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly count: number;
  /** milliseconds from a Pod's binding until it is ready, unless it asks for another time */
  readonly readyAfter: number;
  /** how long a lease holds, in seconds: kubelets' `nodeLeaseDurationSeconds`, 40 when absent */
  readonly leaseSeconds?: number;
  /** a cloud has to confirm the nodes */
  readonly inCloud?: boolean;
  readonly onError: (error: unknown) => void;
}

/** As the kubelet: a lease is renewed after a quarter of the time it holds. */
const LEASE_SECONDS = 40;
const RENEWALS = 4;
const LEASE_NAMESPACE = 'kube-node-lease';
/** Requests of all nodes that are under way at once. */
const AT_ONCE = 32;

/**
 * Nodes whose kubelets pretend: they register, renew leases, and report Pods as running and ready
 * although nothing runs. For scale, and to watch controllers at work. All are one component with
 * one watch of Pods, because a thousand of each would only show what that costs.
 */
export class HollowNodes {
  readonly #options: HollowNodesOptions;
  readonly #informers: SharedInformers;
  readonly #nodes: Informer<Node>;
  readonly #pods: HollowPods;
  /** names of nodes whose machine is switched off or gone */
  readonly #off = new Set<string>();

  constructor(options: HollowNodesOptions) {
    this.#options = options;
    this.#informers = new SharedInformers(options);
    this.#nodes = this.#informers.of(resources.nodes, {
      labelSelector: 'hollow.drydock.dev/node=true',
    });
    this.#pods = new HollowPods({
      ...options,
      nodes: this.#nodes,
      informers: this.#informers,
      isSilent: (metadata) => this.#isSilent(metadata),
    });
  }

  /** Resolves when all nodes are registered and ready; they live until the signal. */
  async start(signal: AbortSignal): Promise<void> {
    const { count } = this.#options;
    await inParallel(Array(count).keys(), AT_ONCE, (index) => this.#register(index));
    await this.#informers.synced();
    this.#nodes.addHandler({
      onUpdate: (before, after) => {
        if (isDown(before.metadata) && !isDown(after.metadata))
          this.#signOfLife(indexOf(after)).catch(this.#options.onError);
      },
    });
    const stopped = this.#pods.run(signal);
    const renewing = this.#renew(signal);
    void Promise.allSettled([stopped, renewing]).then(() => this.#informers.dispose());
  }

  /** A machine that goes down is shut down in order: its kubelet says so at the end. */
  async setPower(name: string, on: boolean): Promise<void> {
    const index = indexOfName(name);
    if (index === undefined || index >= this.#options.count) return;
    if (on) {
      if (!this.#off.delete(name)) return;
      await this.#register(index);
      this.#pods.takeUp(name);
      return;
    }
    this.#off.add(name);
    const status = shutdownStatus(this.#options.clock.now());
    try {
      await this.#options.client.patch(
        resources.nodes,
        { name },
        { type: 'strategic', patch: { status } },
        { subresource: 'status' },
      );
    } catch (error) {
      if (reasonOf(error) !== 'NotFound') throw error;
    }
  }

  #isSilent(metadata: Stored<Node>['metadata']): boolean {
    return isDown(metadata) || this.#off.has(metadata.name);
  }

  async #register(index: number): Promise<void> {
    const { client, inCloud = false } = this.#options;
    const node = nodeObject(index, inCloud);
    try {
      await client.create(resources.nodes, node);
    } catch (error) {
      if (reasonOf(error) !== 'AlreadyExists') throw error;
      // It was there in an earlier life.
      const { metadata } = await client.get(resources.nodes, node.metadata);
      if (isDown(metadata)) return;
    }
    await this.#signOfLife(index);
  }

  async #signOfLife(index: number): Promise<void> {
    await this.#reportReady(index);
    await this.#renewLease(index);
  }

  async #reportReady(index: number): Promise<void> {
    const { client, clock } = this.#options;
    const patch = { status: nodeStatus(index, clock.now()) };
    await client.patch(
      resources.nodes,
      { name: hollowName(index) },
      { type: 'strategic', patch },
      { subresource: 'status' },
    );
  }

  /** Spreads the renewals evenly over time. */
  async #renew(signal: AbortSignal): Promise<void> {
    const { clock, count, onError, leaseSeconds = LEASE_SECONDS } = this.#options;
    const pause = (leaseSeconds * 1000) / RENEWALS / Math.max(1, count);
    for (let index = 0; !signal.aborted; index = (index + 1) % Math.max(1, count)) {
      await sleep(clock, pause, signal).catch(() => {});
      if (signal.aborted) return;
      const node = this.#nodes.store.get({ name: hollowName(index) });
      if (node === undefined || this.#isSilent(node.metadata)) continue;
      this.#renewLease(index).catch(onError);
      if (!isReady(node)) this.#reportReady(index).catch(onError);
    }
  }

  async #renewLease(index: number): Promise<void> {
    const { client, clock, leaseSeconds = LEASE_SECONDS } = this.#options;
    const name = hollowName(index);
    const lease: Lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace: LEASE_NAMESPACE },
      spec: {
        holderIdentity: name,
        leaseDurationSeconds: Math.ceil(leaseSeconds),
        renewTime: formatMicroTime(clock.now()),
      },
    };
    try {
      await client.patch(resources.leases, lease.metadata, {
        type: 'merge',
        patch: { spec: lease.spec },
      });
    } catch (error) {
      if (reasonOf(error) !== 'NotFound') throw error;
      await client.create(resources.leases, lease);
    }
  }
}

/** Nobody says otherwise while its kubelet is silent. */
function isReady({ status }: Node): boolean {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
}
