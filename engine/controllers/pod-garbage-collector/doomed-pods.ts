import type { Stored } from '../../client/resource.ts';
import type { Node, Pod } from '../../objects/generated/core-v1.generated.ts';
import { nodeCondition } from '../nodes/node-condition.ts';

const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

/** Those that have ended beyond `threshold`: evicted ones first, then the oldest. */
export function endedBeyond(pods: readonly Stored<Pod>[], threshold: number): Stored<Pod>[] {
  const ended = pods.filter(
    ({ status }) => !['Pending', 'Running', 'Unknown'].includes(status?.phase ?? ''),
  );
  return inOrder(ended).slice(0, Math.max(0, ended.length - threshold));
}

/** Those that are to end on nodes of which somebody said that they are broken for good. */
export function onBrokenNodes(
  pods: readonly Stored<Pod>[],
  nodeOf: (name: string) => Node | undefined,
): Stored<Pod>[] {
  const isBroken = ({ spec, status }: Node): boolean =>
    spec?.taints?.some(({ key }) => key === OUT_OF_SERVICE) === true &&
    nodeCondition(status, 'Ready')?.status !== 'True';
  const doomed = pods.filter(({ metadata, spec: { nodeName } }) => {
    if (metadata.deletionTimestamp === undefined || nodeName === undefined) return false;
    const node = nodeOf(nodeName);
    return node !== undefined && isBroken(node);
  });
  return inOrder(doomed);
}

/** Those that are to end and never had a node, where nobody ends them. */
export function unscheduled(pods: readonly Stored<Pod>[]): Stored<Pod>[] {
  return pods.filter(
    ({ metadata, spec }) =>
      metadata.deletionTimestamp !== undefined && (spec.nodeName ?? '') === '',
  );
}

function inOrder(pods: readonly Stored<Pod>[]): Stored<Pod>[] {
  const isEvicted = ({ status }: Pod): boolean =>
    status?.phase === 'Failed' && status.reason === 'Evicted';
  return pods.toSorted((one, other) => {
    if (isEvicted(one) !== isEvicted(other)) return isEvicted(one) ? -1 : 1;
    const ages =
      Date.parse(one.metadata.creationTimestamp) - Date.parse(other.metadata.creationTimestamp);
    return ages || (one.metadata.name < other.metadata.name ? -1 : 1);
  });
}
