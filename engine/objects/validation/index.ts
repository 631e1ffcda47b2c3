import type { KubernetesObject } from '../kubernetes-object.ts';
import type { GroupVersionKind } from '../schema.ts';
import { builtInResources } from '../resources.ts';
import * as policies from './admission/policies.ts';
import { webhookConfiguration } from './admission/webhooks.ts';
import { apiServiceKind } from './api-service.ts';
import { horizontalPodAutoscaler } from './autoscaler.ts';
import { certificateSigningRequest, clusterTrustBundle } from './certificates.ts';
import * as cluster from './core/cluster.ts';
import * as configuration from './core/configuration.ts';
import { event, strictEvent } from './core/event.ts';
import { endpoints } from './core/endpoints.ts';
import { persistentVolumeClaim } from './core/persistent-volume-claim.ts';
import { persistentVolume } from './core/persistent-volume.ts';
import { service } from './core/service.ts';
import { customResourceDefinition } from './definitions/definition.ts';
import type { FieldError } from './field-error.ts';
import { flowSchema, priorityLevelConfiguration } from './flow-control.ts';
import type { KindValidation } from './kind-validation.ts';
import { lease } from './lease.ts';
import { anyObjectMeta, anyObjectMetaUpdate, pathSegmentName } from './metadata.ts';
import { Place } from './place.ts';
import { ipAddress, serviceCidr } from './networking/addresses.ts';
import { namedInCluster, namedInNamespace } from './named.ts';
import { endpointSlice } from './networking/endpoint-slice.ts';
import { ingress, ingressClass } from './networking/ingress.ts';
import { networkPolicy } from './networking/network-policy.ts';
import { pod } from './pod/kinds.ts';
import * as rbac from './rbac.ts';
import { priorityClass, runtimeClass } from './scheduling.ts';
import { volumeAttachment } from './storage/attachment.ts';
import { storageVersionMigration } from './storage-migration.ts';
import { storageClass, volumeAttributesClass } from './storage/classes.ts';
import * as drivers from './storage/drivers.ts';
import * as apps from './workloads/apps.ts';
import { podDisruptionBudget } from './workloads/budget.ts';
import * as jobs from './workloads/jobs.ts';

export { type FieldError, invalidObject } from './field-error.ts';

/** By group and kind. */
const kinds: Readonly<Record<string, KindValidation>> = {
  '/Pod': pod,
  '/PodTemplate': configuration.podTemplate,
  '/Service': service,
  '/Endpoints': endpoints,
  '/ConfigMap': configuration.configMap,
  '/Secret': configuration.secret,
  '/ServiceAccount': configuration.serviceAccount,
  '/LimitRange': configuration.limitRange,
  '/ResourceQuota': cluster.resourceQuota,
  '/Namespace': cluster.namespace,
  '/Node': cluster.node,
  '/Event': event,
  'events.k8s.io/Event': strictEvent,
  '/PersistentVolume': persistentVolume,
  '/PersistentVolumeClaim': persistentVolumeClaim,
  '/ReplicationController': apps.replicationController,
  'apps/Deployment': apps.deployment,
  'apps/ReplicaSet': apps.replicaSet,
  'apps/StatefulSet': apps.statefulSet,
  'apps/DaemonSet': apps.daemonSet,
  'apps/ControllerRevision': apps.controllerRevision,
  'batch/Job': jobs.job,
  'batch/CronJob': jobs.cronJob,
  'networking.k8s.io/Ingress': ingress,
  'networking.k8s.io/IngressClass': ingressClass,
  'networking.k8s.io/NetworkPolicy': networkPolicy,
  'networking.k8s.io/IPAddress': ipAddress,
  'networking.k8s.io/ServiceCIDR': serviceCidr,
  'autoscaling/HorizontalPodAutoscaler': horizontalPodAutoscaler,
  'coordination.k8s.io/Lease': lease,
  'discovery.k8s.io/EndpointSlice': endpointSlice,
  'node.k8s.io/RuntimeClass': runtimeClass,
  'policy/PodDisruptionBudget': podDisruptionBudget,
  'rbac.authorization.k8s.io/Role': rbac.role,
  'rbac.authorization.k8s.io/ClusterRole': rbac.clusterRole,
  'rbac.authorization.k8s.io/RoleBinding': rbac.roleBinding,
  'rbac.authorization.k8s.io/ClusterRoleBinding': rbac.clusterRoleBinding,
  'scheduling.k8s.io/PriorityClass': priorityClass,
  'storage.k8s.io/StorageClass': storageClass,
  'storage.k8s.io/VolumeAttributesClass': volumeAttributesClass,
  'storage.k8s.io/VolumeAttachment': volumeAttachment,
  'storage.k8s.io/CSIDriver': drivers.csiDriver,
  'storage.k8s.io/CSINode': drivers.csiNode,
  'storage.k8s.io/CSIStorageCapacity': drivers.csiStorageCapacity,
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration': webhookConfiguration,
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': webhookConfiguration,
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy': policies.validatingAdmissionPolicy,
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding':
    policies.validatingAdmissionPolicyBinding,
  'admissionregistration.k8s.io/MutatingAdmissionPolicy': policies.mutatingAdmissionPolicy,
  'admissionregistration.k8s.io/MutatingAdmissionPolicyBinding':
    policies.mutatingAdmissionPolicyBinding,
  'apiextensions.k8s.io/CustomResourceDefinition': customResourceDefinition,
  'apiregistration.k8s.io/APIService': apiServiceKind,
  'certificates.k8s.io/CertificateSigningRequest': certificateSigningRequest,
  'certificates.k8s.io/ClusterTrustBundle': clusterTrustBundle,
  'certificates.k8s.io/PodCertificateRequest': namedInNamespace,
  'flowcontrol.apiserver.k8s.io/FlowSchema': flowSchema,
  'flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration': priorityLevelConfiguration,
  'resource.k8s.io/DeviceClass': namedInCluster,
  'resource.k8s.io/DeviceTaintRule': namedInCluster,
  'resource.k8s.io/ResourceClaim': namedInNamespace,
  'resource.k8s.io/ResourceClaimTemplate': namedInNamespace,
  'resource.k8s.io/ResourceSlice': namedInCluster,
  'storagemigration.k8s.io/StorageVersionMigration': storageVersionMigration,
};

const clusterScoped = new Set(
  builtInResources
    .filter(({ namespaced }) => !namespaced)
    .map(({ group, kind }) => `${group}/${kind}`),
);

/** What is wrong with an object of a built-in kind that is to be created, in upstream's order. */
export function validateCreate(
  { group, kind }: GroupVersionKind,
  object: KubernetesObject,
): readonly FieldError[] {
  const at = Place.root();
  const name = `${group}/${kind}`;
  kinds[name]?.create(object, at);
  if (at.errors.length + at.lateErrors.length === 0) {
    anyObjectMeta(object.metadata, at.child('metadata'), {
      namespaced: !clusterScoped.has(name),
      nameRule: pathSegmentName,
    });
  }
  return distinct(group, [...at.errors, ...at.lateErrors]);
}

/** What is wrong with a change of `old` to `object`, by the main resource or a subresource. */
export function validateUpdate(
  { group, kind }: GroupVersionKind,
  object: KubernetesObject,
  old: KubernetesObject,
  subresource = '',
): readonly FieldError[] {
  const at = Place.root();
  const name = `${group}/${kind}`;
  const meta = at.child('metadata');
  anyObjectMeta(object.metadata, meta, {
    namespaced: !clusterScoped.has(name),
    nameRule: pathSegmentName,
  });
  anyObjectMetaUpdate(object.metadata, old.metadata, meta);
  const rules = kinds[name];
  if (subresource === '') rules?.update(object, old, at);
  else {
    const change = rules?.subresources?.[subresource];
    if (change) change(object, old, at);
    else anyObjectMetaUpdate(object.metadata, old.metadata, meta);
  }
  return distinct(group, [...at.errors, ...at.lateErrors]);
}

/** Served by servers of their own, which keep what their rules find. */
const keepsRepeated = ['apiextensions.k8s.io', 'apiregistration.k8s.io'];

/** Some rules run twice; each of their errors is told once. */
function distinct(group: string, errors: readonly FieldError[]): readonly FieldError[] {
  if (errors.length < 2 || keepsRepeated.includes(group)) return errors;
  return [...new Map(errors.map((error) => [String(error), error])).values()];
}
