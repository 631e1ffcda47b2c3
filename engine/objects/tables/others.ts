import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingWebhookConfiguration,
  ParamKind,
  ParamRef,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from '../generated/admissionregistration-v1.generated.ts';
import type { CustomResourceDefinition } from '../generated/apiextensions-v1.generated.ts';
import type { APIService } from '../generated/apiregistration-v1.generated.ts';
import type {
  CertificateSigningRequest,
  ClusterTrustBundle,
  PodCertificateRequest,
} from '../generated/certificates-v1.generated.ts';
import type { Lease } from '../generated/coordination-v1.generated.ts';
import type {
  FlowSchema,
  PriorityLevelConfiguration,
} from '../generated/flowcontrol-v1.generated.ts';
import type { LabelSelector } from '../generated/meta-v1.generated.ts';
import type { RuntimeClass } from '../generated/node-v1.generated.ts';
import type { RoleBinding } from '../generated/rbac-v1.generated.ts';
import type {
  DeviceClass,
  DeviceTaintRule,
  ResourceClaim,
  ResourceSlice,
} from '../generated/resource-v1.generated.ts';
import type { PriorityClass } from '../generated/scheduling-v1.generated.ts';
import type { StorageVersionMigration } from '../generated/storagemigration-v1.generated.ts';
import { age, humanDuration } from './ages.ts';
import { conditionOf, formatLabels, hasCondition, none, type Printer, unset } from './table.ts';

export const roleBinding: Printer<RoleBinding> = ({ metadata, roleRef, subjects }, now) => {
  const named = (kind: string) => (subjects ?? []).filter((subject) => subject.kind === kind);
  const names = (kind: string) => named(kind).map(({ name }) => name);
  const accounts = named('ServiceAccount').map(
    (account) => `${account.namespace ?? ''}/${account.name}`,
  );
  return [
    metadata.name,
    `${roleRef.kind}/${roleRef.name}`,
    age(metadata.creationTimestamp, now),
    names('User').join(', '),
    names('Group').join(', '),
    accounts.join(', '),
  ];
};

export const certificateSigningRequest: Printer<CertificateSigningRequest> = (object, now) => {
  const { metadata, spec } = object;
  const seconds = spec.expirationSeconds;
  return [
    metadata.name,
    age(metadata.creationTimestamp, now),
    spec.signerName || none,
    spec.username ?? '',
    seconds === undefined ? none : humanDuration(seconds * 1000),
    requestState(object),
  ];
};

function requestState({ status }: CertificateSigningRequest): string {
  const has = (type: string) => conditionOf(status?.conditions, type) !== undefined;
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  const failed = has('Failed') ? ',Failed' : '';
  return `${decision}${failed}${status?.certificate ? ',Issued' : ''}`;
}

export const clusterTrustBundle: Printer<ClusterTrustBundle> = ({ metadata, spec }) => [
  metadata.name,
  spec.signerName || none,
];

export const podCertificateRequest: Printer<PodCertificateRequest> = (object) => {
  const { metadata, spec, status } = object;
  const outcomes = ['Issued', 'Denied', 'Failed'];
  const outcome = status?.conditions?.findLast(({ type }) => outcomes.includes(type));
  return [
    metadata.name,
    spec.podName,
    spec.serviceAccountName,
    spec.nodeName,
    spec.signerName,
    outcome?.type ?? 'Pending',
    formatLabels(spec.unverifiedUserAnnotations),
  ];
};

export const lease: Printer<Lease> = ({ metadata, spec }, now) => [
  metadata.name,
  spec?.holderIdentity ?? '',
  age(metadata.creationTimestamp, now),
];

export const priorityClass: Printer<PriorityClass> = (object, now) => [
  object.metadata.name,
  object.value,
  object.globalDefault ?? false,
  age(object.metadata.creationTimestamp, now),
  object.preemptionPolicy ?? '',
];

export const runtimeClass: Printer<RuntimeClass> = ({ metadata, handler }, now) => [
  metadata.name,
  handler,
  age(metadata.creationTimestamp, now),
];

/** Of either kind. */
export const webhookConfiguration: Printer<
  Pick<MutatingWebhookConfiguration, 'metadata'> & { readonly webhooks?: readonly unknown[] }
> = ({ metadata, webhooks }, now) => [
  metadata.name,
  webhooks?.length ?? 0,
  age(metadata.creationTimestamp, now),
];

const paramKind = (kind: ParamKind | undefined) =>
  kind ? `${kind.apiVersion ?? ''}/${kind.kind ?? ''}` : unset;

/** A parameter without a namespace may be of any. */
function paramReference(reference: ParamRef | undefined): string {
  if (reference?.name) return `${reference.namespace || '*'}/${reference.name}`;
  return reference?.selector ? goSelector(reference.selector) : unset;
}

/** As Go prints the struct. */
function goSelector({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.entries(matchLabels)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`);
  const expressions = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}

export const validatingAdmissionPolicy: Printer<ValidatingAdmissionPolicy> = (object, now) => {
  const { metadata, spec } = object;
  return [
    metadata.name,
    spec?.validations?.length ?? 0,
    paramKind(spec?.paramKind),
    age(metadata.creationTimestamp, now),
  ];
};

export const mutatingAdmissionPolicy: Printer<MutatingAdmissionPolicy> = (object, now) => {
  const { metadata, spec } = object;
  return [
    metadata.name,
    spec?.mutations?.length ?? 0,
    paramKind(spec?.paramKind),
    age(metadata.creationTimestamp, now),
  ];
};

/** Of either kind. */
export const admissionPolicyBinding: Printer<
  ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding
> = ({ metadata, spec }, now) => [
  metadata.name,
  spec?.policyName ?? '',
  paramReference(spec?.paramRef),
  age(metadata.creationTimestamp, now),
];

export const flowSchema: Printer<FlowSchema> = ({ metadata, spec, status }, now) => [
  metadata.name,
  spec?.priorityLevelConfiguration.name ?? '',
  spec?.matchingPrecedence ?? 0,
  spec?.distinguisherMethod?.type ?? none,
  age(metadata.creationTimestamp, now),
  conditionOf(status?.conditions, 'Dangling')?.status ?? '?',
];

/** Lists of flow schemas are in the order in which they are tried. */
export function inMatchingOrder<Schema extends FlowSchema>(
  schemas: readonly Schema[],
): readonly Schema[] {
  const precedence = ({ spec }: FlowSchema) => spec?.matchingPrecedence ?? 0;
  return schemas.toSorted(
    (a, b) =>
      precedence(a) - precedence(b) || ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1),
  );
}

export const priorityLevel: Printer<PriorityLevelConfiguration> = ({ metadata, spec }, now) => {
  const limited = spec?.limited;
  const queuing = limited?.limitResponse?.queuing;
  return [
    metadata.name,
    spec?.type ?? '',
    limited ? (limited.nominalConcurrencyShares ?? 0) : none,
    queuing ? (queuing.queues ?? 0) : none,
    queuing ? (queuing.handSize ?? 0) : none,
    queuing ? (queuing.queueLengthLimit ?? 0) : none,
    age(metadata.creationTimestamp, now),
  ];
};

/** Kinds of which a table says no more than name and age. */
export const nameAndAge: Printer<Pick<DeviceClass, 'metadata'>> = ({ metadata }, now) => [
  metadata.name,
  age(metadata.creationTimestamp, now),
];

export const resourceClaim: Printer<ResourceClaim> = ({ metadata, status }, now) => {
  const states = [
    metadata.deletionTimestamp ? 'deleted' : '',
    status?.allocation ? 'allocated' : metadata.deletionTimestamp ? '' : 'pending',
    status?.allocation && status.reservedFor?.length ? 'reserved' : '',
  ];
  return [
    metadata.name,
    states.filter((state) => state !== '').join(','),
    age(metadata.creationTimestamp, now),
  ];
};

export const resourceSlice: Printer<ResourceSlice> = ({ metadata, spec }, now) => [
  metadata.name,
  spec.nodeName ?? '',
  spec.driver,
  spec.pool.name,
  age(metadata.creationTimestamp, now),
];

export const deviceTaintRule: Printer<DeviceTaintRule> = ({ metadata, spec }, now) => [
  metadata.name,
  spec.taint.key,
  spec.taint.value ?? '',
  spec.taint.effect,
  spec.taint.timeAdded ? age(spec.taint.timeAdded, now) : '',
  age(metadata.creationTimestamp, now),
];

export const storageVersionMigration: Printer<StorageVersionMigration> = (object) => {
  const { metadata, spec, status } = object;
  const resource = [spec?.resource.resource, spec?.resource.group].filter(Boolean).join('.');
  const state = status?.conditions?.findLast(
    (condition) =>
      condition.status === 'True' && ['Running', 'Failed', 'Succeeded'].includes(condition.type),
  );
  return [metadata.name, resource, state?.type ?? 'Unknown'];
};

export const apiService: Printer<APIService> = ({ metadata, spec, status }, now) => {
  const service = spec?.service;
  const available = conditionOf(status?.conditions, 'Available');
  const reason = available?.status !== 'True' && available?.reason ? ` (${available.reason})` : '';
  return [
    metadata.name,
    service ? `${service.namespace ?? ''}/${service.name ?? ''}` : 'Local',
    available ? `${available.status}${reason}` : 'Unknown',
    age(metadata.creationTimestamp, now),
  ];
};

export const customResourceDefinition: Printer<CustomResourceDefinition> = (object) => {
  const { metadata, spec, status } = object;
  const versions = (spec.versions ?? []).flatMap(({ name, served, storage }) =>
    served ? [storage ? `${name}(storage)` : name] : [],
  );
  return [
    metadata.name,
    spec.scope,
    versions.toSorted().join(','),
    metadata.creationTimestamp ?? '',
    spec.group,
    spec.names.kind,
    (spec.names.shortNames ?? []).join(','),
    hasCondition(status?.conditions, 'Established'),
  ];
};
