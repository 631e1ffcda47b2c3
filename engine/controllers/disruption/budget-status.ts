import type { Stored } from '../../client/resource.ts';
import { DISRUPTION_ALLOWED, withDisruptionAllowed } from '../../objects/disruption-budget.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import type {
  PodDisruptionBudget,
  PodDisruptionBudgetStatus,
} from '../../objects/generated/policy-v1.generated.ts';
import { scaledAmount } from '../../objects/int-or-percent.ts';
import { jsonEqual } from '../../objects/json-value.ts';
import { isPodReady } from '../pods/pod-state.ts';

/** Milliseconds in which a Pod whose eviction was allowed is to be deleted, or it will not be. */
const DELETION_TIMEOUT = 120_000;

/** Pods whose eviction was allowed. */
export interface Disrupted {
  /** those that have not been deleted yet, with the time */
  readonly waiting: Readonly<Record<string, string>>;
  /** those that should have been */
  readonly late: readonly Stored<Pod>[];
  /** milliseconds until the first of those that wait is late */
  readonly recheck: number | undefined;
}

/** @param now UNIX milliseconds */
export function disruptedPods(
  { status }: PodDisruptionBudget,
  pods: readonly Stored<Pod>[],
  now: number,
): Disrupted {
  const waiting: Record<string, string> = {};
  const late: Stored<Pod>[] = [];
  const times: number[] = [];
  for (const pod of pods) {
    const { name, deletionTimestamp } = pod.metadata;
    const since = status?.disruptedPods?.[name];
    if (since === undefined || deletionTimestamp !== undefined) continue;
    const deadline = Date.parse(since) + DELETION_TIMEOUT;
    if (deadline <= now) {
      late.push(pod);
      continue;
    }
    waiting[name] = since;
    times.push(deadline);
  }
  return { waiting, late, recheck: times.length === 0 ? undefined : Math.min(...times) - now };
}

/** Whether a budget counts what owners want, not what Pods there are. */
export function countsOwners({ minAvailable, maxUnavailable }: PodDisruptionBudget['spec']) {
  return maxUnavailable !== undefined || typeof minAvailable === 'string';
}

/**
 * What a budget allows now; undefined when its status says so already.
 * @param expectedPods those that there are to be
 */
export function budgetStatus(
  budget: Stored<PodDisruptionBudget>,
  pods: readonly Stored<Pod>[],
  expectedPods: number,
  waiting: Disrupted['waiting'],
  now: number,
): PodDisruptionBudgetStatus | undefined {
  const { spec, metadata, status = {} } = budget;
  const currentHealthy = pods.filter(
    (pod) =>
      pod.metadata.deletionTimestamp === undefined &&
      waiting[pod.metadata.name] === undefined &&
      isPodReady(pod),
  ).length;
  const desiredHealthy = desired(spec, expectedPods);
  // Without Pods nothing is allowed: those that come may not have been seen yet.
  const disruptionsAllowed = expectedPods <= 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
  const { generation: observedGeneration = 0 } = metadata;
  const counts = {
    currentHealthy,
    desiredHealthy,
    disruptionsAllowed,
    expectedPods,
    observedGeneration,
  };
  const known = status.conditions?.find(({ type }) => type === DISRUPTION_ALLOWED);
  const isSame =
    (status.currentHealthy ?? 0) === currentHealthy &&
    (status.desiredHealthy ?? 0) === desiredHealthy &&
    (status.disruptionsAllowed ?? 0) === disruptionsAllowed &&
    (status.expectedPods ?? 0) === expectedPods &&
    status.observedGeneration === observedGeneration &&
    known?.observedGeneration === observedGeneration &&
    jsonEqual(status.disruptedPods ?? {}, waiting);
  if (isSame) return undefined;
  return withDisruptionAllowed({ ...status, ...counts, disruptedPods: waiting }, now);
}

function desired({ minAvailable, maxUnavailable }: PodDisruptionBudget['spec'], expected: number) {
  return maxUnavailable === undefined
    ? scaledAmount(minAvailable ?? 0, expected, 'up')
    : Math.max(0, expected - scaledAmount(maxUnavailable, expected, 'up'));
}
