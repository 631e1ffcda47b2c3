import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import type { NodeInfo } from '../cache/node-info.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import type { Snapshot } from '../cache/snapshot.ts';
import { StateKey, type CycleState } from '../framework/cycle-state.ts';
import { MAX_NODE_SCORE } from '../framework/plugin.ts';
import { SKIP, type Skip } from '../framework/status.ts';
import {
  matchesTerm,
  type AffinityTerm,
  type WeightedAffinityTerm,
} from '../matching/affinity-term.ts';

type Labels = Readonly<Record<string, string>>;

interface AffinityScoresOptions {
  /** what a required term of a Pod that is there counts for one that comes */
  readonly hardPodAffinityWeight: number;
  readonly ignorePreferredTermsOfExistingPods: boolean;
  /** the terms with the namespaces that they select by name */
  readonly named: <T extends AffinityTerm>(terms: readonly T[]) => readonly T[];
  readonly namespaceLabels: (namespace: string) => Labels;
}

interface Points {
  /** by topology key and domain */
  readonly domains: ReadonlyMap<string, ReadonlyMap<string, number>>;
}
const POINTS = new StateKey<Points>('InterPodAffinity scores');

/** The soft side of affinity between Pods: points for domains by the preferences of both sides. */
export class AffinityScores {
  readonly #options: AffinityScoresOptions;

  constructor(options: AffinityScoresOptions) {
    this.#options = options;
  }

  prepare(state: CycleState, pod: PodInfo, snapshot: Snapshot): Skip | undefined {
    const { named, ignorePreferredTermsOfExistingPods, namespaceLabels } = this.#options;
    const affinity = named(pod.preferredAffinity);
    const antiAffinity = named(pod.preferredAntiAffinity);
    const prefers = affinity.length > 0 || antiAffinity.length > 0;
    if (!prefers && ignorePreferredTermsOfExistingPods) return SKIP;
    const labels = namespaceLabels(pod.namespace);
    const domains = new Map<string, Map<string, number>>();
    const count = (
      terms: readonly WeightedAffinityTerm[],
      about: Pod,
      aboutLabels: Labels | undefined,
      node: NodeInfo,
      sign: number,
    ): void => {
      for (const term of terms)
        if (matchesTerm(term, about, aboutLabels))
          addPoints(domains, node, term, sign * term.weight);
    };
    for (const node of prefers ? snapshot.nodes : snapshot.nodesWithAffinity)
      for (const other of node.pods) {
        if (prefers) {
          count(affinity, other.pod, undefined, node, 1);
          count(antiAffinity, other.pod, undefined, node, -1);
        }
        if (!other.hasAffinity) continue;
        count(this.#required(other), pod.pod, labels, node, 1);
        count(other.preferredAffinity, pod.pod, labels, node, 1);
        count(other.preferredAntiAffinity, pod.pod, labels, node, -1);
      }
    if (domains.size === 0) return SKIP;
    state.write(POINTS, { domains });
    return undefined;
  }

  score(state: CycleState, { labels }: NodeInfo): number {
    let score = 0;
    for (const [topologyKey, domains] of state.read(POINTS)?.domains ?? []) {
      const domain = labels[topologyKey];
      if (domain !== undefined) score += domains.get(domain) ?? 0;
    }
    return score;
  }

  normalize(scores: number[]): void {
    const most = scores.reduce((a, b) => Math.max(a, b), -Infinity);
    const least = scores.reduce((a, b) => Math.min(a, b), Infinity);
    for (const [index, score] of scores.entries())
      scores[index] =
        most === least ? 0 : Math.trunc(MAX_NODE_SCORE * ((score - least) / (most - least)));
  }

  #required({ requiredAffinity }: PodInfo): readonly WeightedAffinityTerm[] {
    const { hardPodAffinityWeight: weight } = this.#options;
    return weight === 0 ? [] : requiredAffinity.map((term) => ({ ...term, weight }));
  }
}

function addPoints(
  all: Map<string, Map<string, number>>,
  { labels }: NodeInfo,
  { topologyKey }: AffinityTerm,
  points: number,
): void {
  const domain = labels[topologyKey];
  if (domain === undefined) return;
  const domains = all.get(topologyKey) ?? new Map<string, number>();
  domains.set(domain, (domains.get(domain) ?? 0) + points);
  all.set(topologyKey, domains);
}
