import { inStorageVersion } from '../conversion/index.ts';
import type { KubernetesObject } from '../kubernetes-object.ts';
import type { GroupVersionKind } from '../schema.ts';
import type { KindStrategy, StrategyContext } from './kind-strategy.ts';
import * as core from './core.ts';
import * as extensions from './extensions.ts';
import * as networking from './networking.ts';
import * as others from './others.ts';
import { pod } from './pod.ts';
import { withField } from './steps.ts';
import * as workloads from './workloads.ts';

export type { StrategyContext } from './kind-strategy.ts';

/** By group and kind. */
const kinds: Readonly<Record<string, KindStrategy>> = {
  '/Pod': pod,
  '/PodTemplate': workloads.podTemplate,
  '/ReplicationController': workloads.replicationController,
  '/Service': core.service,
  '/Endpoints': core.endpoints,
  '/Namespace': core.namespace,
  '/Node': core.node,
  '/PersistentVolume': core.persistentVolume,
  '/PersistentVolumeClaim': core.persistentVolumeClaim,
  '/ResourceQuota': core.resourceQuota,
  '/Secret': core.secret,
  '/ServiceAccount': core.serviceAccount,
  'apps/Deployment': workloads.deployment,
  'apps/ReplicaSet': workloads.replicaSet,
  'apps/StatefulSet': workloads.statefulSet,
  'apps/DaemonSet': workloads.daemonSet,
  'batch/Job': workloads.job,
  'batch/CronJob': workloads.cronJob,
  'networking.k8s.io/Ingress': networking.ingress,
  'networking.k8s.io/IngressClass': networking.ingressClass,
  'networking.k8s.io/NetworkPolicy': networking.networkPolicy,
  'networking.k8s.io/ServiceCIDR': networking.serviceCidr,
  'autoscaling/HorizontalPodAutoscaler': others.horizontalPodAutoscaler,
  'coordination.k8s.io/Lease': others.lease,
  'discovery.k8s.io/EndpointSlice': others.endpointSlice,
  'node.k8s.io/RuntimeClass': others.runtimeClass,
  'policy/PodDisruptionBudget': others.podDisruptionBudget,
  'scheduling.k8s.io/PriorityClass': others.priorityClass,
  'storage.k8s.io/StorageClass': others.storageClass,
  'storage.k8s.io/CSIDriver': others.csiDriver,
  'storage.k8s.io/CSINode': others.csiNode,
  'storage.k8s.io/CSIStorageCapacity': others.csiStorageCapacity,
  'storage.k8s.io/VolumeAttachment': others.volumeAttachment,
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration': extensions.webhookConfiguration,
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': extensions.webhookConfiguration,
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy': extensions.validatingAdmissionPolicy,
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding': extensions.policyBinding,
  'admissionregistration.k8s.io/MutatingAdmissionPolicy': extensions.policyBinding,
  'admissionregistration.k8s.io/MutatingAdmissionPolicyBinding': extensions.policyBinding,
  'apiextensions.k8s.io/CustomResourceDefinition': extensions.customResourceDefinition,
  'apiregistration.k8s.io/APIService': extensions.apiService,
  'certificates.k8s.io/CertificateSigningRequest': extensions.certificateSigningRequest,
  'certificates.k8s.io/PodCertificateRequest': extensions.plainStatus,
  'flowcontrol.apiserver.k8s.io/FlowSchema': extensions.flowControl,
  'flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration': extensions.flowControl,
  'resource.k8s.io/DeviceClass': extensions.deviceClass,
  'resource.k8s.io/DeviceTaintRule': extensions.deviceTaintRule,
  'resource.k8s.io/ResourceClaim': extensions.plainStatus,
  'resource.k8s.io/ResourceSlice': extensions.resourceSlice,
  'storagemigration.k8s.io/StorageVersionMigration': extensions.plainStatus,
};

const strategyOf = ({ group, kind }: GroupVersionKind) => kinds[`${group}/${kind}`];

/**
 * A new object of a built-in kind as the registry stores it, before it is validated: in the version
 * that is stored.
 */
export function prepareForCreate(
  gvk: GroupVersionKind,
  object: KubernetesObject,
  context: StrategyContext,
): KubernetesObject {
  const stored = inStorageVersion(object);
  return strategyOf(gvk)?.prepareForCreate?.(stored, context) ?? stored;
}

/**
 * A changed object as the registry stores it, before it is validated: what the client may not
 * change here is as it was, and the generation counts changes of what is wanted. `old` is as stored.
 */
export function prepareForUpdate(
  gvk: GroupVersionKind,
  object: KubernetesObject,
  old: KubernetesObject,
  context: StrategyContext,
  subresource = '',
): KubernetesObject {
  const strategy = strategyOf(gvk);
  const step =
    subresource === '' ? strategy?.prepareForUpdate : strategy?.subresources?.[subresource];
  const stored = inStorageVersion(object);
  const kept = {
    ...stored,
    metadata: withField(stored.metadata, 'generation', old.metadata.generation),
  };
  return systemFields(step?.(kept, old, context) ?? kept, old);
}

/** What the system alone sets stays as it was. */
function systemFields(object: KubernetesObject, old: KubernetesObject): KubernetesObject {
  let { metadata } = object;
  metadata = withField(metadata, 'uid', metadata.uid ?? old.metadata.uid);
  for (const field of ['creationTimestamp', 'deletionTimestamp'] as const) {
    metadata = withField(metadata, field, old.metadata[field] ?? metadata[field]);
  }
  metadata = withField(
    metadata,
    'deletionGracePeriodSeconds',
    metadata.deletionGracePeriodSeconds ?? old.metadata.deletionGracePeriodSeconds,
  );
  return { ...object, metadata };
}

/** What every client of a deprecated kind should know. */
export function deprecationWarning({ group, version, kind }: GroupVersionKind): string | undefined {
  if (group !== '' || version !== 'v1') return undefined;
  if (kind === 'Endpoints') {
    return 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice';
  }
  return kind === 'ComponentStatus' ? 'v1 ComponentStatus is deprecated in v1.19+' : undefined;
}

/** What the client should know of an object it creates, for the `Warning` header. */
export function warningsOnCreate(
  gvk: GroupVersionKind,
  object: KubernetesObject,
): readonly string[] {
  return strategyOf(gvk)?.warnings?.(object, undefined) ?? [];
}

/** What the client should know of a change it makes, by the main resource or a subresource. */
export function warningsOnUpdate(
  gvk: GroupVersionKind,
  object: KubernetesObject,
  old: KubernetesObject,
  subresource = '',
): readonly string[] {
  const strategy = strategyOf(gvk);
  if (subresource === 'status') return strategy?.statusWarnings?.(object) ?? [];
  return subresource === '' ? (strategy?.warnings?.(object, old) ?? []) : [];
}
