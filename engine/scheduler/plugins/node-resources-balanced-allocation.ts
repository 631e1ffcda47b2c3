import { z } from 'zod';
import { MAX_NODE_SCORE, type PluginFactory } from '../framework/plugin.ts';
import { SKIP } from '../framework/status.ts';
import { NAMES } from './names.ts';
import { ResourceScorer, ResourceSpecs, type Usage } from './resource-scores.ts';

const Arguments = z.object({ resources: ResourceSpecs });

/** Prefers nodes that the Pod leaves with their resources used evenly, or more evenly than before. */
export const nodeResourcesBalancedAllocation: PluginFactory = (args) => {
  const { resources } = Arguments.parse(args ?? {});
  const half = MAX_NODE_SCORE / 2;
  const scorer = new ResourceScorer(resources, 'requested', (usage) => {
    const withPod = balance(usage.requested, usage);
    const withoutPod = balance(usage.allocated, usage);
    return half + Math.trunc((half + withPod - withoutPod) / 2);
  });
  return {
    name: NAMES.nodeResourcesBalancedAllocation,
    // A Pod that requests nothing leaves everything as it is.
    preScore: (state, pod) => (scorer.prepare(state, pod) ? undefined : SKIP),
    score: (state, _pod, node) => scorer.score(state, node),
  };
};

/** 100 when the same share of each resource is used, less the more the shares deviate. */
function balance(used: readonly number[], { count, allocatable }: Usage): number {
  return Math.trunc((1 - deviation(used, count, allocatable)) * MAX_NODE_SCORE);
}

/** The standard deviation of the used shares. */
function deviation(used: readonly number[], count: number, allocatable: readonly number[]): number {
  let sum = 0;
  for (let index = 0; index < count; index++) sum += share(used[index], allocatable[index]);
  if (count === 2) return Math.abs(sum / 2 - share(used[0], allocatable[0]));
  const mean = sum / count;
  let squares = 0;
  for (let index = 0; index < count; index++)
    squares += (share(used[index], allocatable[index]) - mean) ** 2;
  return count === 0 ? 0 : Math.sqrt(squares / count);
}

function share(used = 0, allocatable = 1): number {
  return Math.min(1, used / allocatable);
}
