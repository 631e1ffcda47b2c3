import type {
  Endpoints,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  ResourceQuota,
  Secret,
  Service,
  ServiceAccount,
  ServiceSpec,
} from '../generated/core-v1.generated.ts';
import { Quantity } from '../quantity.ts';
import { Place } from '../validation/place.ts';
import { sameValue } from '../validation/same-value.ts';
import { kindStrategy } from './kind-strategy.ts';
import { claimWarnings } from './pod-warnings.ts';
import { keepSpec, keepStatus, withField, withStatus } from './steps.ts';
import { cidrWarnings, ipWarnings, nodeSelectorTermWarnings } from './warnings.ts';

/** Kinds of the core group but Pods and their controllers. */

const ownFinalizer = 'kubernetes';

export const namespace = kindStrategy<Namespace>({
  prepareForCreate: (object) => {
    const { finalizers = [] } = object.spec ?? {};
    const all = finalizers.includes(ownFinalizer) ? finalizers : [...finalizers, ownFinalizer];
    return {
      ...withStatus(object, { phase: 'Active' }),
      spec: { ...object.spec, finalizers: all },
    };
  },
  prepareForUpdate: (object, old) => ({
    ...keepStatus(object, old),
    spec: withField(object.spec ?? {}, 'finalizers', old.spec?.finalizers),
  }),
  subresources: { status: keepSpec, finalize: keepStatus },
});

/**
 * Fields of a feature that is gone, and of one that is off by default (the feature gate
 * InPlacePodVerticalScalingSchedulerPreemption); objects that have them may keep them.
 */
const notForNodes = ['configSource', 'podPreemptionPolicy'] as const;

function withoutDisabled(object: Node, old?: Node): Node {
  let spec = object.spec ?? {};
  for (const field of notForNodes) {
    if (old?.spec?.[field] === undefined) spec = withField(spec, field, undefined);
  }
  return withField(object, 'spec', spec);
}

export const node = kindStrategy<Node>({
  prepareForCreate: (object) => withoutDisabled(object),
  prepareForUpdate: (object, old) => withoutDisabled(keepStatus(object, old), old),
  subresources: {
    status: (object, old) => {
      const kept = keepSpec(object, old);
      if (old.status?.config || !kept.status?.config) return kept;
      return { ...kept, status: withField(kept.status, 'config', undefined) };
    },
  },
  warnings: ({ spec }) => [
    ...(spec.configSource ? ['spec.configSource: the feature is removed'] : []),
    ...(spec.externalID
      ? ['spec.externalID: this field is deprecated, and is unused by Kubernetes']
      : []),
    ...(spec.podCIDRs ?? []).flatMap((cidr, index) =>
      cidrWarnings(cidr, `spec.podCIDRs[${index}]`),
    ),
  ],
});

const classAnnotation = 'volume.beta.kubernetes.io/storage-class';
const useClassName = 'deprecated since v1.8; use "storageClassName" attribute instead';

const deprecatedSources = {
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
} as const;

function volumeWarnings({ metadata, spec }: PersistentVolume): string[] {
  const annotations = {
    [classAnnotation]: useClassName,
    'volume.beta.kubernetes.io/mount-options':
      'deprecated since v1.31; use "mountOptions" attribute instead',
  };
  const terms = Place.root().child('spec').child('nodeAffinity').child('required');
  return [
    ...Object.entries(annotations)
      .filter(([key]) => metadata?.annotations?.[key] !== undefined)
      .map(([key, message]) => `metadata.annotations[${key}]: ${message}`),
    ...(spec.persistentVolumeReclaimPolicy === 'Recycle'
      ? [
          'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
        ]
      : []),
    ...(spec.nodeAffinity?.required?.nodeSelectorTerms ?? []).flatMap((term, index) =>
      nodeSelectorTermWarnings(term, terms.child('nodeSelectorTerms').index(index), false),
    ),
    ...Object.entries(deprecatedSources).flatMap(([name, message]) =>
      spec[name as keyof typeof deprecatedSources] === undefined
        ? []
        : [`spec.${name === 'storageos' ? 'storageOS' : name}: ${message}`],
    ),
  ];
}

export const persistentVolume = kindStrategy<PersistentVolume>({
  prepareForCreate: (object, { now }) =>
    withStatus(object, { phase: 'Pending', lastPhaseTransitionTime: now }),
  prepareForUpdate: keepStatus,
  subresources: {
    status: (object, old, { now }) => {
      const kept = keepSpec(object, old);
      const { status = {} } = kept;
      const before = old.status?.lastPhaseTransitionTime;
      const after = status.lastPhaseTransitionTime;
      const isSamePhase = status.phase === old.status?.phase;
      if (isSamePhase ? after !== undefined : after !== undefined && after !== before) return kept;
      const time = isSamePhase ? before : now;
      return { ...kept, status: withField(status, 'lastPhaseTransitionTime', time) };
    },
  },
  warnings: volumeWarnings,
});

const snapshotGroup = 'snapshot.storage.k8s.io';

/** A claim's source is said in two fields; the older one knows claims and snapshots only. */
function withDataSources(
  given: PersistentVolumeClaimSpec,
  hadSource: boolean,
): PersistentVolumeClaimSpec {
  let spec = given;
  // Sources in other namespaces belong to a feature that is off by default.
  if (spec.dataSourceRef?.namespace) spec = withField(spec, 'dataSourceRef', undefined);
  const { dataSource: source, dataSourceRef: reference } = spec;
  if (!reference && source && !hadSource) {
    const { apiGroup = '', kind } = source;
    const isKnown =
      (kind === 'PersistentVolumeClaim' && apiGroup === '') ||
      (kind === 'VolumeSnapshot' && apiGroup === snapshotGroup);
    if (!isKnown) return withField(spec, 'dataSource', undefined);
  }
  if (source && !reference) return { ...spec, dataSourceRef: source };
  return reference && !source ? { ...spec, dataSource: reference } : spec;
}

export const persistentVolumeClaim = kindStrategy<PersistentVolumeClaim>({
  prepareForCreate: (object) => ({
    ...withStatus(object, { phase: 'Pending' }),
    spec: withDataSources(object.spec ?? {}, false),
  }),
  prepareForUpdate: (object, old) => ({
    ...keepStatus(object, old),
    spec: withDataSources(object.spec ?? {}, old.spec?.dataSource !== undefined),
  }),
  subresources: {
    status: (object, old) => {
      const kept = keepSpec(object, old);
      if (old.status?.healthStatus || !kept.status?.healthStatus) return kept;
      return { ...kept, status: withField(kept.status, 'healthStatus', undefined) };
    },
  },
  warnings: ({ metadata, spec }) => [
    ...(metadata?.annotations?.[classAnnotation] === undefined
      ? []
      : [`metadata.annotations[${classAnnotation}]: ${useClassName}`]),
    ...claimWarnings(spec?.resources, Place.root().child('spec').child('resources')),
  ],
});

function quotaWarnings({ spec }: ResourceQuota): string[] {
  const { hard = {} } = spec ?? {};
  return ['cpu', 'memory', 'storage', 'ephemeral-storage'].flatMap((resource) => {
    const isShort = resource === 'cpu' || resource === 'memory';
    const explicit = `requests.${resource}`;
    const name = hard[explicit] === undefined && isShort ? resource : explicit;
    const request = hard[name];
    const limit = hard[`limits.${resource}`];
    if (request === undefined || limit === undefined) return [];
    return Quantity.parse(request).compare(Quantity.parse(limit)) > 0
      ? [`ResourceQuota ${name} (${request}) should be less than limits.${resource} (${limit})`]
      : [];
  });
}

export const resourceQuota = kindStrategy<ResourceQuota>({
  prepareForCreate: (object) => withStatus(object, {}),
  prepareForUpdate: keepStatus,
  subresources: { status: keepSpec },
  warnings: (object, old) => (old ? [] : quotaWarnings(object)),
});

const ofType = (spec: ServiceSpec | undefined, ...types: readonly string[]) =>
  types.includes(spec?.type ?? '');

const hasHealthCheck = (spec: ServiceSpec) =>
  spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';

const isExternal = (spec: ServiceSpec) =>
  ofType(spec, 'LoadBalancer', 'NodePort') ||
  (spec.type === 'ClusterIP' && (spec.externalIPs ?? []).length > 0);

/** Values that a service got for its old type go with it, unless the client changed them. */
function withoutTypeFields(spec: ServiceSpec, old: ServiceSpec): ServiceSpec {
  let kept = spec;
  const drop = (isDue: boolean, ...fields: readonly (keyof ServiceSpec)[]) => {
    if (!isDue || !fields.every((field) => sameValue(spec[field], old[field]))) return;
    for (const field of fields) kept = withField(kept, field, undefined);
  };
  const becomesName = !ofType(old, 'ExternalName') && ofType(spec, 'ExternalName');
  drop(becomesName, 'clusterIP', 'clusterIPs');
  drop(becomesName, 'ipFamilies');
  drop(becomesName, 'ipFamilyPolicy');
  const oldPorts = new Set((old.ports ?? []).map(({ nodePort = 0 }) => nodePort));
  const hasOldPorts = (spec.ports ?? []).every(
    ({ nodePort = 0 }) => nodePort === 0 || oldPorts.has(nodePort),
  );
  const losesPorts =
    ofType(old, 'NodePort', 'LoadBalancer') && !ofType(spec, 'NodePort', 'LoadBalancer');
  if (losesPorts && hasOldPorts && spec.ports) {
    kept = { ...kept, ports: spec.ports.map((port) => withField(port, 'nodePort', undefined)) };
  }
  drop(hasHealthCheck(old) && !hasHealthCheck(spec), 'healthCheckNodePort');
  const losesBalancer = ofType(old, 'LoadBalancer') && !ofType(spec, 'LoadBalancer');
  drop(losesBalancer, 'allocateLoadBalancerNodePorts');
  drop(losesBalancer, 'loadBalancerClass');
  drop(isExternal(old) && !isExternal(spec), 'externalTrafficPolicy');
  return kept;
}

const topologyHints = 'service.kubernetes.io/topology-aware-hints';
const topologyMode = 'service.kubernetes.io/topology-mode';

function serviceWarnings({ metadata, spec }: Service): string[] {
  const { clusterIPs = [], externalIPs = [], externalName, type } = spec;
  const isHeadless = clusterIPs.length === 1 && clusterIPs[0] === 'None';
  const isNamed = type === 'ExternalName';
  const when = (isTrue: boolean, warning: string) => (isTrue ? [warning] : []);
  const ignored = (field: string) => `spec.${field} is ignored for headless services`;
  return [
    ...when(
      metadata?.annotations?.[topologyHints] !== undefined,
      `annotation ${topologyHints} is deprecated, please use ${topologyMode} instead`,
    ),
    ...(spec.clusterIP && spec.clusterIP !== 'None'
      ? clusterIPs.flatMap((ip, index) => ipWarnings(ip, `spec.clusterIPs[${index}]`))
      : []),
    ...when(isHeadless && Boolean(spec.loadBalancerIP), ignored('loadBalancerIP')),
    ...when(isHeadless && externalIPs.length > 0, ignored('externalIPs')),
    ...when(isHeadless && spec.sessionAffinity !== 'None', ignored('SessionAffinity')),
    ...externalIPs.flatMap((ip, index) => ipWarnings(ip, `spec.externalIPs[${index}]`)),
    ...when(
      externalIPs.length > 0 && !isHeadless && !isNamed,
      'spec.externalIPs is deprecated and may no longer be implemented in some clusters',
    ),
    ...(spec.loadBalancerIP ? ipWarnings(spec.loadBalancerIP, 'spec.loadBalancerIP') : []),
    ...(spec.loadBalancerSourceRanges ?? []).flatMap((range, index) =>
      cidrWarnings(range, `spec.loadBalancerSourceRanges[${index}]`),
    ),
    ...when(
      isNamed && externalIPs.length > 0,
      'spec.externalIPs is ignored when spec.type is "ExternalName"',
    ),
    ...when(
      !isNamed && Boolean(externalName),
      'spec.externalName is ignored when spec.type is not "ExternalName"',
    ),
    ...when(
      spec.trafficDistribution === 'PreferClose',
      'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
    ),
  ];
}

export const service = kindStrategy<Service>({
  prepareForCreate: (object) => withStatus(object, { loadBalancer: {} }),
  prepareForUpdate: (object, old) => {
    const typed = withoutTypeFields(object.spec ?? {}, old.spec ?? {});
    const isNamed = typed.type === 'ExternalName';
    const spec = isNamed ? withField(typed, 'internalTrafficPolicy', undefined) : typed;
    const kept = { ...keepStatus(object, old), spec };
    return spec.type === 'LoadBalancer'
      ? kept
      : { ...kept, status: { ...kept.status, loadBalancer: {} } };
  },
  subresources: { status: keepSpec },
  warnings: serviceWarnings,
  statusWarnings: ({ status }) =>
    (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }, index) =>
      ip ? ipWarnings(ip, `status.loadBalancer.ingress[${index}]`) : [],
    ),
});

/** A secret without a type keeps the one it has. */
export const secret = kindStrategy<Secret>({
  prepareForUpdate: (object, old) => (object.type ? object : withField(object, 'type', old.type)),
});

const mountableSecrets = 'kubernetes.io/enforce-mountable-secrets';

function onlySecretNames(object: ServiceAccount): ServiceAccount {
  const secrets = object.secrets?.map(({ name }) => (name === undefined ? {} : { name }));
  return secrets === undefined ? object : { ...object, secrets };
}

export const serviceAccount = kindStrategy<ServiceAccount>({
  prepareForCreate: onlySecretNames,
  prepareForUpdate: onlySecretNames,
  warnings: (object, old) =>
    object.metadata?.annotations?.[mountableSecrets] === undefined ||
    old?.metadata?.annotations?.[mountableSecrets] !== undefined
      ? []
      : [
          `metadata.annotations[${mountableSecrets}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`,
        ],
});

export const endpoints = kindStrategy<Endpoints>({
  warnings: ({ metadata, subsets = [] }) =>
    metadata?.labels?.['endpoints.kubernetes.io/managed-by'] === 'endpoint-controller'
      ? []
      : subsets.flatMap((subset, index) =>
          (['addresses', 'notReadyAddresses'] as const).flatMap((list) =>
            (subset[list] ?? []).flatMap(({ ip }, position) =>
              ipWarnings(ip, `subsets[${index}].${list}[${position}].ip`),
            ),
          ),
        ),
});
