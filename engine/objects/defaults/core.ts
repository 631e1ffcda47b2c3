import type {
  Endpoints,
  EndpointPort,
  EndpointSubset,
  LimitRange,
  LimitRangeItem,
  LimitRangeSpec,
  LoadBalancerIngress,
  Namespace,
  Node,
  NodeSpec,
  NodeStatus,
  PersistentVolume,
  PersistentVolumeClaim,
  PersistentVolumeSpec,
  ReplicationController,
  ReplicationControllerSpec,
  ResourceQuota,
  Secret,
  Service,
  ServicePort,
  ServiceSpec,
} from '../generated/core-v1.generated.ts';
import { defaulting, each, isEmpty, type Defaulting } from './defaulting.ts';
import { claimSpec, podTemplateSpec, resourceList } from './pod.ts';
import { sharedVolumeSources } from './volume-sources.ts';

/** Defaults of the core group's kinds but Pods (upstream's `apis/core/v1/defaults.go`). */

const servicePort = defaulting<ServicePort>({
  first: (port) =>
    port.targetPort === 0 || port.targetPort === '' || port.targetPort === undefined
      ? { ...port, targetPort: port.port }
      : port,
  missing: { protocol: 'TCP' },
});

/** Three hours, in seconds. */
const affinityTimeout = 10_800;

const sessionAffinity: Defaulting<ServiceSpec> = (spec) => {
  const { sessionAffinity: sort = 'None', sessionAffinityConfig: config, ...rest } = spec;
  if (sort === 'None') {
    return config === undefined && spec.sessionAffinity !== undefined
      ? spec
      : { ...rest, sessionAffinity: sort };
  }
  if (sort !== 'ClientIP' || config?.clientIP?.timeoutSeconds !== undefined) return spec;
  return { ...spec, sessionAffinityConfig: { clientIP: { timeoutSeconds: affinityTimeout } } };
};

/** Whether traffic from outside the cluster can reach it. */
const isExternal = ({ type, externalIPs }: ServiceSpec) =>
  type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && !isEmpty(externalIPs));

const serviceSpec = defaulting<ServiceSpec>({
  first: sessionAffinity,
  missing: {
    type: 'ClusterIP',
    externalTrafficPolicy: (spec) => (isExternal(spec) ? 'Cluster' : undefined),
    internalTrafficPolicy: ({ type = '' }) =>
      ['NodePort', 'LoadBalancer', 'ClusterIP'].includes(type) ? 'Cluster' : undefined,
    allocateLoadBalancerNodePorts: ({ type }) => (type === 'LoadBalancer' ? true : undefined),
  },
  within: { ports: each(servicePort) },
});

const ingressMode = defaulting<LoadBalancerIngress>({
  missing: { ipMode: ({ ip }) => (ip ? 'VIP' : undefined) },
});

export const service: Defaulting<Service> = (given) => {
  const object: Service = { ...given, spec: serviceSpec(given.spec ?? {}) };
  const ingress = object.status?.loadBalancer?.ingress;
  if (object.spec?.type !== 'LoadBalancer' || !ingress) return object;
  const loadBalancer = { ...object.status?.loadBalancer, ingress: each(ingressMode)(ingress) };
  return { ...object, status: { ...object.status, loadBalancer } };
};

export const endpoints = defaulting<Endpoints>({
  within: {
    subsets: each(
      defaulting<EndpointSubset>({
        within: { ports: each(defaulting<EndpointPort>({ missing: { protocol: 'TCP' } })) },
      }),
    ),
  },
});

/** `stringData` is a way to write `data`. */
const stringsAsData: Defaulting<Secret> = (given) => {
  const { stringData, ...rest } = given;
  if (stringData === undefined) return given;
  const data = Object.fromEntries(
    Object.entries(stringData).map(([key, text]) => [key, base64(text)]),
  );
  return { ...rest, data: { ...rest.data, ...data } };
};

function base64(text: string): string {
  let binary = '';
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

export const secret = defaulting<Secret>({ first: stringsAsData, missing: { type: 'Opaque' } });

const replicationControllerSpec = defaulting<ReplicationControllerSpec>({
  missing: {
    replicas: 1,
    selector: ({ template }) => template?.metadata?.labels,
  },
  within: { template: podTemplateSpec },
});

export const replicationController = defaulting<ReplicationController>({
  first: withLabelsOfTemplate,
  within: { spec: replicationControllerSpec },
});

/** An object without labels gets those of its template. */
export function withLabelsOfTemplate<
  T extends {
    readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
    readonly spec?: {
      readonly template?: {
        readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
      };
    };
  },
>(object: T): T {
  const labels = object.spec?.template?.metadata?.labels;
  if (isEmpty(labels) || !isEmpty(object.metadata?.labels)) return object;
  return { ...object, metadata: { ...object.metadata, labels } };
}

const persistentVolumeSpec = defaulting<PersistentVolumeSpec>({
  missing: { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' },
  within: { ...sharedVolumeSources, capacity: resourceList },
});

export const persistentVolume: Defaulting<PersistentVolume> = (given) => ({
  ...given,
  spec: persistentVolumeSpec(given.spec ?? {}),
  status: given.status?.phase === undefined ? { ...given.status, phase: 'Pending' } : given.status,
});

export const persistentVolumeClaim: Defaulting<PersistentVolumeClaim> = (given) => ({
  ...given,
  spec: claimSpec(given.spec ?? {}),
  status: given.status?.phase === undefined ? { ...given.status, phase: 'Pending' } : given.status,
});

const nameLabel = 'kubernetes.io/metadata.name';

export const namespace: Defaulting<Namespace> = (given) => {
  const { metadata, status } = given;
  const labels = metadata.name
    ? { ...metadata.labels, [nameLabel]: metadata.name }
    : metadata.labels;
  return {
    ...given,
    metadata: labels === undefined ? metadata : { ...metadata, labels },
    status: status?.phase === undefined ? { ...status, phase: 'Active' } : status,
  };
};

/** The first of its prefixes has a field of its own, which wins when they differ. */
function podPrefixes(spec: NodeSpec): NodeSpec {
  const { podCIDR: first, podCIDRs: prefixes } = spec;
  if (first && first !== prefixes?.[0]) return { ...spec, podCIDRs: [first] };
  return prefixes?.[0] && !first ? { ...spec, podCIDR: prefixes[0] } : spec;
}

export const node = defaulting<Node>({
  within: {
    spec: podPrefixes,
    status: defaulting<NodeStatus>({
      missing: { allocatable: ({ capacity }) => capacity },
      within: { capacity: resourceList, allocatable: resourceList },
    }),
  },
});

/** Containers without limits or requests get those of the largest and smallest there may be. */
const limitRangeItem = defaulting<LimitRangeItem>({
  first: (item) => {
    if (item.type !== 'Container') return item;
    const limits = { ...item.max, ...item.default };
    const requests = { ...item.min, ...limits, ...item.defaultRequest };
    return {
      ...item,
      ...(isEmpty(limits) ? {} : { default: limits }),
      ...(isEmpty(requests) ? {} : { defaultRequest: requests }),
    };
  },
  within: {
    max: resourceList,
    min: resourceList,
    default: resourceList,
    defaultRequest: resourceList,
    maxLimitRequestRatio: resourceList,
  },
});

export const limitRange = defaulting<LimitRange>({
  within: { spec: defaulting<LimitRangeSpec>({ within: { limits: each(limitRangeItem) } }) },
});

export const resourceQuota = defaulting<ResourceQuota>({
  within: {
    spec: defaulting({ within: { hard: resourceList } }),
    status: defaulting({ within: { hard: resourceList, used: resourceList } }),
  },
});
