import type { ControllersConfiguration } from '../../api/controllers.ts';

/** Times in milliseconds, rates in nodes a second. */
export interface NodeLifecycleOptions {
  /** between two looks at all nodes */
  readonly monitorPeriod: number;
  /** without a sign of life until a node is unknown */
  readonly monitorGracePeriod: number;
  /** the same for a node whose kubelet never said anything */
  readonly startupGracePeriod: number;
  /** in healthy zones */
  readonly evictionRate: number;
  /** in large zones that are disrupted in part */
  readonly secondaryEvictionRate: number;
  /** nodes up to which a zone is small */
  readonly largeClusterThreshold: number;
  /** share of nodes that are not ready from which a zone is disrupted */
  readonly unhealthyZoneThreshold: number;
}

/** What flags say, else upstream's defaults. */
export function nodeLifecycleOptions({
  nodeMonitorPeriod = 5000,
  nodeMonitorGracePeriod = 50_000,
}: ControllersConfiguration): NodeLifecycleOptions {
  return {
    monitorPeriod: nodeMonitorPeriod,
    monitorGracePeriod: nodeMonitorGracePeriod,
    startupGracePeriod: 60_000,
    evictionRate: 0.1,
    secondaryEvictionRate: 0.01,
    largeClusterThreshold: 50,
    unhealthyZoneThreshold: 0.55,
  };
}
