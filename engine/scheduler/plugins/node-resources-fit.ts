import { z } from 'zod';
import type { Node } from '../../objects/generated/core-v1.generated.ts';
import { NodeInfo } from '../cache/node-info.ts';
import { podRequests } from '../cache/pod-requests.ts';
import type { Amounts } from '../cache/amounts.ts';
import { ACTION } from '../framework/cluster-event.ts';
import type { PluginFactory } from '../framework/plugin.ts';
import type { Rejection } from '../framework/status.ts';
import { NAMES } from './names.ts';
import { ResourceScorer, ResourceSpecs, strategies, UtilizationShape } from './resource-scores.ts';

const Arguments = z.object({
  ignoredResources: z.array(z.string()).default([]),
  ignoredResourceGroups: z.array(z.string()).default([]),
  scoringStrategy: z
    .object({
      type: z
        .enum(['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio'])
        .default('LeastAllocated'),
      resources: ResourceSpecs,
      requestedToCapacityRatio: z.object({ shape: UtilizationShape }).optional(),
    })
    .prefault({}),
});

interface Shortage {
  readonly reason: string;
  /** the node never has as much */
  readonly isHopeless: boolean;
}

/** A node must have room for what the Pod requests; by default the emptier one is preferred. */
export const nodeResourcesFit: PluginFactory = (args) => {
  const { ignoredResources, ignoredResourceGroups, scoringStrategy } = Arguments.parse(args ?? {});
  const isIgnored = (resource: string): boolean =>
    ignoredResources.includes(resource) ||
    ignoredResourceGroups.includes(resource.split('/')[0] ?? '');
  const fits = (requests: Amounts, node: NodeInfo) => shortages(requests, node, isIgnored);
  const scorer = new ResourceScorer(
    scoringStrategy.resources,
    'nonZero',
    strategies[scoringStrategy.type](scoringStrategy.requestedToCapacityRatio?.shape ?? []),
  );
  return {
    name: NAMES.nodeResourcesFit,
    interests: [
      { resource: 'AssignedPod', actions: ACTION.delete },
      {
        resource: 'AssignedPod',
        actions: ACTION.updatePodScaleDown,
        hint(pod, before, after) {
          if (before === undefined || after === undefined) return false;
          const was = podRequests(before.spec);
          const is = podRequests(after.spec);
          return requestedResources(podRequests(pod.spec)).some(
            (resource) => was.get(resource) > is.get(resource),
          );
        },
      },
      { resource: 'TargetPod', actions: ACTION.updatePodScaleDown },
      {
        resource: 'Node',
        actions: ACTION.add | ACTION.updateNodeAllocatable,
        hint(pod, before, after) {
          if (after === undefined) return false;
          const requests = podRequests(pod.spec);
          const node = emptyNode(after);
          if (fits(requests, node).length > 0) return false;
          return before === undefined || hasMore(requests, emptyNode(before), node);
        },
      },
    ],
    filter(_state, { requests }, node) {
      const missing = fits(requests, node);
      return missing.length === 0 ? undefined : refusal(missing);
    },
    preScore(state, pod) {
      scorer.prepare(state, pod);
      return undefined;
    },
    score: (state, _pod, node) => scorer.score(state, node),
  };
};

const NOTHING: readonly Shortage[] = [];

/** The usual case has to be quick: most nodes have room. */
function shortages(
  requests: Amounts,
  node: NodeInfo,
  isIgnored: (resource: string) => boolean,
): readonly Shortage[] {
  const { allocatable, requested, allowedPods, pods } = node;
  if (
    pods.length < allowedPods &&
    requests.milliCpu <= allocatable.milliCpu - requested.milliCpu &&
    requests.memory <= allocatable.memory - requested.memory &&
    requests.ephemeralStorage === 0 &&
    requests.scalar.size === 0
  )
    return NOTHING;
  const resources = requestedResources(requests).filter((resource) => !isIgnored(resource));
  const missing = resources.flatMap((resource): Shortage[] => {
    const wanted = requests.get(resource);
    const has = allocatable.get(resource);
    return wanted > has - requested.get(resource)
      ? [{ reason: `Insufficient ${resource}`, isHopeless: wanted > has }]
      : [];
  });
  return pods.length < allowedPods
    ? missing
    : [{ reason: 'Too many pods', isHopeless: false }, ...missing];
}

function refusal(missing: readonly Shortage[]): Rejection {
  return {
    plugin: NAMES.nodeResourcesFit,
    code: missing.some(({ isHopeless }) => isHopeless)
      ? 'UnschedulableAndUnresolvable'
      : 'Unschedulable',
    reasons: missing.map(({ reason }) => reason),
  };
}

function emptyNode(node: Node): NodeInfo {
  const info = new NodeInfo(node.metadata.name ?? '');
  info.setNode(node);
  return info;
}

function requestedResources(requests: Amounts): string[] {
  return ['cpu', 'memory', 'ephemeral-storage', ...requests.scalar.keys()].filter(
    (resource) => requests.get(resource) > 0,
  );
}

function hasMore(requests: Amounts, before: NodeInfo, after: NodeInfo): boolean {
  return (
    after.allowedPods > before.allowedPods ||
    requestedResources(requests).some(
      (resource) => after.allocatable.get(resource) > before.allocatable.get(resource),
    )
  );
}
