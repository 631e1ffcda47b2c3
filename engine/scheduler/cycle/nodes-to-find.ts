/** Fewer nodes than this are all looked at. */
const LEAST_NODES = 100;
const LEAST_PERCENTAGE = 5;

/**
 * How many nodes that fit are enough. Without a percentage it falls from 50 % at small clusters to
 * 5 % at 5,600 nodes, so that the time for a Pod grows more slowly than the cluster.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/scheduler-perf-tuning/
 * @param percentage 0: adapts
 */
export function nodesToFind(nodeCount: number, percentage: number): number {
  if (nodeCount < LEAST_NODES) return nodeCount;
  const share =
    percentage === 0 ? Math.max(LEAST_PERCENTAGE, 50 - Math.floor(nodeCount / 125)) : percentage;
  return Math.max(LEAST_NODES, Math.floor((nodeCount * share) / 100));
}
