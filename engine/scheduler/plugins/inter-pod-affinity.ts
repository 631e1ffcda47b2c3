import { z } from 'zod';
import type { Node, Pod } from '../../objects/generated/core-v1.generated.ts';
import type { NodeInfo } from '../cache/node-info.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import { ACTION } from '../framework/cluster-event.ts';
import { StateKey, type StateData } from '../framework/cycle-state.ts';
import type { PluginFactory } from '../framework/plugin.ts';
import { SKIP, unresolvable, unschedulable } from '../framework/status.ts';
import {
  affinityTerms,
  matchesAllTerms,
  matchesTerm,
  withSelectedNamespaces,
  type AffinityTerm,
} from '../matching/affinity-term.ts';
import { AffinityScores } from './affinity-scores.ts';
import { NAMES } from './names.ts';

const { interPodAffinity: NAME } = NAMES;
const noAffinity = unresolvable(NAME, "node(s) didn't match pod affinity rules");
const antiAffinity = unschedulable(NAME, "node(s) didn't match pod anti-affinity rules");
const existingAntiAffinity = unschedulable(
  NAME,
  "node(s) didn't satisfy existing pods anti-affinity rules",
);

const Arguments = z.object({
  hardPodAffinityWeight: z.int().min(0).max(100).default(1),
  ignorePreferredTermsOfExistingPods: z.boolean().default(false),
});

type Labels = Readonly<Record<string, string>>;

/** How many Pods match in each domain, by topology key and value. */
class DomainCounts {
  readonly #counts = new Map<string, Map<string, number>>();

  add(labels: Labels, topologyKey: string, by: number): void {
    const domain = labels[topologyKey];
    if (domain === undefined) return;
    let domains = this.#counts.get(topologyKey);
    if (domains === undefined) this.#counts.set(topologyKey, (domains = new Map<string, number>()));
    const count = (domains.get(domain) ?? 0) + by;
    if (count === 0) domains.delete(domain);
    else domains.set(domain, count);
    if (domains.size === 0) this.#counts.delete(topologyKey);
  }

  has(labels: Labels, topologyKey: string): boolean {
    return (this.#counts.get(topologyKey)?.get(labels[topologyKey] ?? '') ?? 0) > 0;
  }

  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }

  get topologyKeys(): Iterable<string> {
    return this.#counts.keys();
  }

  clone(): DomainCounts {
    const copy = new DomainCounts();
    for (const [key, domains] of this.#counts) copy.#counts.set(key, new Map(domains));
    return copy;
  }
}

class Matches implements StateData {
  readonly pod: Pod;
  readonly namespaceLabels: Labels;
  readonly affinity: readonly AffinityTerm[];
  readonly antiAffinity: readonly AffinityTerm[];
  /** Pods that match all terms of affinity */
  wanted = new DomainCounts();
  /** Pods that match a term of anti-affinity */
  avoided = new DomainCounts();
  /** Pods whose anti-affinity avoids this Pod */
  avoiding = new DomainCounts();

  constructor(
    pod: Pod,
    namespaceLabels: Labels,
    affinity: readonly AffinityTerm[],
    antiAffinityTerms: readonly AffinityTerm[],
  ) {
    this.pod = pod;
    this.namespaceLabels = namespaceLabels;
    this.affinity = affinity;
    this.antiAffinity = antiAffinityTerms;
  }

  clone(): Matches {
    const copy = new Matches(this.pod, this.namespaceLabels, this.affinity, this.antiAffinity);
    copy.wanted = this.wanted.clone();
    copy.avoided = this.avoided.clone();
    copy.avoiding = this.avoiding.clone();
    return copy;
  }

  /** Counts what the Pod itself asks for. */
  count({ pod }: PodInfo, { labels }: NodeInfo, by: number): void {
    if (matchesAllTerms(this.affinity, pod))
      for (const { topologyKey } of this.affinity) this.wanted.add(labels, topologyKey, by);
    for (const term of this.antiAffinity)
      if (matchesTerm(term, pod, undefined)) this.avoided.add(labels, term.topologyKey, by);
  }

  /** Counts what the others ask for. */
  countAvoiding({ requiredAntiAffinity }: PodInfo, { labels }: NodeInfo, by: number): void {
    for (const term of requiredAntiAffinity)
      if (matchesTerm(term, this.pod, this.namespaceLabels))
        this.avoiding.add(labels, term.topologyKey, by);
  }

  isNearWanted({ labels }: NodeInfo): boolean {
    if (this.affinity.some(({ topologyKey }) => labels[topologyKey] === undefined)) return false;
    if (this.affinity.every(({ topologyKey }) => this.wanted.has(labels, topologyKey))) return true;
    // The first of Pods that want to be together has nobody to join but itself.
    return this.wanted.isEmpty && matchesAllTerms(this.affinity, this.pod);
  }

  isNearAvoided({ labels }: NodeInfo): boolean {
    return this.antiAffinity.some(({ topologyKey }) => this.avoided.has(labels, topologyKey));
  }

  isNearAvoiding({ labels }: NodeInfo): boolean {
    for (const topologyKey of this.avoiding.topologyKeys)
      if (this.avoiding.has(labels, topologyKey)) return true;
    return false;
  }
}

const MATCHES = new StateKey<Matches>(NAME);

/**
 * Places Pods near to or away from others.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity
 */
export const interPodAffinity: PluginFactory = (args, { stores, snapshot }) => {
  const settings = Arguments.parse(args ?? {});
  const namespaceLabels = (namespace: string): Labels =>
    stores.namespaces.get({ name: namespace })?.metadata.labels ?? {};
  const named = <T extends AffinityTerm>(terms: readonly T[]): readonly T[] =>
    terms.map((term) => withSelectedNamespaces(term, stores.namespaces.list()));
  const scores = new AffinityScores({ ...settings, named, namespaceLabels });

  return {
    name: NAME,
    interests: [
      {
        resource: 'AssignedPod',
        actions: ACTION.add | ACTION.updatePodLabel | ACTION.delete,
        hint: (pod, before, after) => helps(pod, before, after),
      },
      { resource: 'TargetPod', actions: ACTION.updatePodLabel },
      {
        resource: 'Node',
        actions: ACTION.add | ACTION.updateNodeLabel,
        hint: (pod, before, after) => after !== undefined && opensDomain(pod, before, after),
      },
    ],
    preFilter(state, pod) {
      const { requiredAffinity, requiredAntiAffinity } = pod;
      const labels = namespaceLabels(pod.namespace);
      const matches = new Matches(
        pod.pod,
        labels,
        named(requiredAffinity),
        named(requiredAntiAffinity),
      );
      for (const node of snapshot.nodesWithRequiredAntiAffinity)
        for (const other of node.pods) matches.countAvoiding(other, node, 1);
      const asks = requiredAffinity.length > 0 || requiredAntiAffinity.length > 0;
      if (!asks && matches.avoiding.isEmpty) return SKIP;
      if (asks)
        for (const node of snapshot.nodes)
          for (const other of node.pods) matches.count(other, node, 1);
      state.write(MATCHES, matches);
      return undefined;
    },
    addPod(state, _pod, added, node) {
      state.read(MATCHES)?.count(added, node, 1);
      state.read(MATCHES)?.countAvoiding(added, node, 1);
    },
    removePod(state, _pod, removed, node) {
      state.read(MATCHES)?.count(removed, node, -1);
      state.read(MATCHES)?.countAvoiding(removed, node, -1);
    },
    filter(state, _pod, node) {
      const matches = state.read(MATCHES);
      if (matches === undefined) return undefined;
      if (!matches.isNearWanted(node)) return noAffinity;
      if (matches.isNearAvoided(node)) return antiAffinity;
      return matches.isNearAvoiding(node) ? existingAntiAffinity : undefined;
    },
    preScore: (state, pod) => scores.prepare(state, pod, snapshot),
    score: (state, _pod, node) => scores.score(state, node),
    normalize: (_state, list) => scores.normalize(list),
  };
};

function requiredTerms(pod: Pod) {
  const { podAffinity = {}, podAntiAffinity = {} } = pod.spec.affinity ?? {};
  return { affinity: affinityTerms(pod, podAffinity), anti: affinityTerms(pod, podAntiAffinity) };
}

/** Whether a change of a Pod with a node may help one that waits. */
function helps(pod: Pod, before: Pod | undefined, after: Pod | undefined): boolean {
  const { affinity, anti } = requiredTerms(pod);
  const wants = (other: Pod): boolean => matchesAllTerms(affinity, other);
  const avoids = (other: Pod): boolean => anti.some((term) => matchesTerm(term, other, undefined));
  if (before !== undefined && after !== undefined)
    return (!wants(before) && wants(after)) || (avoids(before) && !avoids(after));
  if (after !== undefined) return wants(after);
  return (
    before !== undefined &&
    (avoids(before) || requiredTerms(before).anti.some((term) => matchesTerm(term, pod, undefined)))
  );
}

/** Whether a node came into another domain of a topology that the Pod asks about. */
function opensDomain(pod: Pod, before: Node | undefined, after: Node): boolean {
  const { affinity, anti } = requiredTerms(pod);
  const domains = ({ topologyKey }: AffinityTerm) => ({
    was: before?.metadata.labels?.[topologyKey],
    is: after.metadata.labels?.[topologyKey],
  });
  if (before === undefined && anti.length > 0) return true;
  return (
    affinity.map(domains).some(({ was, is }) => is !== undefined && was !== is) ||
    anti.map(domains).some(({ was, is }) => was !== undefined && was !== is)
  );
}
