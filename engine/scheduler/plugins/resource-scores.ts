import { z } from 'zod';
import type { NodeInfo } from '../cache/node-info.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import { StateKey, type CycleState } from '../framework/cycle-state.ts';
import { MAX_NODE_SCORE } from '../framework/plugin.ts';

/** Resources that count, and how much; `cpu` and `memory` alike when none is named. */
export const ResourceSpecs = z
  .array(
    z.object({
      name: z.string(),
      weight: z
        .int()
        .min(0)
        .max(100)
        .default(1)
        // As if it were not set.
        .transform((weight) => (weight === 0 ? 1 : weight)),
    }),
  )
  .default([])
  .transform((specs) =>
    specs.length > 0
      ? specs
      : [
          { name: 'cpu', weight: 1 },
          { name: 'memory', weight: 1 },
        ],
  );
export type ResourceSpec = z.infer<typeof ResourceSpecs>[number];

/** Scores (0 to 10) at utilizations (0 to 100); linear between them. */
export const UtilizationShape = z.array(
  z.object({ utilization: z.int().min(0).max(100), score: z.int().min(0).max(10) }),
);
export type UtilizationShape = z.infer<typeof UtilizationShape>;

/**
 * What would be in use of a node's resources: the first `count` of each list, without resources the
 * node has not. The lists are used again for the next node, since thousands are scored a second.
 */
export interface Usage {
  count: number;
  readonly weights: number[];
  /** with the Pod */
  readonly requested: number[];
  /** without it */
  readonly allocated: number[];
  /** more than 0 */
  readonly allocatable: number[];
}

export type Strategy = (usage: Usage) => number;

interface Requests {
  readonly amounts: readonly number[];
}

/** Computes what would be in use of a node's resources, and has a strategy score it. */
export class ResourceScorer {
  readonly #resources: readonly ResourceSpec[];
  readonly #counting: 'nonZero' | 'requested';
  readonly #strategy: Strategy;
  readonly #key = new StateKey<Requests>('requests');
  readonly #usage: Usage = {
    count: 0,
    weights: [],
    requested: [],
    allocated: [],
    allocatable: [],
  };

  /** @param counting `nonZero`: containers that request nothing count with a little */
  constructor(
    resources: readonly ResourceSpec[],
    counting: 'nonZero' | 'requested',
    strategy: Strategy,
  ) {
    this.#resources = resources;
    this.#counting = counting;
    this.#strategy = strategy;
  }

  /** False: the Pod requests none of the resources. */
  prepare(state: CycleState, pod: PodInfo): boolean {
    const amounts = this.#counting === 'nonZero' ? pod.nonZeroRequests : pod.requests;
    const requests = this.#resources.map(({ name }) => amounts.get(name));
    state.write(this.#key, { amounts: requests });
    return requests.some((amount) => amount !== 0);
  }

  score(state: CycleState, node: NodeInfo): number {
    const amounts = state.read(this.#key)?.amounts ?? [];
    const usage = this.#usage;
    usage.count = 0;
    for (let index = 0; index < this.#resources.length; index++) {
      const { name = '', weight = 0 } = this.#resources[index] ?? {};
      const amount = amounts[index] ?? 0;
      const isBasic = name === 'cpu' || name === 'memory';
      // What a Pod does not ask for says nothing about where it should be.
      if (amount === 0 && !isBasic && name !== 'ephemeral-storage') continue;
      const allocatable = node.allocatable.get(name);
      if (allocatable === 0) continue;
      const counted =
        isBasic && this.#counting === 'nonZero' ? node.nonZeroRequested : node.requested;
      const allocated = counted.get(name);
      usage.weights[usage.count] = weight;
      usage.allocatable[usage.count] = allocatable;
      usage.allocated[usage.count] = allocated;
      usage.requested[usage.count] = allocated + amount;
      usage.count++;
    }
    return this.#strategy(usage);
  }
}

/** The weighted mean of what each resource scores; those that score nothing may be left out. */
function mean(
  { count, weights, requested, allocatable }: Usage,
  scoreOf: (requested: number, allocatable: number) => number,
  isCounted: (score: number) => boolean,
): number {
  let sum = 0;
  let total = 0;
  for (let index = 0; index < count; index++) {
    const weight = weights[index] ?? 0;
    const score = scoreOf(requested[index] ?? 0, allocatable[index] ?? 0);
    if (!isCounted(score)) continue;
    sum += score * weight;
    total += weight;
  }
  return total === 0 ? 0 : sum / total;
}

const always = (): boolean => true;
const positive = (score: number): boolean => score > 0;

function leastAllocated(requested: number, allocatable: number): number {
  return requested > allocatable
    ? 0
    : Math.trunc(((allocatable - requested) * MAX_NODE_SCORE) / allocatable);
}

function mostAllocated(requested: number, allocatable: number): number {
  return Math.trunc((Math.min(requested, allocatable) * MAX_NODE_SCORE) / allocatable);
}

/** The strategies of NodeResourcesFit by their names in configurations. */
export const strategies = {
  LeastAllocated: () => (usage) => Math.trunc(mean(usage, leastAllocated, always)),
  MostAllocated: () => (usage) => Math.trunc(mean(usage, mostAllocated, always)),
  RequestedToCapacityRatio(shape) {
    const scoreAt = brokenLine(shape);
    const ratio = (requested: number, allocatable: number): number =>
      scoreAt(requested > allocatable ? 100 : Math.trunc((requested * 100) / allocatable));
    return (usage) => Math.round(mean(usage, ratio, positive));
  },
} satisfies Record<string, (shape: UtilizationShape) => Strategy>;

/** Linear between the points, level outside of them; scores of 10 become 100. */
export function brokenLine(shape: UtilizationShape): (utilization: number) => number {
  const points = shape.map(({ utilization, score }) => ({ utilization, score: score * 10 }));
  return (utilization) => {
    for (const [index, point] of points.entries()) {
      if (utilization > point.utilization) continue;
      const before = points[index - 1];
      if (before === undefined) return point.score;
      const rise = (point.score - before.score) * (utilization - before.utilization);
      return before.score + Math.trunc(rise / (point.utilization - before.utilization));
    }
    return points.at(-1)?.score ?? 0;
  };
}
