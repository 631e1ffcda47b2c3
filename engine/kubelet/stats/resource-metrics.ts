import { measuredMetric, printMetrics, type Measured, type Metric } from '../../base/metric.ts';
import type { PodStatsSummary, Summary } from './summary.ts';

const NANO = 1e9;

/** One kind of thing that is measured: how it is labelled, and its usage. */
interface Subject {
  readonly labels: Readonly<Record<string, string>>;
  readonly cpu?: { readonly time: string; readonly usageCoreNanoSeconds: number };
  readonly memory?: { readonly time: string; readonly workingSetBytes: number };
}

const podLabels = ({ podRef: { name, namespace } }: PodStatsSummary) => ({ namespace, pod: name });

/** `/metrics/resource`: what metrics-server scrapes (pkg/kubelet/metrics/collectors/resource_metrics.go). */
export async function resourceMetrics(summary: () => Promise<Summary>): Promise<string> {
  try {
    return await printMetrics([...metricsOf(await summary()), scrapeError(0)]);
  } catch {
    return printMetrics([scrapeError(1)]);
  }
}

const scrapeError = (value: number): Metric =>
  measuredMetric(
    'gauge',
    'resource_scrape_error',
    '[STABLE] 1 if there was an error while getting container metrics, 0 otherwise',
    [{ labels: {}, value }],
  );

function metricsOf({ node, pods }: Summary): readonly Metric[] {
  const containers = pods.flatMap((pod) =>
    pod.containers.map((container) => ({
      ...container,
      labels: { container: container.name, ...podLabels(pod) },
    })),
  );
  const starts = containers.map(({ labels, startTime }): Measured => ({
    labels,
    value: Date.parse(startTime) / 1000,
  }));
  return [
    ...usage('node', [{ labels: {}, ...node }]),
    ...usage(
      'pod',
      pods.map((pod) => ({ labels: podLabels(pod), ...pod })),
    ),
    ...usage('container', containers),
    measuredMetric(
      'gauge',
      'container_start_time_seconds',
      '[STABLE] Start time of the container since unix epoch in seconds',
      starts,
    ),
  ];
}

function usage(prefix: string, subjects: readonly Subject[]): readonly Metric[] {
  return [
    measuredMetric(
      'counter',
      `${prefix}_cpu_usage_seconds_total`,
      `[STABLE] Cumulative cpu time consumed by the ${prefix} in core-seconds`,
      subjects.flatMap(({ labels, cpu }) =>
        cpu === undefined
          ? []
          : [{ labels, value: cpu.usageCoreNanoSeconds / NANO, time: Date.parse(cpu.time) }],
      ),
    ),
    measuredMetric(
      'gauge',
      `${prefix}_memory_working_set_bytes`,
      `[STABLE] Current working set of the ${prefix} in bytes`,
      subjects.flatMap(({ labels, memory }) =>
        memory === undefined
          ? []
          : [{ labels, value: memory.workingSetBytes, time: Date.parse(memory.time) }],
      ),
    ),
  ];
}
