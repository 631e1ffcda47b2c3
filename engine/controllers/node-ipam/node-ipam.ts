import type { EventRecorder } from '../../client/events/event-recorder.ts';
import type { Informer } from '../../client/informer/informer.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import { isV6, parseCidr } from '../../objects/ip.ts';
import type { Node } from '../../objects/generated/core-v1.generated.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { OwnWrites } from '../own-writes.ts';
import { workOn } from '../work-loop.ts';
import { CidrSet } from './cidr-set.ts';

const WORKERS = 30;
const TRIES = 3;
/** `--node-cidr-mask-size-ipv4` and `-ipv6` */
const LENGTH_V4 = 24;
const LENGTH_V6 = 64;

/**
 * Gives each node a range of addresses for its Pods from `--cluster-cidr`, one of each family that is
 * there (upstream's `nodeipam` with its RangeAllocator). Does nothing when there is none.
 */
export class NodeIpam implements Controller {
  readonly #context: ControllerContext;
  readonly #recorder: EventRecorder;
  readonly #nodes: Informer<Node>;
  readonly #queue: WorkQueue;
  readonly #sets: readonly CidrSet[];
  readonly #ownWrites = new OwnWrites();

  /** @throws RangeError when the flags say what cannot be */
  constructor(context: ControllerContext) {
    this.#context = context;
    this.#recorder = context.recorder('cidrAllocator');
    const { clock, onError, informers, configuration } = context;
    const { clusterCidr = '', nodeCidrMaskSize } = configuration;
    this.#sets = clusterCidr
      .split(',')
      .filter((text) => text !== '')
      .map((text) => {
        const prefix = parseCidr(text);
        if (prefix === undefined) throw new RangeError(`--cluster-cidr: ${text} is no CIDR.`);
        const usual = isV6(prefix.network) ? LENGTH_V6 : LENGTH_V4;
        return new CidrSet(prefix, nodeCidrMaskSize ?? usual);
      });
    this.#queue = new WorkQueue({ clock, onError });
    this.#nodes = informers.of(resources.nodes);
    const add = ({ metadata }: Stored<Node>): void => this.#queue.add(metadata.name);
    this.#nodes.addHandler({
      onAdd: add,
      onUpdate: (_old, node) => add(node),
      onDelete: (node) => {
        this.#ownWrites.forget(node.metadata.name);
        this.#forEachCidr(node, (set, cidr) => set.release(cidr));
      },
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    if (this.#sets.length === 0) return;
    // What nodes have is taken before any gets a new one.
    for (const node of this.#nodes.store.list())
      this.#forEachCidr(node, (set, cidr) => set.occupy(cidr));
    await workOn(this.#queue, WORKERS, signal, (name) => this.#sync(name));
  }

  #forEachCidr({ metadata, spec }: Node, work: (set: CidrSet, cidr: string) => void): void {
    if (this.#sets.length === 0) return;
    for (const [index, cidr] of (spec?.podCIDRs ?? []).entries()) {
      const set = this.#sets[index];
      try {
        if (set === undefined)
          throw new RangeError(
            `node:${metadata.name} has an allocated cidr: ${cidr} at index:${index} that does not exist in cluster cidrs configuration`,
          );
        work(set, cidr);
      } catch (error) {
        this.#context.onError(error);
      }
    }
  }

  async #sync(name: string): Promise<void> {
    const node = this.#nodes.store.get({ name });
    if (node === undefined || node.metadata.deletionTimestamp !== undefined) return;
    if ((node.spec?.podCIDRs ?? []).length > 0) {
      this.#forEachCidr(node, (set, cidr) => set.occupy(cidr));
      return;
    }
    if (!this.#ownWrites.areShown(name, () => this.#queue.add(name))) return;
    const cidrs = this.#sets.map((set) => set.allocate());
    if (cidrs.some((cidr) => cidr === undefined)) {
      this.#release(cidrs);
      this.#tell(node, 'CIDRNotAvailable');
      const index = cidrs.indexOf(undefined);
      throw new Error(
        `failed to allocate cidr from cluster cidr at idx:${index}: CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range`,
      );
    }
    await this.#assign(node, cidrs);
  }

  async #assign(node: Stored<Node>, cidrs: readonly (string | undefined)[]): Promise<void> {
    const { name } = node.metadata;
    const patch = { spec: { podCIDR: cidrs[0], podCIDRs: cidrs } };
    for (let tries = 1; ; tries++) {
      try {
        const written = await this.#context.client.patch(
          resources.nodes,
          { name },
          { type: 'strategic', patch },
        );
        this.#ownWrites.add(name, this.#nodes, written);
        return;
      } catch (error) {
        if (tries < TRIES && reasonOf(error) !== 'NotFound') continue;
        this.#tell(node, 'CIDRAssignmentFailed');
        // Whether a request that took too long was heard is not known: rather lose the ranges.
        if (reasonOf(error) !== 'ServerTimeout') this.#release(cidrs);
        throw error;
      }
    }
  }

  #release(cidrs: readonly (string | undefined)[]): void {
    for (const [index, cidr] of cidrs.entries())
      if (cidr !== undefined) this.#sets[index]?.release(cidr);
  }

  #tell({ metadata: { name, uid } }: Stored<Node>, status: string): void {
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name, uid } };
    this.#recorder.event(node, 'Normal', status, `Node ${name} status is now: ${status}`);
  }
}
