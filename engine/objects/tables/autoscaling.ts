import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '../generated/autoscaling-v2.generated.ts';
import { age } from './ages.ts';
import { firstFew, none, type Printer, unknown, unset } from './table.ts';

export const horizontalPodAutoscaler: Printer<HorizontalPodAutoscaler> = (object, now) => {
  const { metadata, spec, status } = object;
  const metrics = (spec?.metrics ?? []).map((metric, index) =>
    formatMetric(metric, status?.currentMetrics?.[index]),
  );
  return [
    metadata.name,
    `${spec?.scaleTargetRef.kind}/${spec?.scaleTargetRef.name}`,
    firstFew(metrics, 2, ', ') || none,
    spec?.minReplicas === undefined ? unset : String(spec.minReplicas),
    spec?.maxReplicas ?? 0,
    status?.currentReplicas ?? 0,
    age(metadata.creationTimestamp, now),
  ];
};

/** What a metric is now, and what it should be: `cpu: 12%/80%`, `3/10 (avg)`. */
function formatMetric(spec: MetricSpec, status: MetricStatus | undefined): string {
  switch (spec.type) {
    case 'Resource':
      return formatResource(spec.resource, status?.resource?.current);
    case 'ContainerResource':
      return formatResource(spec.containerResource, status?.containerResource?.current);
    case 'Pods':
      return formatAverage(spec.pods?.target, status?.pods?.current);
    case 'Object':
      return formatValue(spec.object?.target, status?.object?.current);
    case 'External':
      return formatValue(spec.external?.target, status?.external?.current);
    default:
      return '<unknown type>';
  }
}

type Current = MetricValueStatus | undefined;
type Target = MetricTarget | undefined;

/** Go prints a quantity that is not there so. */
const nil = '<nil>';

function formatResource(
  resource: { readonly name: string; readonly target: MetricTarget } | undefined,
  current: Current,
): string {
  const { name, target } = resource ?? {};
  if (target?.averageValue !== undefined) return `${name}: ${formatAverage(target, current)}`;
  const percent = (value: number | undefined, none: string) =>
    value === undefined ? none : `${value}%`;
  const now = percent(current?.averageUtilization, unknown);
  return `${name}: ${now}/${percent(target?.averageUtilization, '<auto>')}`;
}

function formatAverage(target: Target, current: Current): string {
  const now = current ? (current.averageValue ?? nil) : unknown;
  return `${now}/${target?.averageValue ?? nil}`;
}

function formatValue(target: Target, current: Current): string {
  if (target?.averageValue !== undefined) {
    return `${current?.averageValue ?? unknown}/${target.averageValue} (avg)`;
  }
  const now = current ? (current.value ?? nil) : unknown;
  return `${now}/${target?.value ?? nil}`;
}
