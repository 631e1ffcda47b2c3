import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import type { NodeInfo } from '../cache/node-info.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import { StateKey, type CycleState } from '../framework/cycle-state.ts';
import { MAX_NODE_SCORE } from '../framework/plugin.ts';
import { SKIP, type Skip } from '../framework/status.ts';
import {
  countMatching,
  hasAllTopologies,
  isCounted,
  type SpreadConstraint,
} from './spread-constraints.ts';

const HOSTNAME = 'kubernetes.io/hostname';

interface Domains {
  readonly constraints: readonly SpreadConstraint[];
  /** nodes that lack a topology and get no points */
  readonly ignored: ReadonlySet<string>;
  /** matching Pods in each domain of the nodes that fit, for each constraint; host names are counted when asked */
  readonly counts: readonly ReadonlyMap<string, number>[];
  /** more domains weigh more, since each has fewer Pods */
  readonly weights: readonly number[];
}
const DOMAINS = new StateKey<Domains>('PodTopologySpread scores');

/** The soft side of topology spread: the fewer matching Pods in a node's domains, the better. */
export class SpreadScores {
  readonly #constraintsOf: (pod: Pod) => readonly SpreadConstraint[];
  readonly #needsAll: (pod: Pod) => boolean;

  /** @param needsAll whether a node has to have all topologies */
  constructor(
    constraintsOf: (pod: Pod) => readonly SpreadConstraint[],
    needsAll: (pod: Pod) => boolean,
  ) {
    this.#constraintsOf = constraintsOf;
    this.#needsAll = needsAll;
  }

  prepare(
    state: CycleState,
    pod: PodInfo,
    feasible: readonly NodeInfo[],
    all: readonly NodeInfo[],
  ): Skip | undefined {
    const constraints = this.#constraintsOf(pod.pod);
    if (constraints.length === 0) return SKIP;
    const needsAll = this.#needsAll(pod.pod);
    const isLeftOut = ({ labels }: NodeInfo): boolean =>
      needsAll && !hasAllTopologies(labels, constraints);
    const ignored = new Set(feasible.filter(isLeftOut).map(({ name }) => name));
    const counts = constraints.map(({ topologyKey }) => {
      const domains = new Map<string, number>();
      if (topologyKey !== HOSTNAME)
        for (const { name, labels } of feasible)
          if (!ignored.has(name)) domains.set(labels[topologyKey] ?? '', 0);
      return domains;
    });
    if (counts.some(({ size }) => size > 0))
      for (const node of all) {
        if (isLeftOut(node)) continue;
        for (const [index, constraint] of constraints.entries()) {
          const domain = node.labels[constraint.topologyKey] ?? '';
          const count = counts[index]?.get(domain);
          if (count !== undefined && isCounted(constraint, pod, node))
            counts[index]?.set(
              domain,
              count + countMatching(node, constraint.selector, pod.namespace),
            );
        }
      }
    const weights = constraints.map(({ topologyKey }, index) => {
      const size =
        topologyKey === HOSTNAME ? feasible.length - ignored.size : (counts[index]?.size ?? 0);
      return Math.log(size + 2);
    });
    state.write(DOMAINS, { constraints, ignored, counts, weights });
    return undefined;
  }

  score(state: CycleState, pod: PodInfo, node: NodeInfo): number {
    const domains = state.read(DOMAINS);
    if (domains === undefined || domains.ignored.has(node.name)) return 0;
    let score = 0;
    for (const [index, { topologyKey, selector, maxSkew }] of domains.constraints.entries()) {
      const domain = node.labels[topologyKey];
      if (domain === undefined) continue;
      const count =
        topologyKey === HOSTNAME
          ? countMatching(node, selector, pod.namespace)
          : (domains.counts[index]?.get(domain) ?? 0);
      score += count * (domains.weights[index] ?? 0) + (maxSkew - 1);
    }
    return Math.round(score);
  }

  normalize(state: CycleState, scores: number[], nodes: readonly NodeInfo[]): void {
    const ignored = state.read(DOMAINS)?.ignored ?? new Set();
    const counted = scores.filter((_score, index) => !ignored.has(nodes[index]?.name ?? ''));
    const most = counted.reduce((a, b) => Math.max(a, b), 0);
    const least = counted.reduce((a, b) => Math.min(a, b), Infinity);
    for (const [index, score] of scores.entries()) {
      if (ignored.has(nodes[index]?.name ?? '')) scores[index] = 0;
      else if (most === 0) scores[index] = MAX_NODE_SCORE;
      else scores[index] = Math.trunc((MAX_NODE_SCORE * (most + least - score)) / most);
    }
  }
}
