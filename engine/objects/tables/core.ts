import type {
  ComponentStatus,
  ConfigMap,
  Event,
  Namespace,
  Node,
  ResourceQuota,
  Secret,
  ServiceAccount,
} from '../generated/core-v1.generated.ts';
import { canonicalQuantity } from '../quantity.ts';
import { age } from './ages.ts';
import { conditionOf, none, type Printer, unknown } from './table.ts';

const size = (object: object | null | undefined) => Object.keys(object ?? {}).length;

export const configMap: Printer<ConfigMap> = ({ metadata, data, binaryData }, now) => [
  metadata.name,
  size(data) + size(binaryData),
  age(metadata.creationTimestamp, now),
];

export const secret: Printer<Secret> = ({ metadata, type, data }, now) => [
  metadata.name,
  type ?? '',
  size(data),
  age(metadata.creationTimestamp, now),
];

export const serviceAccount: Printer<ServiceAccount> = ({ metadata }, now) => [
  metadata.name,
  age(metadata.creationTimestamp, now),
];

export const namespace: Printer<Namespace> = ({ metadata, status }, now) => [
  metadata.name,
  status?.phase ?? '',
  age(metadata.creationTimestamp, now),
];

export const node: Printer<Node> = (object, now) => {
  const { metadata, status = {} } = object;
  const info = status.nodeInfo;
  const address = (type: string) =>
    status.addresses?.find((candidate) => candidate.type === type)?.address ?? none;
  const architecture = info?.architecture ? ` (${info.architecture})` : '';
  return [
    metadata.name,
    nodeState(object),
    nodeRoles(object).join(',') || none,
    age(metadata.creationTimestamp, now),
    info?.kubeletVersion ?? '',
    address('InternalIP'),
    address('ExternalIP'),
    info?.osImage || unknown,
    `${info?.kernelVersion || unknown}${architecture}`,
    info?.containerRuntimeVersion || unknown,
  ];
};

function nodeState({ spec, status }: Node): string {
  const ready = status?.conditions?.findLast(({ type }) => type === 'Ready');
  const state = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown';
  return spec?.unschedulable ? `${state},SchedulingDisabled` : state;
}

const rolePrefix = 'node-role.kubernetes.io/';

function nodeRoles({ metadata }: Node): readonly string[] {
  const roles = Object.entries(metadata.labels ?? {}).map(([key, value]) => {
    if (key.startsWith(rolePrefix)) return key.slice(rolePrefix.length);
    return key === 'kubernetes.io/role' ? value : '';
  });
  return [...new Set(roles.filter((role) => role !== ''))].toSorted();
}

export const event: Printer<Event> = (object, now) => {
  const { metadata, involvedObject, source = {}, series } = object;
  const first = age(object.firstTimestamp ?? object.eventTime, now);
  const last = object.lastTimestamp ? age(object.lastTimestamp, now) : first;
  const kind = involvedObject.kind?.toLowerCase() ?? '';
  const component = source.component || (object.reportingComponent ?? '');
  const instance = source.host || object.reportingInstance;
  return [
    series ? age(series.lastObservedTime, now) : last,
    object.type ?? '',
    object.reason ?? '',
    involvedObject.name ? `${kind}/${involvedObject.name}` : kind,
    involvedObject.fieldPath ?? '',
    instance ? `${component}, ${instance}` : component,
    object.message?.trim() ?? '',
    first,
    series ? (series.count ?? 0) : object.count || 1,
    metadata.name,
  ];
};

export const resourceQuota: Printer<ResourceQuota> = ({ metadata, status = {} }, now) => {
  const used = status.used ?? {};
  const lines = Object.entries(status.hard ?? {})
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([resource, hard]) => ({
      limits: resource.startsWith('limits.'),
      text: `${resource}: ${canonicalQuantity(String(used[resource] ?? '0'))}/${hard}`,
    }));
  const cell = (limits: boolean) =>
    lines.flatMap((line) => (line.limits === limits ? [line.text] : [])).join(', ');
  return [metadata.name, cell(false), cell(true), age(metadata.creationTimestamp, now)];
};

export const componentStatus: Printer<ComponentStatus> = ({ metadata, conditions }) => {
  const healthy = conditionOf(conditions, 'Healthy');
  const state = healthy?.status === 'True' ? 'Healthy' : 'Unhealthy';
  return [metadata.name, healthy ? state : 'Unknown', healthy?.message ?? '', healthy?.error ?? ''];
};
