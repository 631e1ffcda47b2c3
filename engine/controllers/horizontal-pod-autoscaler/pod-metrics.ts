/** What was measured of a Pod. */
export interface PodMetric {
  /** thousandths */
  readonly value: number;
  /** UNIX milliseconds */
  readonly at: number;
  /** milliseconds that it was measured over */
  readonly window: number;
}

/** By the names of Pods. */
export type PodMetrics = ReadonlyMap<string, PodMetric>;
