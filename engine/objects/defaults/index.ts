import type { KubernetesObject } from '../kubernetes-object.ts';
import type { GroupVersionKind } from '../schema.ts';
import * as autoscaling from './autoscaling.ts';
import * as core from './core.ts';
import type { Defaulting } from './defaulting.ts';
import * as others from './others.ts';
import { pod, podTemplate } from './pod.ts';
import { resourceClaim, resourceClaimTemplate } from './resource-claims.ts';
import * as workloads from './workloads.ts';

/** By group and kind; the version only where versions differ. */
const kinds: Readonly<Record<string, (object: never) => unknown>> = {
  '/Pod': pod,
  '/PodTemplate': podTemplate,
  '/Service': core.service,
  '/Endpoints': core.endpoints,
  '/Secret': core.secret,
  '/ReplicationController': core.replicationController,
  '/PersistentVolume': core.persistentVolume,
  '/PersistentVolumeClaim': core.persistentVolumeClaim,
  '/Namespace': core.namespace,
  '/Node': core.node,
  '/LimitRange': core.limitRange,
  '/ResourceQuota': core.resourceQuota,
  'apps/Deployment': workloads.deployment,
  'apps/ReplicaSet': workloads.replicaSet,
  'apps/DaemonSet': workloads.daemonSet,
  'apps/StatefulSet': workloads.statefulSet,
  'batch/Job': workloads.job,
  'batch/CronJob': workloads.cronJob,
  'autoscaling/HorizontalPodAutoscaler': autoscaling.horizontalPodAutoscaler,
  'networking.k8s.io/NetworkPolicy': others.networkPolicy,
  'networking.k8s.io/IngressClass': others.ingressClass,
  'rbac.authorization.k8s.io/RoleBinding': others.roleBinding,
  'rbac.authorization.k8s.io/ClusterRoleBinding': others.clusterRoleBinding,
  'storage.k8s.io/StorageClass': others.storageClass,
  'storage.k8s.io/CSIDriver': others.csiDriver,
  'scheduling.k8s.io/PriorityClass': others.priorityClass,
  'discovery.k8s.io/EndpointSlice': others.endpointSlice,
  'authentication.k8s.io/TokenRequest': others.tokenRequest,
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration':
    others.validatingWebhookConfiguration,
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': others.mutatingWebhookConfiguration,
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy': others.validatingAdmissionPolicy,
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding':
    others.validatingAdmissionPolicyBinding,
  'admissionregistration.k8s.io/MutatingAdmissionPolicy': others.mutatingAdmissionPolicy,
  'admissionregistration.k8s.io/MutatingAdmissionPolicyBinding':
    others.mutatingAdmissionPolicyBinding,
  'flowcontrol.apiserver.k8s.io/FlowSchema': others.flowSchema,
  'flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration': others.priorityLevelConfiguration,
  'resource.k8s.io/ResourceClaim': resourceClaim,
  'resource.k8s.io/ResourceClaimTemplate': resourceClaimTemplate,
  'apiextensions.k8s.io/CustomResourceDefinition': others.customResourceDefinition,
  'apiregistration.k8s.io/APIService': others.apiService,
};

/**
 * `object` of a built-in kind with upstream's defaults filled in; the object itself if it has all
 * or its kind has none. Takes objects in canonical form (as `decode/` returns them).
 */
export function applyDefaults<T extends KubernetesObject>(gvk: GroupVersionKind, object: T): T {
  const { group, version, kind } = gvk;
  const isOldAutoscaler = kind === 'HorizontalPodAutoscaler' && version === 'v1';
  const fill = isOldAutoscaler ? autoscaling.horizontalPodAutoscalerV1 : kinds[`${group}/${kind}`];
  return fill === undefined ? object : (fill as unknown as Defaulting<T>)(object);
}
