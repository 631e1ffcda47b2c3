import { messageOf } from '../../base/message-of.ts';
import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '../../objects/generated/autoscaling-v2.generated.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import type { LabelSelector as LabelSelectorObject } from '../../objects/generated/meta-v1.generated.ts';
import { Quantity } from '../../objects/quantity.ts';
import { labelSelectorOf } from '../../objects/selectors/label-selector.ts';
import type { MetricsClient } from './metrics-client.ts';
import {
  countByAverage,
  countByShare,
  countByTotal,
  countByUtilization,
  type PodMetricInput,
  type ReplicaCount,
  type Tolerances,
} from './replica-count.ts';

/** What one metric says. */
export interface Proposal {
  readonly replicas: number;
  /** for people */
  readonly metric: string;
  readonly status: MetricStatus;
}

/** A metric that says nothing. The message is for the event and the error, `why` for event and condition. */
export class MetricError extends Error {
  readonly code = 'METRIC';
  /** upstream's, for the condition and the event */
  readonly reason: string;
  readonly why: string;

  constructor(reason: string, prefix: string, outer: string, cause: unknown) {
    const why = messageOf(cause);
    super(`${prefix}: ${outer}${why}`, { cause });
    this.name = 'MetricError';
    this.reason = reason;
    this.why = why;
  }
}

export interface MetricContext {
  readonly client: MetricsClient;
  readonly autoscaler: HorizontalPodAutoscaler;
  readonly namespace: string;
  /** of the Pods, as its target wrote it */
  readonly selector: string;
  /** those that it matches */
  readonly pods: readonly Pod[];
  /** what the target is to have, and what it has */
  readonly specReplicas: number;
  readonly statusReplicas: number;
  readonly tolerances: Tolerances;
  /** UNIX milliseconds */
  readonly now: number;
}

/** @throws MetricError */
export async function proposalOf(context: MetricContext, spec: MetricSpec): Promise<Proposal> {
  switch (spec.type) {
    case 'Object':
      return byObject(context, spec);
    case 'Pods':
      return byPods(context, spec);
    case 'Resource':
    case 'ContainerResource':
      return byResource(context, spec);
    case 'External':
      return byExternal(context, spec);
    default: {
      const error = new Error(`unknown metric source type "${spec.type}"`);
      throw new MetricError('InvalidMetricSourceType', 'unknown', '', error);
    }
  }
}

async function byObject(context: MetricContext, spec: MetricSpec): Promise<Proposal> {
  const { client, namespace, specReplicas, statusReplicas, tolerances, pods } = context;
  const source = defined(spec.object);
  const { describedObject, metric, target } = source;
  const { kind, name } = describedObject;
  const isByShare = target.type === 'AverageValue';
  const outer = isByShare ? `failed to get ${metric.name} object metric: ` : '';
  try {
    const goal = isByShare ? target.averageValue : target.value;
    if (goal === undefined)
      throw new Error(
        'invalid object metric source: neither a value target nor an average value target was set',
      );
    const usage = await client
      .object(metric.name, namespace, describedObject, labelSelectorOf(metric.selector))
      .catch((error: unknown) => {
        const what = `unable to get metric ${metric.name} on ${kind} ${namespace}/${name}`;
        throw new Error(`${what}: ${messageOf(error)}`, { cause: error });
      });
    const count = isByShare
      ? countByShare(usage, milli(goal), statusReplicas, tolerances)
      : countByTotal(usage, milli(goal), { current: specReplicas, tolerances, pods });
    const current = valueOf(count, isByShare ? 'averageValue' : 'value');
    return {
      replicas: count.replicas,
      // Upstream calls it external here.
      metric: isByShare ? external(metric) : `${kind} metric ${metric.name}`,
      status: { type: 'Object', object: { describedObject, metric, current } },
    };
  } catch (error) {
    throw new MetricError(
      'FailedGetObjectMetric',
      'failed to get object metric value',
      outer,
      error,
    );
  }
}

async function byPods(context: MetricContext, spec: MetricSpec): Promise<Proposal> {
  const { client, namespace, selector } = context;
  const { metric, target } = defined(spec.pods);
  const { name } = metric;
  try {
    const metrics = await client
      .pods(name, namespace, selector, labelSelectorOf(metric.selector))
      .catch((error: unknown) => {
        throw new Error(`unable to get metric ${name}: ${messageOf(error)}`, { cause: error });
      });
    const count = countByAverage(
      { ...inputOf(context), metrics, resource: '' },
      milli(target.averageValue ?? '0'),
    );
    return {
      replicas: count.replicas,
      metric: `pods metric ${name}`,
      status: { type: 'Pods', pods: { metric, current: valueOf(count, 'averageValue') } },
    };
  } catch (error) {
    throw new MetricError('FailedGetPodsMetric', 'failed to get pods metric value', '', error);
  }
}

async function byResource(context: MetricContext, spec: MetricSpec): Promise<Proposal> {
  const ofContainer = spec.containerResource;
  const { name, target } = ofContainer ?? defined(spec.resource);
  const container = ofContainer?.container ?? '';
  try {
    const { current, replicas, metric } = await sizeByResource(context, name, target, container);
    return {
      replicas,
      metric,
      status:
        ofContainer === undefined
          ? { type: 'Resource', resource: { name, current } }
          : { type: 'ContainerResource', containerResource: { name, container, current } },
    };
  } catch (error) {
    throw ofContainer === undefined
      ? new MetricError(
          'FailedGetResourceMetric',
          `failed to get ${name} resource metric value`,
          '',
          error,
        )
      : new MetricError(
          'FailedGetContainerResourceMetric',
          `failed to get ${container} container metric value`,
          '',
          error,
        );
  }
}

async function sizeByResource(
  context: MetricContext,
  resource: string,
  { averageValue, averageUtilization }: MetricTarget,
  container: string,
): Promise<{
  readonly replicas: number;
  readonly metric: string;
  readonly current: MetricValueStatus;
}> {
  if (averageValue === undefined && averageUtilization === undefined)
    throw new Error(
      'invalid resource metric source: neither an average utilization target nor an average value (usage) target was set',
    );
  const isByUsage = averageValue !== undefined;
  try {
    const { client, namespace, selector } = context;
    const metrics = await client
      .resource(resource, namespace, selector, container)
      .catch((error: unknown) => {
        const what = `unable to get metrics for resource ${resource}`;
        throw new Error(`${what}: ${messageOf(error)}`, { cause: error });
      });
    const input = { ...inputOf(context), metrics, resource };
    // As metrics-server writes them.
    const format = resource === 'memory' ? 'BinarySI' : 'DecimalSI';
    if (isByUsage) {
      const { replicas, usage } = countByAverage(input, milli(averageValue));
      const current = { averageValue: Quantity.ofMilli(usage, format).toString() };
      return { replicas, metric: `${resource} resource`, current };
    }
    const count = countByUtilization(input, averageUtilization ?? 0, container);
    const of = container === '' ? 'resource' : 'container resource';
    return {
      replicas: count.replicas,
      metric: `${resource} ${of} utilization (percentage of request)`,
      current: {
        averageUtilization: count.utilization,
        averageValue: Quantity.ofMilli(count.usage, format).toString(),
      },
    };
  } catch (error) {
    const what = `failed to get ${resource} ${isByUsage ? 'usage' : 'utilization'}`;
    throw new Error(`${what}: ${messageOf(error)}`, { cause: error });
  }
}

async function byExternal(context: MetricContext, spec: MetricSpec): Promise<Proposal> {
  const { client, namespace, specReplicas, statusReplicas, tolerances, pods } = context;
  const { metric, target } = defined(spec.external);
  const { name, selector } = metric;
  const isByShare = target.averageValue !== undefined;
  let outer = '';
  try {
    const goal = target.averageValue ?? target.value;
    if (goal === undefined)
      throw new Error(
        'invalid external metric source: neither a value target nor an average value target was set',
      );
    outer = isByShare
      ? `failed to get ${name} external metric: `
      : `failed to get external metric ${name}: `;
    const values = await client
      .external(name, namespace, labelSelectorOf(selector))
      .catch((error: unknown) => {
        const what = `unable to get external metric ${namespace}/${name}/${goSelector(selector)}`;
        throw new Error(`${what}: ${messageOf(error)}`, { cause: error });
      });
    const usage = values.reduce((sum, value) => sum + value, 0);
    const count = isByShare
      ? countByShare(usage, milli(goal), statusReplicas, tolerances)
      : countByTotal(usage, milli(goal), { current: specReplicas, tolerances, pods });
    const current = valueOf(count, isByShare ? 'averageValue' : 'value');
    return {
      replicas: count.replicas,
      metric: external(metric),
      status: { type: 'External', external: { metric, current } },
    };
  } catch (error) {
    const prefix = `failed to get ${name} external metric value`;
    throw new MetricError('FailedGetExternalMetric', prefix, outer, error);
  }
}

function inputOf({
  specReplicas: current,
  tolerances,
  pods,
  now,
}: MetricContext): Pick<PodMetricInput, 'current' | 'tolerances' | 'pods' | 'now'> {
  return { current, tolerances, pods, now };
}

/** Validation has seen to it that the source of the metric's type is there. */
function defined<T>(source: T | undefined): T {
  if (source === undefined) throw new TypeError('a metric has no source of its type');
  return source;
}

const milli = (text: string): number => Quantity.parse(text).milliValue();

function valueOf({ usage }: ReplicaCount, field: 'value' | 'averageValue'): MetricValueStatus {
  return { [field]: Quantity.ofMilli(usage).toString() };
}

const external = (metric: { readonly name: string; readonly selector?: LabelSelectorObject }) =>
  `external metric ${metric.name}(${goSelector(metric.selector)})`;

/** A selector as Go prints the generated type. */
function goSelector(selector: LabelSelectorObject | undefined): string {
  if (selector === undefined) return 'nil';
  const labels = Object.entries(selector.matchLabels ?? {})
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`);
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}
