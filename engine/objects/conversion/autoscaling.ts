import type { HorizontalPodAutoscaler as HorizontalPodAutoscalerV1 } from '../generated/autoscaling-v1.generated.ts';
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerBehavior,
  HorizontalPodAutoscalerCondition,
  MetricSpec,
  MetricStatus,
} from '../generated/autoscaling-v2.generated.ts';
import type { ObjectMeta } from '../generated/meta-v1.generated.ts';
import { isJsonObject, type JsonObject } from '../json-value.ts';
import { Quantity } from '../quantity.ts';
import { asInternal, fromInternal } from '../validation/internal.ts';

/**
 * autoscaling/v1 knows nothing but CPU. What v2 has beyond that is kept in annotations of the v1 object,
 * as the never released v1 metrics had it, so that it survives a change through v1.
 */
const annotation = (name: string) => `autoscaling.alpha.kubernetes.io/${name}`;
const kept = {
  metrics: annotation('metrics'),
  statuses: annotation('current-metrics'),
  conditions: annotation('conditions'),
  behavior: annotation('behavior'),
};
const reserved = [
  ...Object.values(kept),
  annotation('scale-down-tolerance'),
  annotation('scale-up-tolerance'),
];

export function autoscalerToV1(object: HorizontalPodAutoscaler): HorizontalPodAutoscalerV1 {
  const { spec, status } = object;
  const { behavior } = spec;
  const { currentMetrics: measured, conditions, ...state } = status ?? { desiredReplicas: 0 };
  // lists that were never set are null
  const metrics = spec.metrics ?? [];
  const currentMetrics = measured ?? [];
  const annotations: Record<string, string> = {};
  const others = metrics.filter((metric) => cpuTarget(metric) === undefined);
  if (others.length > 0) annotations[kept.metrics] = toOld(others, targets);
  if (currentMetrics.length > 0) annotations[kept.statuses] = toOld(currentMetrics, currents);
  if (behavior) {
    annotations[kept.behavior] = JSON.stringify(
      asInternal('HorizontalPodAutoscalerBehavior', behavior),
    );
  }
  if (conditions?.length) annotations[kept.conditions] = JSON.stringify(conditions);
  const cpu = metrics.map(cpuTarget).find((target) => target !== undefined);
  const currentCpu = currentMetrics.map(cpuNow).findLast((current) => current !== undefined);
  return {
    ...object,
    apiVersion: 'autoscaling/v1',
    metadata: withAnnotations(object.metadata, annotations),
    spec: {
      scaleTargetRef: spec.scaleTargetRef,
      ...(spec.minReplicas === undefined ? {} : { minReplicas: spec.minReplicas }),
      maxReplicas: spec.maxReplicas,
      ...(cpu === undefined ? {} : { targetCPUUtilizationPercentage: cpu }),
    },
    status: {
      ...state,
      currentReplicas: state.currentReplicas ?? 0,
      ...(currentCpu === undefined ? {} : { currentCPUUtilizationPercentage: currentCpu }),
    },
  };
}

export function autoscalerToV2(object: HorizontalPodAutoscalerV1): HorizontalPodAutoscaler {
  const { spec, status } = object;
  const annotations = object.metadata.annotations ?? {};
  const { targetCPUUtilizationPercentage: cpu, ...same } = spec;
  const {
    currentCPUUtilizationPercentage: currentCpu,
    currentReplicas,
    ...state
  } = status ?? { currentReplicas: 0, desiredReplicas: 0 };
  const others = toNew<MetricSpec>(annotations[kept.metrics], targets) ?? [];
  const metrics = cpu === undefined ? others : [...others, cpuMetric(cpu)];
  const behavior = fromInternal(
    'HorizontalPodAutoscalerBehavior',
    parse(annotations[kept.behavior]),
  );
  const conditions = parse(annotations[kept.conditions]);
  const currentMetrics =
    toNew<MetricStatus>(annotations[kept.statuses], currents) ??
    (currentCpu === undefined
      ? undefined
      : [
          {
            type: 'Resource',
            resource: { name: 'cpu', current: { averageUtilization: currentCpu } },
          },
        ]);
  return {
    ...object,
    apiVersion: 'autoscaling/v2',
    metadata: withAnnotations(object.metadata, {}),
    spec: {
      ...same,
      metrics: metrics.length > 0 ? metrics : [cpuMetric(80)],
      ...(isJsonObject(behavior) && Object.keys(behavior).length > 0
        ? { behavior: behavior as HorizontalPodAutoscalerBehavior }
        : {}),
    },
    status: {
      ...state,
      ...(currentReplicas === 0 ? {} : { currentReplicas }),
      // a list that was never set is null
      currentMetrics: currentMetrics ?? (null as unknown as readonly MetricStatus[]),
      ...(Array.isArray(conditions)
        ? { conditions: conditions as readonly HorizontalPodAutoscalerCondition[] }
        : {}),
    },
  };
}

function withAnnotations(
  metadata: ObjectMeta,
  added: Readonly<Record<string, string>>,
): ObjectMeta {
  const { annotations = {}, ...others } = metadata;
  const own = Object.entries(annotations).filter(([key]) => !reserved.includes(key));
  const all = { ...Object.fromEntries(own), ...added };
  return Object.keys(all).length === 0 ? others : { ...others, annotations: all };
}

const isCpu = ({ type, resource }: MetricSpec | MetricStatus) =>
  type === 'Resource' && resource?.name === 'cpu';

const cpuTarget = (metric: MetricSpec) =>
  isCpu(metric) ? metric.resource?.target.averageUtilization : undefined;

const cpuNow = (metric: MetricStatus) =>
  isCpu(metric) ? metric.resource?.current.averageUtilization : undefined;

function cpuMetric(percent: number): MetricSpec {
  const target = { type: 'Utilization', averageUtilization: percent };
  return { type: 'Resource', resource: { name: 'cpu', target } };
}

/** Of a source of metrics: the old member, in order, the new one's path, and what the old has when empty. */
type Members = readonly (readonly [old: string, path: string, empty?: string])[];
type Sources = Readonly<Record<string, Members>>;

const metric = ['metricName', 'metric.name', ''] as const;
const selector = ['selector', 'metric.selector'] as const;

const targets: Sources = {
  object: [
    ['target', 'describedObject'],
    metric,
    ['targetValue', 'target.value', '0'],
    selector,
    ['averageValue', 'target.averageValue'],
  ],
  pods: [metric, ['targetAverageValue', 'target.averageValue', '0'], selector],
  resource: [
    ['name', 'name', ''],
    ['targetAverageUtilization', 'target.averageUtilization'],
    ['targetAverageValue', 'target.averageValue'],
  ],
  containerResource: [
    ['name', 'name', ''],
    ['targetAverageUtilization', 'target.averageUtilization'],
    ['targetAverageValue', 'target.averageValue'],
    ['container', 'container', ''],
  ],
  external: [
    metric,
    ['metricSelector', 'metric.selector'],
    ['targetValue', 'target.value'],
    ['targetAverageValue', 'target.averageValue'],
  ],
};

const currents: Sources = {
  object: [
    ['target', 'describedObject'],
    metric,
    ['currentValue', 'current.value', '0'],
    selector,
    ['averageValue', 'current.averageValue'],
  ],
  pods: [metric, ['currentAverageValue', 'current.averageValue', '0'], selector],
  resource: [
    ['name', 'name', ''],
    ['currentAverageUtilization', 'current.averageUtilization'],
    ['currentAverageValue', 'current.averageValue', '0'],
  ],
  containerResource: [
    ['name', 'name', ''],
    ['currentAverageUtilization', 'current.averageUtilization'],
    ['currentAverageValue', 'current.averageValue', '0'],
    ['container', 'container', ''],
  ],
  external: [
    metric,
    ['metricSelector', 'metric.selector'],
    ['currentValue', 'current.value', '0'],
    ['currentAverageValue', 'current.averageValue'],
  ],
};

function toOld(metrics: readonly (MetricSpec | MetricStatus)[], sources: Sources): string {
  const converted = metrics.map((given) => {
    const old: Record<string, unknown> = { type: given.type };
    for (const [source, members] of Object.entries(sources)) {
      const value = (given as unknown as JsonObject)[source];
      if (!isJsonObject(value)) continue;
      old[source] = Object.fromEntries(
        members.map(([name, path, empty]) => [name, at(value, path) ?? empty]),
      );
    }
    return old;
  });
  return JSON.stringify(converted);
}

function toNew<Metric>(text: string | undefined, sources: Sources): readonly Metric[] | undefined {
  const list = parse(text);
  if (!Array.isArray(list)) return undefined;
  return list.filter(isJsonObject).map((old) => {
    const made: Record<string, unknown> = { type: old['type'] };
    for (const [source, members] of Object.entries(sources)) {
      const value = old[source];
      if (!isJsonObject(value)) continue;
      const inner: Record<string, Record<string, unknown>> & Record<string, unknown> = {};
      for (const [name, path] of members) {
        if (value[name] === undefined || value[name] === null) continue;
        const [head = '', tail] = path.split('.');
        if (tail === undefined) inner[head] = value[name] as never;
        else (inner[head] ??= {})[tail] = value[name];
      }
      if (sources === targets) inner['target'] = targetOf(source, inner['target'] ?? {});
      made[source] = inner;
    }
    return made as Metric;
  });
}

/** The old metrics do not say what kind of target they have. */
function targetOf(source: string, target: Record<string, unknown>): Record<string, unknown> {
  const { value, averageValue, averageUtilization } = target;
  switch (source) {
    case 'object': {
      if (averageValue === undefined) return { type: 'Value', ...target };
      const zero = typeof value !== 'string' || Quantity.parse(value).isZero();
      return { type: 'AverageValue', ...(zero ? { averageValue } : target) };
    }
    case 'external':
      return { type: value === undefined ? 'AverageValue' : 'Value', ...target };
    case 'pods':
      return { type: 'AverageValue', ...target };
    default: {
      const type = averageUtilization === undefined ? 'AverageValue' : 'Utilization';
      return { type, ...target };
    }
  }
}

function at(value: JsonObject, path: string): unknown {
  const [head = '', tail] = path.split('.');
  const inner = value[head];
  if (tail === undefined) return inner;
  return isJsonObject(inner) ? inner[tail] : undefined;
}

/** What is no JSON is passed over. */
function parse(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}
