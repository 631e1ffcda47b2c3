import type { NodeInfo } from './node-info.ts';

/**
 * The nodes as the plugins of one cycle see them. A cycle is one turn of the event loop, so the
 * cache itself is its own snapshot: nothing can change while a cycle looks, and nothing is copied.
 */
export interface Snapshot {
  /** nodes that exist, in the order in which they are looked at */
  readonly nodes: readonly NodeInfo[];
  /** those with Pods that have any term of affinity or anti-affinity */
  readonly nodesWithAffinity: Iterable<NodeInfo>;
  /** those with Pods that have a required term of anti-affinity */
  readonly nodesWithRequiredAntiAffinity: Iterable<NodeInfo>;
  get(name: string): NodeInfo | undefined;
  /** Pods on nodes that use the claim, `namespace/name`. */
  claimUsers(claim: string): number;
}
