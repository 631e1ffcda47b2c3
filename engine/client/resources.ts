/** The built-in resources with their types. */
import type * as admissionregistration from '../objects/generated/admissionregistration-v1.generated.ts';
import type * as apiextensions from '../objects/generated/apiextensions-v1.generated.ts';
import type * as apiregistration from '../objects/generated/apiregistration-v1.generated.ts';
import type * as apps from '../objects/generated/apps-v1.generated.ts';
import type * as authentication from '../objects/generated/authentication-v1.generated.ts';
import type * as authorization from '../objects/generated/authorization-v1.generated.ts';
import type * as autoscaling from '../objects/generated/autoscaling-v2.generated.ts';
import type * as batch from '../objects/generated/batch-v1.generated.ts';
import type * as certificates from '../objects/generated/certificates-v1.generated.ts';
import type * as coordination from '../objects/generated/coordination-v1.generated.ts';
import type * as core from '../objects/generated/core-v1.generated.ts';
import type * as discovery from '../objects/generated/discovery-v1.generated.ts';
import type * as events from '../objects/generated/events-v1.generated.ts';
import type * as flowcontrol from '../objects/generated/flowcontrol-v1.generated.ts';
import type * as networking from '../objects/generated/networking-v1.generated.ts';
import type * as node from '../objects/generated/node-v1.generated.ts';
import type * as policy from '../objects/generated/policy-v1.generated.ts';
import type * as rbac from '../objects/generated/rbac-v1.generated.ts';
import type * as resource from '../objects/generated/resource-v1.generated.ts';
import type * as scheduling from '../objects/generated/scheduling-v1.generated.ts';
import type * as storage from '../objects/generated/storage-v1.generated.ts';
import type * as storagemigration from '../objects/generated/storagemigration-v1.generated.ts';
import { formatApiVersion, type KubernetesObject } from '../objects/kubernetes-object.ts';
import { builtInResources } from '../objects/resources.ts';
import type { Resource } from './resource.ts';

function builtIn<T extends KubernetesObject>(apiVersion: string, plural: string): Resource<T> {
  const found = builtInResources.find(
    (resource) => resource.plural === plural && formatApiVersion(resource) === apiVersion,
  );
  if (found === undefined) throw new RangeError(`There is no ${plural} in ${apiVersion}.`);
  const { group, version, kind, namespaced } = found;
  return { group, version, plural, kind, namespaced };
}

export const resources = {
  configMaps: builtIn<core.ConfigMap>('v1', 'configmaps'),
  endpoints: builtIn<core.Endpoints>('v1', 'endpoints'),
  events: builtIn<core.Event>('v1', 'events'),
  limitRanges: builtIn<core.LimitRange>('v1', 'limitranges'),
  namespaces: builtIn<core.Namespace>('v1', 'namespaces'),
  nodes: builtIn<core.Node>('v1', 'nodes'),
  persistentVolumeClaims: builtIn<core.PersistentVolumeClaim>('v1', 'persistentvolumeclaims'),
  persistentVolumes: builtIn<core.PersistentVolume>('v1', 'persistentvolumes'),
  pods: builtIn<core.Pod>('v1', 'pods'),
  podTemplates: builtIn<core.PodTemplate>('v1', 'podtemplates'),
  replicationControllers: builtIn<core.ReplicationController>('v1', 'replicationcontrollers'),
  resourceQuotas: builtIn<core.ResourceQuota>('v1', 'resourcequotas'),
  secrets: builtIn<core.Secret>('v1', 'secrets'),
  serviceAccounts: builtIn<core.ServiceAccount>('v1', 'serviceaccounts'),
  services: builtIn<core.Service>('v1', 'services'),
  apiServices: builtIn<apiregistration.APIService>('apiregistration.k8s.io/v1', 'apiservices'),
  controllerRevisions: builtIn<apps.ControllerRevision>('apps/v1', 'controllerrevisions'),
  daemonSets: builtIn<apps.DaemonSet>('apps/v1', 'daemonsets'),
  deployments: builtIn<apps.Deployment>('apps/v1', 'deployments'),
  replicaSets: builtIn<apps.ReplicaSet>('apps/v1', 'replicasets'),
  statefulSets: builtIn<apps.StatefulSet>('apps/v1', 'statefulsets'),
  groupEvents: builtIn<events.Event>('events.k8s.io/v1', 'events'),
  selfSubjectReviews: builtIn<authentication.SelfSubjectReview>(
    'authentication.k8s.io/v1',
    'selfsubjectreviews',
  ),
  tokenReviews: builtIn<authentication.TokenReview>('authentication.k8s.io/v1', 'tokenreviews'),
  localSubjectAccessReviews: builtIn<authorization.LocalSubjectAccessReview>(
    'authorization.k8s.io/v1',
    'localsubjectaccessreviews',
  ),
  selfSubjectAccessReviews: builtIn<authorization.SelfSubjectAccessReview>(
    'authorization.k8s.io/v1',
    'selfsubjectaccessreviews',
  ),
  selfSubjectRulesReviews: builtIn<authorization.SelfSubjectRulesReview>(
    'authorization.k8s.io/v1',
    'selfsubjectrulesreviews',
  ),
  subjectAccessReviews: builtIn<authorization.SubjectAccessReview>(
    'authorization.k8s.io/v1',
    'subjectaccessreviews',
  ),
  horizontalPodAutoscalers: builtIn<autoscaling.HorizontalPodAutoscaler>(
    'autoscaling/v2',
    'horizontalpodautoscalers',
  ),
  cronJobs: builtIn<batch.CronJob>('batch/v1', 'cronjobs'),
  jobs: builtIn<batch.Job>('batch/v1', 'jobs'),
  certificateSigningRequests: builtIn<certificates.CertificateSigningRequest>(
    'certificates.k8s.io/v1',
    'certificatesigningrequests',
  ),
  clusterTrustBundles: builtIn<certificates.ClusterTrustBundle>(
    'certificates.k8s.io/v1',
    'clustertrustbundles',
  ),
  podCertificateRequests: builtIn<certificates.PodCertificateRequest>(
    'certificates.k8s.io/v1',
    'podcertificaterequests',
  ),
  ingressClasses: builtIn<networking.IngressClass>('networking.k8s.io/v1', 'ingressclasses'),
  ingresses: builtIn<networking.Ingress>('networking.k8s.io/v1', 'ingresses'),
  ipAddresses: builtIn<networking.IPAddress>('networking.k8s.io/v1', 'ipaddresses'),
  networkPolicies: builtIn<networking.NetworkPolicy>('networking.k8s.io/v1', 'networkpolicies'),
  serviceCIDRs: builtIn<networking.ServiceCIDR>('networking.k8s.io/v1', 'servicecidrs'),
  podDisruptionBudgets: builtIn<policy.PodDisruptionBudget>('policy/v1', 'poddisruptionbudgets'),
  clusterRoleBindings: builtIn<rbac.ClusterRoleBinding>(
    'rbac.authorization.k8s.io/v1',
    'clusterrolebindings',
  ),
  clusterRoles: builtIn<rbac.ClusterRole>('rbac.authorization.k8s.io/v1', 'clusterroles'),
  roleBindings: builtIn<rbac.RoleBinding>('rbac.authorization.k8s.io/v1', 'rolebindings'),
  roles: builtIn<rbac.Role>('rbac.authorization.k8s.io/v1', 'roles'),
  csiDrivers: builtIn<storage.CSIDriver>('storage.k8s.io/v1', 'csidrivers'),
  csiNodes: builtIn<storage.CSINode>('storage.k8s.io/v1', 'csinodes'),
  csiStorageCapacities: builtIn<storage.CSIStorageCapacity>(
    'storage.k8s.io/v1',
    'csistoragecapacities',
  ),
  storageClasses: builtIn<storage.StorageClass>('storage.k8s.io/v1', 'storageclasses'),
  volumeAttachments: builtIn<storage.VolumeAttachment>('storage.k8s.io/v1', 'volumeattachments'),
  volumeAttributesClasses: builtIn<storage.VolumeAttributesClass>(
    'storage.k8s.io/v1',
    'volumeattributesclasses',
  ),
  mutatingAdmissionPolicies: builtIn<admissionregistration.MutatingAdmissionPolicy>(
    'admissionregistration.k8s.io/v1',
    'mutatingadmissionpolicies',
  ),
  mutatingAdmissionPolicyBindings: builtIn<admissionregistration.MutatingAdmissionPolicyBinding>(
    'admissionregistration.k8s.io/v1',
    'mutatingadmissionpolicybindings',
  ),
  mutatingWebhookConfigurations: builtIn<admissionregistration.MutatingWebhookConfiguration>(
    'admissionregistration.k8s.io/v1',
    'mutatingwebhookconfigurations',
  ),
  validatingAdmissionPolicies: builtIn<admissionregistration.ValidatingAdmissionPolicy>(
    'admissionregistration.k8s.io/v1',
    'validatingadmissionpolicies',
  ),
  validatingAdmissionPolicyBindings:
    builtIn<admissionregistration.ValidatingAdmissionPolicyBinding>(
      'admissionregistration.k8s.io/v1',
      'validatingadmissionpolicybindings',
    ),
  validatingWebhookConfigurations: builtIn<admissionregistration.ValidatingWebhookConfiguration>(
    'admissionregistration.k8s.io/v1',
    'validatingwebhookconfigurations',
  ),
  customResourceDefinitions: builtIn<apiextensions.CustomResourceDefinition>(
    'apiextensions.k8s.io/v1',
    'customresourcedefinitions',
  ),
  priorityClasses: builtIn<scheduling.PriorityClass>('scheduling.k8s.io/v1', 'priorityclasses'),
  leases: builtIn<coordination.Lease>('coordination.k8s.io/v1', 'leases'),
  runtimeClasses: builtIn<node.RuntimeClass>('node.k8s.io/v1', 'runtimeclasses'),
  endpointSlices: builtIn<discovery.EndpointSlice>('discovery.k8s.io/v1', 'endpointslices'),
  deviceClasses: builtIn<resource.DeviceClass>('resource.k8s.io/v1', 'deviceclasses'),
  deviceTaintRules: builtIn<resource.DeviceTaintRule>('resource.k8s.io/v1', 'devicetaintrules'),
  resourceClaims: builtIn<resource.ResourceClaim>('resource.k8s.io/v1', 'resourceclaims'),
  resourceClaimTemplates: builtIn<resource.ResourceClaimTemplate>(
    'resource.k8s.io/v1',
    'resourceclaimtemplates',
  ),
  resourceSlices: builtIn<resource.ResourceSlice>('resource.k8s.io/v1', 'resourceslices'),
  flowSchemas: builtIn<flowcontrol.FlowSchema>('flowcontrol.apiserver.k8s.io/v1', 'flowschemas'),
  priorityLevelConfigurations: builtIn<flowcontrol.PriorityLevelConfiguration>(
    'flowcontrol.apiserver.k8s.io/v1',
    'prioritylevelconfigurations',
  ),
  storageVersionMigrations: builtIn<storagemigration.StorageVersionMigration>(
    'storagemigration.k8s.io/v1',
    'storageversionmigrations',
  ),
} as const;
