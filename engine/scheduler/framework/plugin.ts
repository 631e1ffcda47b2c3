import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Client } from '../../client/client.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import type { NodeInfo } from '../cache/node-info.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import type { Snapshot } from '../cache/snapshot.ts';
import type { ClusterStores } from '../cache/cluster-stores.ts';
import type { QueuedPod } from '../queue/queued-pod.ts';
import type { EventInterest } from './cluster-event.ts';
import type { CycleState } from './cycle-state.ts';
import type { NodeStatuses } from './node-statuses.ts';
import type { Rejection, Skip } from './status.ts';

/**
 * A plugin of the scheduling framework implements any of these extension points.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/scheduling-framework/
 *
 * All that decide are synchronous: a scheduling cycle is one turn of the event loop, in which
 * nothing else changes. What speaks to the API server (PreBind, Bind) is not.
 */
export interface Plugin {
  readonly name: string;
  /** What may help a Pod that it refused. */
  readonly interests?: readonly EventInterest[];

  /** A Pod that is refused here is not tried at all until an event of interest. */
  preEnqueue?(pod: Pod): Rejection | undefined;
  /** Which of two Pods is tried first: negative when `a` is. All profiles share one order. */
  compare?(a: QueuedPod, b: QueuedPod): number;

  /** Looks at the Pod and the cluster once, or says which nodes are the only ones to look at. */
  preFilter?(state: CycleState, pod: PodInfo): Skip | Rejection | PreFilterResult | undefined;
  /** Takes into account that a Pod were on the node; only after `preFilter` did not skip. */
  addPod?(state: CycleState, pod: PodInfo, added: PodInfo, node: NodeInfo): void;
  removePod?(state: CycleState, pod: PodInfo, removed: PodInfo, node: NodeInfo): void;
  filter?(state: CycleState, pod: PodInfo, node: NodeInfo): Rejection | undefined;
  /** When no node fits: tries to make one fit later. */
  postFilter?(state: CycleState, pod: PodInfo, statuses: NodeStatuses): PostFilterResult;

  preScore?(state: CycleState, pod: PodInfo, nodes: readonly NodeInfo[]): Skip | undefined;
  /** The more the better; between 0 and 100 when there is no `normalize`. */
  score?(state: CycleState, pod: PodInfo, node: NodeInfo): number;
  /** Brings the scores, one for each node, between 0 and 100. */
  normalize?(state: CycleState, scores: number[], nodes: readonly NodeInfo[]): void;

  reserve?(state: CycleState, pod: PodInfo, nodeName: string): Rejection | undefined;
  /** Must do nothing when nothing is reserved. */
  unreserve?(state: CycleState, pod: PodInfo, nodeName: string): void;
  /** Lets the Pod go on, refuses it, or has it wait so long for `WaitingPods.allow`. */
  permit?(
    state: CycleState,
    pod: PodInfo,
    nodeName: string,
  ): Rejection | { readonly waitMilliseconds: number } | undefined;

  /** Whether `preBind` will have anything to do. */
  preBindPreFlight?(state: CycleState, pod: PodInfo, nodeName: string): Skip | undefined;
  preBind?(state: CycleState, pod: PodInfo, nodeName: string, signal: AbortSignal): Promise<void>;
  /** The first that does not skip has bound the Pod. */
  bind?(state: CycleState, pod: PodInfo, nodeName: string): Promise<Skip | undefined>;
  postBind?(state: CycleState, pod: PodInfo, nodeName: string): void;
}

/** The only nodes that can fit. */
export interface PreFilterResult {
  readonly nodeNames: ReadonlySet<string>;
}

export interface PostFilterResult {
  /** whether a node was made to fit; otherwise the next plugin may try */
  readonly success: boolean;
  /** for the Pod's event */
  readonly message: string;
  /** the node to nominate, '' to clear a nomination; left as it is when absent */
  readonly nominatedNodeName?: string;
}

/** What plugins are made with. */
export interface PluginHandle {
  readonly stores: ClusterStores;
  /** the nodes, as they are in the running cycle */
  readonly snapshot: Snapshot;
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  /** what preemption needs of the scheduler around it */
  readonly preemption: PreemptionHandle;
}

export interface PreemptionHandle {
  /** Runs the filters of the Pod's profile, once as if the Pods nominated to the node were there. */
  filter(state: CycleState, pod: PodInfo, node: NodeInfo): Rejection | undefined;
  addPod(state: CycleState, pod: PodInfo, added: PodInfo, node: NodeInfo): void;
  removePod(state: CycleState, pod: PodInfo, removed: PodInfo, node: NodeInfo): void;
  /** Pods of lower priority that are nominated to the node. */
  nominatedBelow(nodeName: string, priority: number): readonly Pod[];
  /** Ends the wait of a Pod between reservation and binding. False: it does not wait. */
  rejectWaiting(pod: Pod, plugin: string, reason: string): boolean;
  /** Puts a Pod that was refused into the active queue. */
  activate(pod: Pod): void;
  recordPreempted(victim: Pod, preemptor: Pod, note: string): void;
  onError(error: unknown): void;
}

/** Makes a plugin with the arguments of its configuration. Throws a ConfigurationError. */
export type PluginFactory = (args: unknown, handle: PluginHandle) => Plugin;

export const MAX_NODE_SCORE = 100;
