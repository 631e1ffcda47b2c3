/**
 * The built-in resources as kube-apiserver 1.37 serves them with its default settings: names, verbs,
 * subresources, and groups in the order of its discovery documents.
 */
import type { GroupVersion } from './kubernetes-object.ts';

export interface ResourceDefinition extends GroupVersion {
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly Verb[];
  readonly subresources: readonly SubresourceDefinition[];
}

export interface BuiltInResource extends ResourceDefinition {
  /** name of the kind's schema in its group-version's definitions */
  readonly schema: string;
}

export interface SubresourceDefinition {
  readonly name: string;
  /** kind of its body, of the parent's group and version unless those are given */
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly Verb[];
}

export type Verb =
  | 'create'
  | 'delete'
  | 'deletecollection'
  | 'get'
  | 'list'
  | 'patch'
  | 'update'
  | 'watch';

/** What any ordinary stored resource can do. */
export const standardVerbs: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];

const create: readonly Verb[] = ['create'];
const connect: readonly Verb[] = ['create', 'get'];
const modify: readonly Verb[] = ['get', 'patch', 'update'];
const proxyVerbs: readonly Verb[] = ['create', 'delete', 'get', 'patch', 'update'];

interface Row {
  readonly kind: string;
  readonly plural: string;
  readonly namespaced?: false;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly verbs?: readonly Verb[];
  readonly subresources?: readonly (SubresourceDefinition | string)[];
}

function sub(
  name: string,
  kind: string,
  verbs: readonly Verb[],
  of?: GroupVersion,
): SubresourceDefinition {
  return { name, kind, verbs, ...of };
}

const scale = sub('scale', 'Scale', modify, { group: 'autoscaling', version: 'v1' });

/** A subresource given by name alone reads and writes its parent's kind. */
function group(
  name: string,
  version: string,
  schemas: string,
  rows: readonly Row[],
): readonly BuiltInResource[] {
  return rows.map((row) => ({
    group: name,
    version,
    kind: row.kind,
    plural: row.plural,
    singular: row.kind.toLowerCase(),
    shortNames: row.shortNames ?? [],
    categories: row.categories ?? [],
    namespaced: row.namespaced ?? true,
    verbs: row.verbs ?? standardVerbs,
    subresources: (row.subresources ?? []).map((entry) =>
      typeof entry === 'string' ? sub(entry, row.kind, modify) : entry,
    ),
    schema: `${schemas}.${row.kind}`,
  }));
}

export const builtInResources: readonly BuiltInResource[] = [
  ...group('', 'v1', 'io.k8s.api.core.v1', [
    { kind: 'Binding', plural: 'bindings', verbs: create },
    {
      kind: 'ComponentStatus',
      plural: 'componentstatuses',
      namespaced: false,
      shortNames: ['cs'],
      verbs: ['get', 'list'],
    },
    { kind: 'ConfigMap', plural: 'configmaps', shortNames: ['cm'] },
    { kind: 'Endpoints', plural: 'endpoints', shortNames: ['ep'] },
    { kind: 'Event', plural: 'events', shortNames: ['ev'] },
    { kind: 'LimitRange', plural: 'limitranges', shortNames: ['limits'] },
    {
      kind: 'Namespace',
      plural: 'namespaces',
      namespaced: false,
      shortNames: ['ns'],
      verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
      subresources: [sub('finalize', 'Namespace', ['update']), 'status'],
    },
    {
      kind: 'Node',
      plural: 'nodes',
      namespaced: false,
      shortNames: ['no'],
      subresources: [sub('proxy', 'NodeProxyOptions', proxyVerbs), 'status'],
    },
    {
      kind: 'PersistentVolumeClaim',
      plural: 'persistentvolumeclaims',
      shortNames: ['pvc'],
      subresources: ['status'],
    },
    {
      kind: 'PersistentVolume',
      plural: 'persistentvolumes',
      namespaced: false,
      shortNames: ['pv'],
      subresources: ['status'],
    },
    {
      kind: 'Pod',
      plural: 'pods',
      shortNames: ['po'],
      categories: ['all'],
      subresources: [
        sub('attach', 'PodAttachOptions', connect),
        sub('binding', 'Binding', create),
        'ephemeralcontainers',
        sub('eviction', 'Eviction', create, { group: 'policy', version: 'v1' }),
        sub('exec', 'PodExecOptions', connect),
        sub('log', 'Pod', ['get']),
        sub('portforward', 'PodPortForwardOptions', connect),
        sub('proxy', 'PodProxyOptions', proxyVerbs),
        'resize',
        'status',
      ],
    },
    { kind: 'PodTemplate', plural: 'podtemplates' },
    {
      kind: 'ReplicationController',
      plural: 'replicationcontrollers',
      shortNames: ['rc'],
      categories: ['all'],
      subresources: [scale, 'status'],
    },
    {
      kind: 'ResourceQuota',
      plural: 'resourcequotas',
      shortNames: ['quota'],
      subresources: ['status'],
    },
    { kind: 'Secret', plural: 'secrets' },
    {
      kind: 'ServiceAccount',
      plural: 'serviceaccounts',
      shortNames: ['sa'],
      subresources: [
        sub('token', 'TokenRequest', create, { group: 'authentication.k8s.io', version: 'v1' }),
      ],
    },
    {
      kind: 'Service',
      plural: 'services',
      shortNames: ['svc'],
      categories: ['all'],
      subresources: [sub('proxy', 'ServiceProxyOptions', proxyVerbs), 'status'],
    },
  ]),
  ...group('apiregistration.k8s.io', 'v1', 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1', [
    {
      kind: 'APIService',
      plural: 'apiservices',
      namespaced: false,
      categories: ['api-extensions'],
      subresources: ['status'],
    },
  ]),
  ...group('apps', 'v1', 'io.k8s.api.apps.v1', [
    { kind: 'ControllerRevision', plural: 'controllerrevisions' },
    {
      kind: 'DaemonSet',
      plural: 'daemonsets',
      shortNames: ['ds'],
      categories: ['all'],
      subresources: ['status'],
    },
    {
      kind: 'Deployment',
      plural: 'deployments',
      shortNames: ['deploy'],
      categories: ['all'],
      subresources: [scale, 'status'],
    },
    {
      kind: 'ReplicaSet',
      plural: 'replicasets',
      shortNames: ['rs'],
      categories: ['all'],
      subresources: [scale, 'status'],
    },
    {
      kind: 'StatefulSet',
      plural: 'statefulsets',
      shortNames: ['sts'],
      categories: ['all'],
      subresources: [scale, 'status'],
    },
  ]),
  ...group('events.k8s.io', 'v1', 'io.k8s.api.events.v1', [
    { kind: 'Event', plural: 'events', shortNames: ['ev'] },
  ]),
  ...group('authentication.k8s.io', 'v1', 'io.k8s.api.authentication.v1', [
    { kind: 'SelfSubjectReview', plural: 'selfsubjectreviews', namespaced: false, verbs: create },
    { kind: 'TokenReview', plural: 'tokenreviews', namespaced: false, verbs: create },
  ]),
  ...group('authorization.k8s.io', 'v1', 'io.k8s.api.authorization.v1', [
    { kind: 'LocalSubjectAccessReview', plural: 'localsubjectaccessreviews', verbs: create },
    {
      kind: 'SelfSubjectAccessReview',
      plural: 'selfsubjectaccessreviews',
      namespaced: false,
      verbs: create,
    },
    {
      kind: 'SelfSubjectRulesReview',
      plural: 'selfsubjectrulesreviews',
      namespaced: false,
      verbs: create,
    },
    {
      kind: 'SubjectAccessReview',
      plural: 'subjectaccessreviews',
      namespaced: false,
      verbs: create,
    },
  ]),
  ...group('autoscaling', 'v2', 'io.k8s.api.autoscaling.v2', [
    {
      kind: 'HorizontalPodAutoscaler',
      plural: 'horizontalpodautoscalers',
      shortNames: ['hpa'],
      categories: ['all'],
      subresources: ['status'],
    },
  ]),
  ...group('autoscaling', 'v1', 'io.k8s.api.autoscaling.v1', [
    {
      kind: 'HorizontalPodAutoscaler',
      plural: 'horizontalpodautoscalers',
      shortNames: ['hpa'],
      categories: ['all'],
      subresources: ['status'],
    },
  ]),
  ...group('batch', 'v1', 'io.k8s.api.batch.v1', [
    {
      kind: 'CronJob',
      plural: 'cronjobs',
      shortNames: ['cj'],
      categories: ['all'],
      subresources: ['status'],
    },
    { kind: 'Job', plural: 'jobs', categories: ['all'], subresources: ['status'] },
  ]),
  ...group('certificates.k8s.io', 'v1', 'io.k8s.api.certificates.v1', [
    {
      kind: 'CertificateSigningRequest',
      plural: 'certificatesigningrequests',
      namespaced: false,
      shortNames: ['csr'],
      subresources: ['approval', 'status'],
    },
    { kind: 'ClusterTrustBundle', plural: 'clustertrustbundles', namespaced: false },
    { kind: 'PodCertificateRequest', plural: 'podcertificaterequests', subresources: ['status'] },
  ]),
  ...group('networking.k8s.io', 'v1', 'io.k8s.api.networking.v1', [
    { kind: 'IngressClass', plural: 'ingressclasses', namespaced: false },
    { kind: 'Ingress', plural: 'ingresses', shortNames: ['ing'], subresources: ['status'] },
    { kind: 'IPAddress', plural: 'ipaddresses', namespaced: false, shortNames: ['ip'] },
    { kind: 'NetworkPolicy', plural: 'networkpolicies', shortNames: ['netpol'] },
    { kind: 'ServiceCIDR', plural: 'servicecidrs', namespaced: false, subresources: ['status'] },
  ]),
  ...group('policy', 'v1', 'io.k8s.api.policy.v1', [
    {
      kind: 'PodDisruptionBudget',
      plural: 'poddisruptionbudgets',
      shortNames: ['pdb'],
      subresources: ['status'],
    },
  ]),
  ...group('rbac.authorization.k8s.io', 'v1', 'io.k8s.api.rbac.v1', [
    { kind: 'ClusterRoleBinding', plural: 'clusterrolebindings', namespaced: false },
    { kind: 'ClusterRole', plural: 'clusterroles', namespaced: false },
    { kind: 'RoleBinding', plural: 'rolebindings' },
    { kind: 'Role', plural: 'roles' },
  ]),
  ...group('storage.k8s.io', 'v1', 'io.k8s.api.storage.v1', [
    { kind: 'CSIDriver', plural: 'csidrivers', namespaced: false },
    { kind: 'CSINode', plural: 'csinodes', namespaced: false, subresources: ['status'] },
    { kind: 'CSIStorageCapacity', plural: 'csistoragecapacities' },
    { kind: 'StorageClass', plural: 'storageclasses', namespaced: false, shortNames: ['sc'] },
    {
      kind: 'VolumeAttachment',
      plural: 'volumeattachments',
      namespaced: false,
      subresources: ['status'],
    },
    {
      kind: 'VolumeAttributesClass',
      plural: 'volumeattributesclasses',
      namespaced: false,
      shortNames: ['vac'],
    },
  ]),
  ...group('admissionregistration.k8s.io', 'v1', 'io.k8s.api.admissionregistration.v1', [
    {
      kind: 'MutatingAdmissionPolicy',
      plural: 'mutatingadmissionpolicies',
      namespaced: false,
      categories: ['api-extensions'],
    },
    {
      kind: 'MutatingAdmissionPolicyBinding',
      plural: 'mutatingadmissionpolicybindings',
      namespaced: false,
      categories: ['api-extensions'],
    },
    {
      kind: 'MutatingWebhookConfiguration',
      plural: 'mutatingwebhookconfigurations',
      namespaced: false,
      categories: ['api-extensions'],
    },
    {
      kind: 'ValidatingAdmissionPolicy',
      plural: 'validatingadmissionpolicies',
      namespaced: false,
      categories: ['api-extensions'],
      subresources: ['status'],
    },
    {
      kind: 'ValidatingAdmissionPolicyBinding',
      plural: 'validatingadmissionpolicybindings',
      namespaced: false,
      categories: ['api-extensions'],
    },
    {
      kind: 'ValidatingWebhookConfiguration',
      plural: 'validatingwebhookconfigurations',
      namespaced: false,
      categories: ['api-extensions'],
    },
  ]),
  ...group(
    'apiextensions.k8s.io',
    'v1',
    'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1',
    [
      {
        kind: 'CustomResourceDefinition',
        plural: 'customresourcedefinitions',
        namespaced: false,
        shortNames: ['crd', 'crds'],
        categories: ['api-extensions'],
        subresources: ['status'],
      },
    ],
  ),
  ...group('scheduling.k8s.io', 'v1', 'io.k8s.api.scheduling.v1', [
    { kind: 'PriorityClass', plural: 'priorityclasses', namespaced: false, shortNames: ['pc'] },
  ]),
  ...group('coordination.k8s.io', 'v1', 'io.k8s.api.coordination.v1', [
    { kind: 'Lease', plural: 'leases' },
  ]),
  ...group('node.k8s.io', 'v1', 'io.k8s.api.node.v1', [
    { kind: 'RuntimeClass', plural: 'runtimeclasses', namespaced: false },
  ]),
  ...group('discovery.k8s.io', 'v1', 'io.k8s.api.discovery.v1', [
    { kind: 'EndpointSlice', plural: 'endpointslices' },
  ]),
  ...group('resource.k8s.io', 'v1', 'io.k8s.api.resource.v1', [
    { kind: 'DeviceClass', plural: 'deviceclasses', namespaced: false },
    {
      kind: 'DeviceTaintRule',
      plural: 'devicetaintrules',
      namespaced: false,
      subresources: ['status'],
    },
    { kind: 'ResourceClaim', plural: 'resourceclaims', subresources: ['status'] },
    { kind: 'ResourceClaimTemplate', plural: 'resourceclaimtemplates' },
    { kind: 'ResourceSlice', plural: 'resourceslices', namespaced: false },
  ]),
  ...group('flowcontrol.apiserver.k8s.io', 'v1', 'io.k8s.api.flowcontrol.v1', [
    { kind: 'FlowSchema', plural: 'flowschemas', namespaced: false, subresources: ['status'] },
    {
      kind: 'PriorityLevelConfiguration',
      plural: 'prioritylevelconfigurations',
      namespaced: false,
      subresources: ['status'],
    },
  ]),
  ...group('storagemigration.k8s.io', 'v1', 'io.k8s.api.storagemigration.v1', [
    {
      kind: 'StorageVersionMigration',
      plural: 'storageversionmigrations',
      namespaced: false,
      subresources: ['status'],
    },
  ]),
];
