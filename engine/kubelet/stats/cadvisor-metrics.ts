import { measuredMetric, printMetrics, type Measured, type Metric } from '../../base/metric.ts';
import type { NodeReading } from './node-reading.ts';
import type { ContainerStatsSummary, PodStatsSummary, Summary } from './summary.ts';

const NANO = 1e9;

type Labels = Readonly<Record<string, string>>;

const labelsOf = ({ podRef: { name, namespace } }: PodStatsSummary, container = ''): Labels => ({
  container,
  namespace,
  pod: name,
});

/** `/metrics/cadvisor`: what dashboards ask of containers, under cAdvisor's names, as far as it is measured here. */
export function cadvisorMetrics(
  { pods }: Summary,
  reading: NodeReading,
  cores: number,
): Promise<string> {
  const containers = pods.flatMap((pod) =>
    pod.containers.map((container) => ({ container, labels: labelsOf(pod, container.name) })),
  );
  const each = (
    read: (container: ContainerStatsSummary) => number | undefined,
  ): readonly Measured[] =>
    containers.flatMap(({ container, labels }) => {
      const value = read(container);
      return value === undefined ? [] : [{ labels, value, time: Date.parse(container.cpu.time) }];
    });
  const network = (
    read: (stats: NonNullable<PodStatsSummary['network']>) => number,
  ): readonly Measured[] =>
    pods.flatMap((pod) =>
      pod.network === undefined
        ? []
        : [
            {
              labels: { ...labelsOf(pod), interface: pod.network.name },
              value: read(pod.network),
              time: Date.parse(pod.network.time),
            },
          ],
    );
  const metrics: readonly Metric[] = [
    measuredMetric(
      'counter',
      'container_cpu_usage_seconds_total',
      'Cumulative cpu time consumed in seconds.',
      each(({ cpu }) => cpu.usageCoreNanoSeconds / NANO),
    ),
    measuredMetric(
      'gauge',
      'container_memory_usage_bytes',
      'Current memory usage in bytes, including all memory regardless of when it was accessed',
      each(({ memory }) => memory.usageBytes),
    ),
    measuredMetric(
      'gauge',
      'container_memory_working_set_bytes',
      'Current working set in bytes.',
      each(({ memory }) => memory.workingSetBytes),
    ),
    measuredMetric(
      'gauge',
      'container_memory_rss',
      'Size of RSS in bytes.',
      each(({ memory }) => memory.rssBytes),
    ),
    measuredMetric(
      'gauge',
      'container_fs_usage_bytes',
      'Number of bytes that are consumed by the container on this filesystem.',
      each(({ rootfs }) => rootfs?.usedBytes),
    ),
    measuredMetric(
      'gauge',
      'container_start_time_seconds',
      'Start time of the container since unix epoch in seconds.',
      each(({ startTime }) => Date.parse(startTime) / 1000),
    ),
    measuredMetric(
      'counter',
      'container_network_receive_bytes_total',
      'Cumulative count of bytes received',
      network(({ rxBytes }) => rxBytes),
    ),
    measuredMetric(
      'counter',
      'container_network_transmit_bytes_total',
      'Cumulative count of bytes transmitted',
      network(({ txBytes }) => txBytes),
    ),
    measuredMetric('gauge', 'machine_cpu_cores', 'Number of logical CPU cores.', [
      { labels: {}, value: cores },
    ]),
    measuredMetric('gauge', 'machine_memory_bytes', 'Amount of memory installed on the machine.', [
      { labels: {}, value: reading.memory.total },
    ]),
  ];
  return printMetrics(metrics);
}
