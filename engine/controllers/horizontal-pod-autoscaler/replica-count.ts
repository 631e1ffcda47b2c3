import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { containersTotal, isSidecar } from '../../objects/pod-resources.ts';
import { Quantity } from '../../objects/quantity.ts';
import { isPodReady, podCondition } from '../pods/pod-state.ts';
import type { PodMetric, PodMetrics } from './pod-metrics.ts';

/** Milliseconds, as kube-controller-manager's flags have them by default. */
const CPU_INITIALIZATION_MS = 5 * 60_000;
const INITIAL_READINESS_MS = 30_000;
const LARGEST = 2 ** 31 - 1;

/** How far usage may be from its target without anything being done, as shares. */
export interface Tolerances {
  readonly down: number;
  readonly up: number;
}

/** Usages of Pods in thousandths, by name. */
type Values = ReadonlyMap<string, number>;

/** How many there should be, and the usage that says so, in thousandths. */
export interface ReplicaCount {
  readonly replicas: number;
  readonly usage: number;
}

function isWithin({ down, up }: Tolerances, ratio: number): boolean {
  return 1 - down <= ratio && ratio <= 1 + up;
}

interface Groups {
  /** how many count in full */
  readonly ready: number;
  readonly unready: ReadonlySet<string>;
  /** they should have a metric, and have none */
  readonly missing: ReadonlySet<string>;
  /** of Pods that count, and have not just begun */
  readonly values: Values;
}

/** @param resource whose usage while a Pod starts says little, if it is `cpu` @param now UNIX milliseconds */
function groupPods(
  pods: readonly Pod[],
  metrics: PodMetrics,
  resource: string,
  now: number,
): Groups {
  let ready = 0;
  const unready = new Set<string>();
  const missing = new Set<string>();
  const values = new Map([...metrics].map(([name, { value }]) => [name, value]));
  for (const pod of pods) {
    const { name = '', deletionTimestamp } = pod.metadata;
    const phase = pod.status?.phase;
    const metric = metrics.get(name);
    if (deletionTimestamp !== undefined || phase === 'Failed') values.delete(name);
    else if (phase === 'Pending') unready.add(name);
    else if (metric === undefined) missing.add(name);
    else if (resource === 'cpu' && isStarting(pod, metric, now)) unready.add(name);
    else ready++;
  }
  for (const name of unready) values.delete(name);
  if (values.size === 0)
    throw new Error('did not receive metrics for targeted pods (pods might be unready)');
  return { ready, unready, missing, values };
}

/** It is not ready yet, or was measured before it was. */
function isStarting(pod: Pod, metric: PodMetric, now: number): boolean {
  const condition = podCondition(pod, 'Ready');
  const startTime = pod.status?.startTime;
  if (condition === undefined || startTime === undefined) return true;
  const started = Date.parse(startTime);
  const changed = Date.parse(condition.lastTransitionTime ?? startTime);
  const isUnready = condition.status === 'False';
  if (started + CPU_INITIALIZATION_MS > now)
    return isUnready || metric.at < changed + metric.window;
  return isUnready && started + INITIAL_READINESS_MS > changed;
}

interface Sizing {
  readonly current: number;
  readonly tolerances: Tolerances;
  readonly groups: Groups;
  /** of usage to its target */
  readonly ratioOf: (values: Values) => number;
  /** what a Pod without a metric is taken to use when there seem to be too many */
  readonly assumed: (name: string) => number;
}

/**
 * Sizes by the ratio of usage to target. Pods of which nothing is known count against the change: as
 * idle when there would be more, as fully used when there would be fewer.
 */
function sizeOf({ current, tolerances, groups, ratioOf, assumed }: Sizing): number {
  const { ready, unready, missing, values } = groups;
  const ratio = ratioOf(values);
  const countsUnready = unready.size > 0 && ratio > 1;
  if (!countsUnready && missing.size === 0)
    return isWithin(tolerances, ratio) ? current : Math.ceil(ratio * ready);
  const all = new Map(values);
  if (ratio < 1) for (const name of missing) all.set(name, assumed(name));
  else if (ratio > 1) for (const name of missing) all.set(name, 0);
  if (countsUnready) for (const name of unready) all.set(name, 0);
  const next = ratioOf(all);
  const turns = (ratio < 1 && next > 1) || (ratio > 1 && next < 1);
  if (isWithin(tolerances, next) || turns) return current;
  const replicas = Math.ceil(next * all.size);
  const isOpposite = (next < 1 && replicas > current) || (next > 1 && replicas < current);
  return isOpposite ? current : replicas;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

export interface PodMetricInput {
  readonly current: number;
  readonly tolerances: Tolerances;
  readonly pods: readonly Pod[];
  readonly metrics: PodMetrics;
  /** what the metric is of, if it is a resource */
  readonly resource: string;
  /** UNIX milliseconds */
  readonly now: number;
}

function refuseNoPods(pods: readonly Pod[], what = ''): void {
  if (pods.length === 0)
    throw new Error(`${what}no pods returned by selector while calculating replica count`);
}

/** @param target average usage of a Pod, in thousandths */
export function countByAverage(input: PodMetricInput, target: number): ReplicaCount {
  const { current, tolerances, pods, metrics, resource, now } = input;
  refuseNoPods(pods);
  const groups = groupPods(pods, metrics, resource, now);
  const average = (values: Values): number => Math.trunc(sum(values.values()) / values.size);
  const replicas = sizeOf({
    current,
    tolerances,
    groups,
    ratioOf: (values) => average(values) / target,
    assumed: () => target,
  });
  return { replicas, usage: average(groups.values) };
}

/** @param target percent of what Pods request @param container the one that counts; all when empty */
export function countByUtilization(
  input: PodMetricInput,
  target: number,
  container: string,
): ReplicaCount & { /** percent */ readonly utilization: number } {
  const { current, tolerances, pods, metrics, resource, now } = input;
  refuseNoPods(pods);
  const groups = groupPods(pods, metrics, resource, now);
  const requests = new Map(
    pods.map((pod) => [pod.metadata.name ?? '', requestOf(pod, container, resource)]),
  );
  const used = (values: Values) => {
    const known = [...values].filter(([name]) => requests.has(name));
    const usage = sum(known.map(([, value]) => value));
    const requested = sum(known.map(([name]) => requests.get(name) ?? 0));
    if (requested === 0) throw new Error('no metrics returned matched known pods');
    return {
      utilization: Math.trunc((usage * 100) / requested),
      average: Math.trunc(usage / known.length),
    };
  };
  const { utilization, average } = used(groups.values);
  const fallback = Math.max(100, target);
  const replicas = sizeOf({
    current,
    tolerances,
    groups,
    ratioOf: (values) => used(values).utilization / target,
    assumed: (name) => Math.trunc(((requests.get(name) ?? 0) * fallback) / 100),
  });
  return { replicas, usage: average, utilization };
}

/** In thousandths. */
function requestOf({ metadata, spec }: Pod, container: string, resource: string): number {
  const ofPod = spec.resources?.requests ?? {};
  if (container === '' && Object.keys(ofPod).length > 0) {
    const request = ofPod[resource];
    const known =
      request === undefined
        ? containersTotal(spec, 'requests').get(resource)
        : Quantity.parse(request);
    if (known === undefined)
      throw new Error(`missing pod-level request for ${resource} in Pod ${metadata.name}`);
    return known.milliValue();
  }
  const all = [...spec.containers, ...(spec.initContainers ?? []).filter(isSidecar)];
  const counted = all.filter(({ name }) => container === '' || name === container);
  if (container !== '' && counted.length === 0)
    throw new Error(`container ${container} not found in Pod ${metadata.name}`);
  return sum(
    counted.map(({ name, resources }) => {
      const request = resources?.requests?.[resource];
      if (request === undefined)
        throw new Error(
          `missing request for ${resource} in container ${name} of Pod ${metadata.name}`,
        );
      return Quantity.parse(request).milliValue();
    }),
  );
}

/** By a total: of one object, or of something outside. @param target in thousandths, as `usage` */
export function countByTotal(
  usage: number,
  target: number,
  { current, tolerances, pods }: Pick<PodMetricInput, 'current' | 'tolerances' | 'pods'>,
): ReplicaCount {
  const ratio = usage / target;
  // From none there is nobody to share it: as many as it takes.
  if (current === 0) return { replicas: Math.ceil(ratio), usage };
  if (isWithin(tolerances, ratio)) return { replicas: current, usage };
  refuseNoPods(pods, 'unable to calculate ready pods: ');
  const ready = pods.filter((pod) => pod.status?.phase === 'Running' && isPodReady(pod)).length;
  return { replicas: Math.min(LARGEST, Math.ceil(ratio * ready)), usage };
}

/** By a total of which each Pod is to have so much. @param replicas that there are now */
export function countByShare(
  usage: number,
  target: number,
  replicas: number,
  tolerances: Tolerances,
): ReplicaCount {
  const isFine = isWithin(tolerances, usage / (target * replicas));
  return {
    replicas: isFine ? replicas : Math.min(LARGEST, Math.ceil(usage / target)),
    usage: replicas === 0 ? usage : Math.ceil(usage / replicas),
  };
}
