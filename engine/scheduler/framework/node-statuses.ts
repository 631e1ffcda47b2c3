import type { NodeInfo } from '../cache/node-info.ts';
import { unresolvable, type Rejection, type RejectionCode } from './status.ts';

/** Why nodes were refused: those that were looked at, and one reason for all others. */
export class NodeStatuses {
  readonly #byNode = new Map<string, Rejection>();
  /** of nodes that no filter looked at */
  absent: Rejection = unresolvable('');

  set(nodeName: string, rejection: Rejection): void {
    this.#byNode.set(nodeName, rejection);
  }

  get(nodeName: string): Rejection {
    return this.#byNode.get(nodeName) ?? this.absent;
  }

  get size(): number {
    return this.#byNode.size;
  }

  get entries(): ReadonlyMap<string, Rejection> {
    return this.#byNode;
  }

  /** Those of `nodes` that were refused with this code. */
  nodesWith(code: RejectionCode, nodes: readonly NodeInfo[]): NodeInfo[] {
    return nodes.filter(({ name }) => this.get(name).code === code);
  }

  /** `2 Insufficient cpu, 1 node(s) were unschedulable.` over so many nodes; '' when nobody gave a reason. */
  summary(nodeCount: number): string {
    const counts = new Map<string, number>();
    const count = (reasons: readonly string[], times: number): void => {
      for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + times);
    };
    for (const { reasons } of this.#byNode.values()) count(reasons, 1);
    if (this.size < nodeCount) count(this.absent.reasons, nodeCount - this.size);
    // Sorted as texts, as upstream does: "10 …" comes before "2 …".
    const lines = [...counts].map(([reason, times]) => `${times} ${reason}`).toSorted(byBytes);
    return lines.length === 0 ? '' : `${lines.join(', ')}.`;
  }
}

function byBytes(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
