import type { Random } from '../../base/random.ts';
import type { NodeInfo } from '../cache/node-info.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import type { CycleState } from '../framework/cycle-state.ts';
import type { Diagnosis } from '../framework/fit-error.ts';
import type { Framework, PluginScores } from '../framework/framework.ts';
import { NodeStatuses } from '../framework/node-statuses.ts';
import { unresolvable, type Rejection } from '../framework/status.ts';
import { nodesToFind } from './nodes-to-find.ts';

/** What one search for a node saw. */
export interface Search {
  /** the node that was chosen; missing when none fits */
  readonly nodeName?: string;
  /** nodes that fit, in the order in which they were found */
  readonly feasible: readonly NodeInfo[];
  /** empty when one node fits or none */
  readonly scores: readonly PluginScores[];
  readonly diagnosis: Diagnosis;
  /** the filters that ran */
  readonly filters: readonly string[];
}

/**
 * Finds nodes for Pods: filters them, beginning where the last search ended, until there are enough,
 * scores those that fit, and takes one of the best.
 */
export class NodeSearch {
  readonly #random: Random;
  readonly #percentage: number;
  #start = 0;

  /** @param percentageOfNodesToScore 0: adapts to the number of nodes */
  constructor(random: Random, percentageOfNodesToScore: number) {
    this.#random = random;
    this.#percentage = percentageOfNodesToScore;
  }

  /** Throws what a plugin failed with. */
  run(framework: Framework, state: CycleState, pod: PodInfo): Search {
    const { nodes } = framework.snapshot;
    const diagnosis: Diagnosis = {
      nodeCount: nodes.length,
      statuses: new NodeStatuses(),
      unschedulablePlugins: new Set(),
      pendingPlugins: new Set(),
      preFilterMessage: '',
      postFilterMessage: '',
    };
    const { rejection, nodeNames, namedBy } = framework.preFilter(state, pod);
    for (const plugin of namedBy) diagnosis.unschedulablePlugins.add(plugin);
    const filters = framework.filtersOf(state);
    if (rejection !== undefined) {
      diagnosis.statuses.absent = rejection;
      diagnosis.preFilterMessage = rejection.reasons.join(', ');
      blame(diagnosis, rejection);
      return { feasible: [], scores: [], diagnosis, filters };
    }
    const feasible =
      this.#onNominatedNode(framework, state, pod) ??
      this.#filter(framework, state, pod, diagnosis, nodeNames, namedBy);
    if (feasible.length === 0) return { feasible, scores: [], diagnosis, filters };
    const [only] = feasible;
    if (feasible.length === 1 && only !== undefined)
      return { nodeName: only.name, feasible, scores: [], diagnosis, filters };
    const scores = framework.score(state, pod, feasible);
    const { name } = this.#best(feasible, scores);
    return { nodeName: name, feasible, scores, diagnosis, filters };
  }

  /** The node on which others were removed for the Pod is very likely the one. */
  #onNominatedNode(
    framework: Framework,
    state: CycleState,
    pod: PodInfo,
  ): readonly NodeInfo[] | undefined {
    const nominated = pod.pod.status?.nominatedNodeName ?? '';
    const node = nominated === '' ? undefined : framework.snapshot.get(nominated);
    return node !== undefined && framework.filterWithNominated(state, pod, node) === undefined
      ? [node]
      : undefined;
  }

  #filter(
    framework: Framework,
    state: CycleState,
    pod: PodInfo,
    diagnosis: Diagnosis,
    nodeNames: ReadonlySet<string> | undefined,
    namedBy: readonly string[],
  ): readonly NodeInfo[] {
    const { snapshot, points } = framework;
    let { nodes } = snapshot;
    if (nodeNames !== undefined) {
      nodes = [...nodeNames].flatMap((name) => snapshot.get(name) ?? []);
      diagnosis.statuses.absent = unresolvable(
        '',
        `node(s) didn't satisfy plugin(s) [${namedBy.join(' ')}]`,
      );
    }
    const percentage = framework.percentageOfNodesToScore ?? this.#percentage;
    const enough = points.score.length === 0 ? 1 : nodesToFind(nodes.length, percentage);
    const feasible: NodeInfo[] = [];
    for (let index = 0; index < nodes.length && feasible.length < enough; index++) {
      const node = nodes[(this.#start + index) % nodes.length];
      if (node === undefined) break;
      const rejection = framework.filterWithNominated(state, pod, node);
      if (rejection === undefined) feasible.push(node);
      else {
        diagnosis.statuses.set(node.name, rejection);
        blame(diagnosis, rejection);
      }
    }
    const looked = feasible.length + diagnosis.statuses.size;
    this.#start = (this.#start + looked) % Math.max(1, snapshot.nodes.length);
    return feasible;
  }

  /** One of those with the highest sum, each as likely as the other. */
  #best(nodes: readonly NodeInfo[], scores: readonly PluginScores[]): NodeInfo {
    const totals = totalScores(nodes.length, scores);
    const highest = totals.reduce((most, total) => Math.max(most, total), 0);
    const best = nodes.filter((_node, index) => totals[index] === highest);
    const chosen = best[Math.floor(this.#random.next() * best.length)];
    if (chosen === undefined) throw new RangeError('There is no node to choose from.');
    return chosen;
  }
}

/** The weighted sum of each node. */
export function totalScores(count: number, scores: readonly PluginScores[]): number[] {
  const totals = Array.from({ length: count }, () => 0);
  for (const { weight, normalized } of scores)
    for (let index = 0; index < count; index++)
      totals[index] = (totals[index] ?? 0) + weight * (normalized[index] ?? 0);
  return totals;
}

/** Remembers who refused the Pod. */
function blame(diagnosis: Diagnosis, { plugin, code }: Rejection): void {
  if (plugin === '') return;
  diagnosis.unschedulablePlugins.add(plugin);
  if (code === 'Pending') diagnosis.pendingPlugins.add(plugin);
}
