import { Count, Histogram, Reading, type Metric } from '../../base/metric.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';

/** Upper ends of buckets, in seconds (Prometheus' own). */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const RESULTS = { success: 'successful', failure: 'failed' } as const;

/** `/metrics/probes`. */
export class ProbeMetrics {
  readonly #total = new Count(
    'counter',
    'prober_probe_total',
    '[BETA] Cumulative number of a liveness, readiness or startup probe for a container by result.',
    ['container', 'namespace', 'pod', 'pod_uid', 'probe_type', 'result'],
  );
  readonly #durations = new Histogram(
    'prober_probe_duration_seconds',
    '[ALPHA] Duration in seconds for a probe response.',
    ['container', 'namespace', 'pod', 'probe_type'],
    BUCKETS,
  );

  record(
    probeType: string,
    pod: Pod,
    container: string,
    outcome: keyof typeof RESULTS,
    seconds: number,
  ): void {
    this.#total.add(totalLabels(probeType, pod, container, RESULTS[outcome]));
    if (outcome === 'success')
      this.#durations.observe(durationLabels(probeType, pod, container), seconds);
  }

  forget(probeType: string, pod: Pod, container: string): void {
    for (const result of Object.values(RESULTS))
      this.#total.forget(totalLabels(probeType, pod, container, result));
    this.#durations.forget(durationLabels(probeType, pod, container));
  }

  /** @param startedAt of the process, UNIX milliseconds */
  all(startedAt: number): readonly Metric[] {
    const start = new Reading(
      'process_start_time_seconds',
      '[STABLE] Start time of the process since unix epoch in seconds.',
      [],
      () => [[[], startedAt / 1000]],
    );
    return [this.#total, this.#durations, start];
  }
}

const totalLabels = (
  probeType: string,
  { metadata: { name = '', namespace = '', uid = '' } }: Pod,
  container: string,
  result: string,
): readonly string[] => [container, namespace, name, uid, probeType, result];

const durationLabels = (
  probeType: string,
  { metadata: { name = '', namespace = '' } }: Pod,
  container: string,
): readonly string[] => [container, namespace, name, probeType];
