import type { Decision, DecisionSummary, NodeDecision, Refusal } from '../../api/scheduler.ts';
import { Emitter } from '../../base/emitter.ts';
import type { NodeInfo } from '../cache/node-info.ts';
import { totalScores, type Search } from '../cycle/schedule-pod.ts';
import type { Rejection } from '../framework/status.ts';

interface Entry {
  readonly summary: DecisionSummary;
  readonly nominatedNodeName: string;
  readonly search: Search | undefined;
  /** all nodes of the time */
  readonly allNodes: readonly NodeInfo[];
}

/** So many decisions are kept: with 1,000 nodes some 10 MB. */
const MOST = 200;

/** Remembers recent decisions, and tells them in full when somebody asks. */
export class DecisionLog {
  /** by uid, the oldest first */
  readonly #entries = new Map<string, Entry>();
  readonly #made = new Emitter<DecisionSummary>();
  readonly onDecision = this.#made.event;

  add(
    summary: DecisionSummary,
    search: Search | undefined,
    allNodes: readonly NodeInfo[],
    nominatedNodeName = '',
  ): void {
    const { uid } = summary;
    this.#entries.delete(uid);
    this.#entries.set(uid, { summary, search, allNodes, nominatedNodeName });
    if (this.#entries.size > MOST) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    this.#made.fire(summary);
  }

  /** The latest first. */
  list(): DecisionSummary[] {
    return [...this.#entries.values()].map(({ summary }) => summary).toReversed();
  }

  explain(namespace: string, name: string): Decision | undefined {
    const entry = [...this.#entries.values()]
      .toReversed()
      .find(({ summary }) => summary.namespace === namespace && summary.name === name);
    if (entry === undefined) return undefined;
    const { summary, search, nominatedNodeName } = entry;
    const refused = search?.diagnosis.preFilterMessage !== '';
    return {
      ...summary,
      nominatedNodeName,
      refusedBy:
        search === undefined || !refused ? undefined : refusalOf(search.diagnosis.statuses.absent),
      filters: search?.filters ?? [],
      scorers: (search?.scores ?? []).map(({ plugin, weight }) => ({ plugin, weight })),
      nodes: search === undefined ? [] : nodeDecisions(entry, search),
    };
  }
}

function refusalOf({ plugin, reasons }: Rejection): Refusal {
  return { plugin, reasons };
}

function nodeDecisions({ summary, allNodes }: Entry, search: Search): NodeDecision[] {
  const { feasible, scores, filters, diagnosis } = search;
  const totals = totalScores(feasible.length, scores);
  const fitting = feasible.map((node, index): NodeDecision => ({
    nodeName: node.name,
    verdict: node.name === summary.nodeName ? 'chosen' : 'fits',
    passed: filters,
    refusal: undefined,
    scores: scores.map(({ plugin, weight, raw, normalized }) => ({
      plugin,
      raw: raw[index] ?? 0,
      normalized: normalized[index] ?? 0,
      weighted: weight * (normalized[index] ?? 0),
    })),
    total: totals[index] ?? 0,
  }));
  const { entries } = diagnosis.statuses;
  const refused = [...entries].map(([nodeName, rejection]): NodeDecision => ({
    nodeName,
    verdict: 'refused',
    passed: filters.slice(0, Math.max(0, filters.indexOf(rejection.plugin))),
    refusal: refusalOf(rejection),
    scores: [],
    total: 0,
  }));
  const seen = new Set([...fitting, ...refused].map(({ nodeName }) => nodeName));
  const rest = allNodes
    .filter(({ name }) => !seen.has(name))
    .map(({ name: nodeName }): NodeDecision => ({
      nodeName,
      verdict: 'skipped',
      passed: [],
      refusal: undefined,
      scores: [],
      total: 0,
    }));
  const isChosen = ({ verdict }: NodeDecision): number => Number(verdict === 'chosen');
  return [
    ...fitting.toSorted((a, b) => isChosen(b) - isChosen(a) || b.total - a.total),
    ...refused,
    ...rest,
  ];
}
