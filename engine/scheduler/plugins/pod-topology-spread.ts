import { z } from 'zod';
import type { Pod, TopologySpreadConstraint } from '../../objects/generated/core-v1.generated.ts';
import { matchesLabels } from '../../objects/selectors/label-selector.ts';
import type { NodeInfo } from '../cache/node-info.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import { ACTION } from '../framework/cluster-event.ts';
import { StateKey, type CycleState, type StateData } from '../framework/cycle-state.ts';
import type { PluginFactory } from '../framework/plugin.ts';
import { SKIP, unresolvable, unschedulable } from '../framework/status.ts';
import { NAMES } from './names.ts';
import { SpreadScores } from './spread-scores.ts';
import {
  constraintsOf,
  countMatching,
  hasAllTopologies,
  isCounted,
  SYSTEM_DEFAULTS,
  type SpreadConstraint,
} from './spread-constraints.ts';

const { podTopologySpread: NAME } = NAMES;
const REASON = "node(s) didn't match pod topology spread constraints";
const tooSkewed = unschedulable(NAME, REASON);
const noLabel = unresolvable(NAME, `${REASON} (missing required label)`);

const Arguments = z.object({
  defaultConstraints: z.array(z.custom<TopologySpreadConstraint>()).default([]),
  defaultingType: z.enum(['System', 'List']).default('System'),
});

/** How many matching Pods each domain has, for each constraint. */
class DomainCounts implements StateData {
  readonly constraints: readonly SpreadConstraint[];
  readonly counts: readonly Map<string, number>[];

  constructor(constraints: readonly SpreadConstraint[], counts: readonly Map<string, number>[]) {
    this.constraints = constraints;
    this.counts = counts;
  }

  clone(): DomainCounts {
    return new DomainCounts(
      this.constraints,
      this.counts.map((domains) => new Map(domains)),
    );
  }

  add(index: number, domain: string, by: number): void {
    const domains = this.counts[index];
    domains?.set(domain, (domains.get(domain) ?? 0) + by);
  }

  /** Of the emptiest domain; 0 when there are fewer domains than there have to be. */
  least(index: number, minDomains: number): number {
    const domains = this.counts[index] ?? new Map<string, number>();
    if (domains.size < minDomains) return 0;
    let least = Infinity;
    for (const count of domains.values()) if (count < least) least = count;
    return least;
  }

  /** A Pod comes to the node, or leaves it. */
  follow(pod: PodInfo, other: PodInfo, node: NodeInfo, by: number): void {
    if (other.namespace !== pod.namespace || !hasAllTopologies(node.labels, this.constraints))
      return;
    for (const [index, constraint] of this.constraints.entries())
      if (matchesLabels(constraint.selector, other.labels) && isCounted(constraint, pod, node))
        this.add(index, node.labels[constraint.topologyKey] ?? '', by);
  }
}

const COUNTS = new StateKey<DomainCounts>(NAME);

/**
 * Spreads Pods over domains of a topology.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
 */
export const podTopologySpread: PluginFactory = (args, { stores, snapshot }) => {
  const { defaultConstraints, defaultingType } = Arguments.parse(args ?? {});
  const isSystem = defaultingType === 'System';
  const defaults = isSystem ? SYSTEM_DEFAULTS : defaultConstraints;
  const hardConstraints = (pod: Pod) => constraintsOf(pod, 'DoNotSchedule', defaults, stores);
  const scores = new SpreadScores(
    (pod) => constraintsOf(pod, 'ScheduleAnyway', defaults, stores),
    // Nodes without zones still spread over themselves when nobody asked for zones.
    (pod) => (pod.spec.topologySpreadConstraints ?? []).length > 0 || !isSystem,
  );

  const prepare = (state: CycleState, pod: PodInfo) => {
    const constraints = hardConstraints(pod.pod);
    if (constraints.length === 0) return SKIP;
    const counts = new DomainCounts(
      constraints,
      constraints.map(() => new Map()),
    );
    for (const node of snapshot.nodes) {
      if (!hasAllTopologies(node.labels, constraints)) continue;
      for (const [index, constraint] of constraints.entries())
        if (isCounted(constraint, pod, node))
          counts.add(
            index,
            node.labels[constraint.topologyKey] ?? '',
            countMatching(node, constraint.selector, pod.namespace),
          );
    }
    state.write(COUNTS, counts);
    return undefined;
  };

  const matchesDiffer = (pod: Pod, before: Pod, after: Pod): boolean =>
    hardConstraints(pod).some(
      ({ selector }) =>
        matchesLabels(selector, before.metadata.labels) !==
        matchesLabels(selector, after.metadata.labels),
    );

  return {
    name: NAME,
    interests: [
      {
        resource: 'AssignedPod',
        actions: ACTION.add | ACTION.updatePodLabel | ACTION.delete,
        hint(pod, before, after) {
          const other = after ?? before;
          if (other?.metadata.namespace !== pod.metadata.namespace) return false;
          if (before !== undefined && after !== undefined) return matchesDiffer(pod, before, after);
          return hardConstraints(pod).some(({ selector }) =>
            matchesLabels(selector, other?.metadata.labels),
          );
        },
      },
      {
        resource: 'TargetPod',
        actions: ACTION.updatePodToleration | ACTION.updatePodLabel,
        hint(pod, before, after) {
          if (before === undefined || after === undefined) return true;
          const tolerations = (of: Pod): number => of.spec.tolerations?.length ?? 0;
          return (
            (tolerations(before) !== tolerations(after) &&
              hardConstraints(pod).some(({ honorsTaints }) => honorsTaints)) ||
            matchesDiffer(pod, before, after)
          );
        },
      },
      {
        resource: 'Node',
        actions: ACTION.add | ACTION.delete | ACTION.updateNodeLabel | ACTION.updateNodeTaint,
        hint(pod, before, after) {
          const constraints = hardConstraints(pod);
          return [before, after].some(
            (node) =>
              node !== undefined && hasAllTopologies(node.metadata.labels ?? {}, constraints),
          );
        },
      },
    ],
    preFilter: prepare,
    addPod: (state, pod, added, node) => state.read(COUNTS)?.follow(pod, added, node, 1),
    removePod: (state, pod, removed, node) => state.read(COUNTS)?.follow(pod, removed, node, -1),
    filter(state, pod, node) {
      const counts = state.read(COUNTS);
      for (const [index, constraint] of (counts?.constraints ?? []).entries()) {
        const domain = node.labels[constraint.topologyKey];
        if (domain === undefined) return noLabel;
        const itself = matchesLabels(constraint.selector, pod.labels) ? 1 : 0;
        const count = (counts?.counts[index]?.get(domain) ?? 0) + itself;
        if (count - (counts?.least(index, constraint.minDomains) ?? 0) > constraint.maxSkew)
          return tooSkewed;
      }
      return undefined;
    },
    preScore: (state, pod, nodes) => scores.prepare(state, pod, nodes, snapshot.nodes),
    score: (state, pod, node) => scores.score(state, pod, node),
    normalize: (state, list, nodes) => scores.normalize(state, list, nodes),
  };
};
