import type { Node, Taint } from '../../objects/generated/core-v1.generated.ts';
import { isDoNotSchedule } from '../../objects/selectors/tolerations.ts';
import { amountOf } from '../../objects/amount-of.ts';
import { Amounts, amountsOf } from './amounts.ts';
import type { HostPort } from './host-ports.ts';
import type { PodInfo } from './pod-info.ts';

/** An image and the nodes that have it, as nodes report it. */
export interface ImageState {
  readonly size: number;
  readonly nodes: Set<string>;
}

const NO_LABELS: Readonly<Record<string, string>> = {};
const NO_TAINTS: readonly Taint[] = [];

/** A node with the Pods that are on it or are about to be, and their sums. */
export class NodeInfo {
  readonly name: string;
  /** missing while only Pods are known that name it */
  node: Node | undefined;
  labels = NO_LABELS;
  taints = NO_TAINTS;
  /** those of the taints that keep Pods away */
  doNotScheduleTaints = NO_TAINTS;
  isUnschedulable = false;
  allocatable = new Amounts();
  allowedPods = 0;
  images: ReadonlyMap<string, ImageState> = new Map();
  readonly requested: Amounts;
  readonly nonZeroRequested: Amounts;
  readonly pods: PodInfo[];

  constructor(name: string, from?: NodeInfo) {
    this.name = name;
    this.requested = from?.requested.clone() ?? new Amounts();
    this.nonZeroRequested = from?.nonZeroRequested.clone() ?? new Amounts();
    this.pods = from === undefined ? [] : [...from.pods];
  }

  /** A copy whose Pods change apart, for trials. */
  clone(): NodeInfo {
    const copy = new NodeInfo(this.name, this);
    copy.node = this.node;
    copy.labels = this.labels;
    copy.taints = this.taints;
    copy.doNotScheduleTaints = this.doNotScheduleTaints;
    copy.isUnschedulable = this.isUnschedulable;
    copy.allocatable = this.allocatable;
    copy.allowedPods = this.allowedPods;
    copy.images = this.images;
    return copy;
  }

  setNode(node: Node): void {
    this.node = node;
    this.labels = node.metadata.labels ?? NO_LABELS;
    this.taints = node.spec.taints ?? NO_TAINTS;
    this.doNotScheduleTaints = this.taints.filter(isDoNotSchedule);
    this.isUnschedulable = node.spec.unschedulable ?? false;
    const { allocatable } = node.status ?? {};
    this.allocatable = amountsOf(allocatable);
    this.allowedPods = amountOf('pods', allocatable?.['pods'] ?? '0');
  }

  addPod(pod: PodInfo): void {
    this.pods.push(pod);
    this.requested.add(pod.requests);
    this.nonZeroRequested.add(pod.nonZeroRequests);
  }

  /** False: it was not there. */
  removePod(uid: string): boolean {
    const index = this.pods.findIndex((pod) => pod.uid === uid);
    const pod = this.pods[index];
    if (pod === undefined) return false;
    this.pods.splice(index, 1);
    this.requested.add(pod.requests, -1);
    this.nonZeroRequested.add(pod.nonZeroRequests, -1);
    return true;
  }

  /** The ports of the node that its Pods have. */
  *usedPorts(): Generator<HostPort, void, void> {
    for (const { hostPorts } of this.pods) yield* hostPorts;
  }
}
