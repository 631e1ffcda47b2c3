import type { Pod, TopologySpreadConstraint } from '../../objects/generated/core-v1.generated.ts';
import {
  labelSelectorOf,
  matchesLabels,
  selectorFromLabels,
  type LabelRequirement,
  type LabelSelector,
} from '../../objects/selectors/label-selector.ts';
import type { ClusterStores } from '../cache/cluster-stores.ts';
import type { NodeInfo } from '../cache/node-info.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import { matchesRequiredNodeAffinity } from '../../objects/selectors/node-selector.ts';
import { untoleratedTaint } from '../../objects/selectors/tolerations.ts';

/** A constraint, read once. */
export interface SpreadConstraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly selector: LabelSelector;
  readonly minDomains: number;
  readonly honorsAffinity: boolean;
  readonly honorsTaints: boolean;
}

type Action = TopologySpreadConstraint['whenUnsatisfiable'];
type Labels = Readonly<Record<string, string>>;

/** What holds for Pods without constraints of their own, when the configuration has no defaults. */
export const SYSTEM_DEFAULTS: readonly TopologySpreadConstraint[] = [
  { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 3 },
  { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 5 },
];

/** The Pod's constraints of one kind, or the defaults for the Pods it belongs to. */
export function constraintsOf(
  pod: Pod,
  action: Action,
  defaults: readonly TopologySpreadConstraint[],
  stores: ClusterStores,
): readonly SpreadConstraint[] {
  const own = pod.spec.topologySpreadConstraints ?? [];
  if (own.length > 0) return own.filter(of(action)).map((constraint) => read(constraint, pod));
  const applicable = defaults.filter(of(action));
  if (applicable.length === 0) return [];
  const selector = selectorOfOwners(pod, stores);
  if (selector.length === 0) return [];
  return applicable.map((constraint) => ({ ...read(constraint, pod), selector }));
}

function of(action: Action) {
  return ({ whenUnsatisfiable }: TopologySpreadConstraint): boolean => whenUnsatisfiable === action;
}

function read(constraint: TopologySpreadConstraint, { metadata }: Pod): SpreadConstraint {
  const { labelSelector, matchLabelKeys = [], nodeAffinityPolicy, nodeTaintsPolicy } = constraint;
  const base = labelSelectorOf(labelSelector);
  const { labels = {} } = metadata;
  const same = matchLabelKeys.flatMap((key): LabelRequirement[] =>
    labels[key] === undefined ? [] : [{ key, operator: '=', values: [labels[key]] }],
  );
  return {
    maxSkew: constraint.maxSkew,
    topologyKey: constraint.topologyKey,
    selector: base === null ? null : [...base, ...same],
    minDomains: constraint.minDomains ?? 1,
    honorsAffinity: nodeAffinityPolicy !== 'Ignore',
    honorsTaints: nodeTaintsPolicy === 'Honor',
  };
}

/** What the Pod's Services and its controller select; nothing when it has none. */
function selectorOfOwners(pod: Pod, stores: ClusterStores): readonly LabelRequirement[] {
  const { namespace = '', labels, ownerReferences = [] } = pod.metadata;
  const merged: Record<string, string> = {};
  for (const { spec } of stores.services.list(namespace)) {
    const selector = spec?.selector;
    if (selector !== undefined && matchesLabels(selectorFromLabels(selector), labels))
      Object.assign(merged, selector);
  }
  const owner = ownerReferences.find(({ controller }) => controller === true);
  const name = { namespace, name: owner?.name ?? '' };
  let requirements: readonly LabelRequirement[] = [];
  if (owner?.apiVersion === 'v1' && owner.kind === 'ReplicationController')
    Object.assign(merged, stores.replicationControllers.get(name)?.spec?.selector);
  else if (owner?.apiVersion === 'apps/v1' && owner.kind === 'ReplicaSet')
    requirements = labelSelectorOf(stores.replicaSets.get(name)?.spec?.selector) ?? [];
  else if (owner?.apiVersion === 'apps/v1' && owner.kind === 'StatefulSet')
    requirements = labelSelectorOf(stores.statefulSets.get(name)?.spec?.selector) ?? [];
  return [...selectorFromLabels(merged), ...requirements];
}

export function hasAllTopologies(
  labels: Labels,
  constraints: readonly SpreadConstraint[],
): boolean {
  return constraints.every(({ topologyKey }) => labels[topologyKey] !== undefined);
}

/** Whether the Pods of a node count, by what the constraint says of affinity and taints. */
export function isCounted(constraint: SpreadConstraint, { pod }: PodInfo, node: NodeInfo): boolean {
  return (
    (!constraint.honorsAffinity || matchesRequiredNodeAffinity(pod, node)) &&
    (!constraint.honorsTaints ||
      untoleratedTaint(node.doNotScheduleTaints, pod.spec.tolerations) === undefined)
  );
}

/** Pods on the node that match, in the namespace; those that are ending do not count. */
export function countMatching(node: NodeInfo, selector: LabelSelector, namespace: string): number {
  if (selector === null || selector.length === 0) return 0;
  let count = 0;
  for (const { pod } of node.pods)
    if (
      pod.metadata.deletionTimestamp === undefined &&
      pod.metadata.namespace === namespace &&
      matchesLabels(selector, pod.metadata.labels)
    )
      count++;
  return count;
}
