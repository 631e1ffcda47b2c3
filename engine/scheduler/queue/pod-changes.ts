import type { Node, NodeCondition, Pod } from '../../objects/generated/core-v1.generated.ts';
import { podRequests } from '../cache/pod-requests.ts';
import { ACTION, type ClusterEvent } from '../framework/cluster-event.ts';

/** What changed in a Pod, as far as it matters to scheduling; `updateOther` when nothing does. */
export function podChanges(
  before: Pod,
  after: Pod,
  resource: 'AssignedPod' | 'TargetPod',
): ClusterEvent[] {
  const actions: number[] = [];
  if (!isSame(before.metadata.labels, after.metadata.labels)) actions.push(ACTION.updatePodLabel);
  if (before.spec.containers !== after.spec.containers && hasScaledDown(before, after))
    actions.push(ACTION.updatePodScaleDown);
  if (count(before.spec.schedulingGates) > 0 && count(after.spec.schedulingGates) === 0)
    actions.push(ACTION.updatePodSchedulingGatesEliminated);
  if (count(before.spec.tolerations) !== count(after.spec.tolerations))
    actions.push(ACTION.updatePodToleration);
  if (actions.length === 0) actions.push(ACTION.updateOther);
  return actions.map((action) => ({ resource, action, before, after }));
}

/** What changed in a node, as far as it matters to scheduling. */
export function nodeChanges(before: Node, after: Node): ClusterEvent[] {
  const actions: number[] = [];
  const wasUnschedulable = before.spec.unschedulable ?? false;
  const isUnschedulable = after.spec.unschedulable ?? false;
  if (
    (wasUnschedulable && !isUnschedulable) ||
    !isSame(before.spec.taints ?? [], after.spec.taints ?? [])
  )
    actions.push(ACTION.updateNodeTaint);
  if (!isSame(before.status?.allocatable, after.status?.allocatable))
    actions.push(ACTION.updateNodeAllocatable);
  if (!isSame(before.metadata.labels, after.metadata.labels)) actions.push(ACTION.updateNodeLabel);
  if (!isSame(statuses(before.status?.conditions), statuses(after.status?.conditions)))
    actions.push(ACTION.updateNodeCondition);
  if (!isSame(before.metadata.annotations, after.metadata.annotations))
    actions.push(ACTION.updateNodeAnnotation);
  return actions.map((action) => ({ resource: 'Node', action, before, after }));
}

function count(list: readonly unknown[] | undefined): number {
  return list?.length ?? 0;
}

function hasScaledDown(before: Pod, after: Pod): boolean {
  const was = podRequests(before.spec);
  const is = podRequests(after.spec);
  return ['cpu', 'memory', 'ephemeral-storage', ...was.scalar.keys()].some(
    (resource) => was.get(resource) > is.get(resource),
  );
}

function statuses(conditions: readonly NodeCondition[] | undefined) {
  return Object.fromEntries((conditions ?? []).map(({ type, status }) => [type, status]));
}

/** Of plain data. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const left = Object.entries(a);
  const right = b as Record<string, unknown>;
  return (
    left.length === Object.keys(b).length &&
    left.every(([key, value]) => Object.hasOwn(b, key) && isSame(value, right[key]))
  );
}
