import type {
  EndpointSlice,
  Endpoint,
} from '../../../../engine/objects/generated/discovery-v1.generated.ts';
import type { HorizontalPodAutoscaler } from '../../../../engine/objects/generated/autoscaling-v2.generated.ts';
import type {
  Ingress,
  NetworkPolicy,
} from '../../../../engine/objects/generated/networking-v1.generated.ts';
import type { PodDisruptionBudget } from '../../../../engine/objects/generated/policy-v1.generated.ts';
import type {
  ClusterRoleBinding,
  RoleBinding,
} from '../../../../engine/objects/generated/rbac-v1.generated.ts';
import type { StatefulSet } from '../../../../engine/objects/generated/apps-v1.generated.ts';
import type { CronJob } from '../../../../engine/objects/generated/batch-v1.generated.ts';
import type {
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodSpec,
  PodTemplateSpec,
  Service,
  ServiceAccount,
} from '../../../../engine/objects/generated/core-v1.generated.ts';
import type { Stored } from '../../../../engine/client/resource.ts';
import type { KubernetesObject } from '../../../../engine/objects/kubernetes-object.ts';
import {
  labelSelectorOf,
  selectorFromLabels,
  type LabelSelector,
} from '../../../../engine/objects/selectors/label-selector.ts';

/** What a name in an object means. */
export interface Target extends GroupKind {
  /** '' of what has no namespace */
  readonly namespace: string;
  readonly name: string;
}

/** One thing that an object says of another. */
export interface Reference {
  /** between the two, as in “HorizontalPodAutoscaler web scales Deployment web” */
  readonly words: string;
  readonly target: Target;
  /** the sentence begins with the target */
  readonly isReversed?: boolean;
}

/** What an object says of Pods of its namespace by a selector. */
export interface Selecting {
  readonly words: string;
  readonly selector: LabelSelector;
}

type Reader = (object: never, namespace: string) => readonly Reference[];

const of = (kind: string, group = ''): GroupKind => ({ kind, group });
const SECRET = of('Secret');
const CONFIG_MAP = of('ConfigMap');
const CLAIM = of('PersistentVolumeClaim');
const STORAGE_CLASS = of('StorageClass', 'storage.k8s.io');

/** Nothing for a name that is not there. */
function to(
  words: string,
  kind: GroupKind,
  namespace: string,
  name: string | undefined,
): readonly Reference[] {
  return name === undefined || name === '' ? [] : [{ words, target: { ...kind, namespace, name } }];
}

const groupOf = (apiVersion = ''): string =>
  apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';

/** Of a Pod, or of what makes Pods. */
function ofPodSpec(spec: PodSpec | undefined, namespace: string): readonly Reference[] {
  if (spec === undefined) return [];
  const { volumes = [], containers, initContainers = [], imagePullSecrets = [] } = spec;
  return [
    ...to('runs as', of('ServiceAccount'), namespace, spec.serviceAccountName),
    ...to('runs on', of('Node'), '', spec.nodeName),
    ...volumes.flatMap(({ configMap, secret, persistentVolumeClaim, projected }) => [
      ...to('mounts', CONFIG_MAP, namespace, configMap?.name),
      ...to('mounts', SECRET, namespace, secret?.secretName),
      ...to('mounts', CLAIM, namespace, persistentVolumeClaim?.claimName),
      ...(projected?.sources ?? []).flatMap((source) => [
        ...to('mounts', CONFIG_MAP, namespace, source.configMap?.name),
        ...to('mounts', SECRET, namespace, source.secret?.name),
      ]),
    ]),
    ...[...initContainers, ...containers].flatMap(({ env = [], envFrom = [] }) => [
      ...env.flatMap(({ valueFrom }) => [
        ...to('has variables of', CONFIG_MAP, namespace, valueFrom?.configMapKeyRef?.name),
        ...to('has variables of', SECRET, namespace, valueFrom?.secretKeyRef?.name),
      ]),
      ...envFrom.flatMap(({ configMapRef, secretRef }) => [
        ...to('has variables of', CONFIG_MAP, namespace, configMapRef?.name),
        ...to('has variables of', SECRET, namespace, secretRef?.name),
      ]),
    ]),
    ...imagePullSecrets.flatMap(({ name }) => to('pulls images with', SECRET, namespace, name)),
  ];
}

const ofTemplate = (
  { spec }: KubernetesObject & { readonly spec?: { readonly template?: PodTemplateSpec } },
  namespace: string,
): readonly Reference[] => ofPodSpec(spec?.template?.spec, namespace);

function ofIngress({ spec }: Ingress, namespace: string): readonly Reference[] {
  const service = (name: string | undefined) => to('routes to', of('Service'), namespace, name);
  return [
    ...to('belongs to', of('IngressClass', 'networking.k8s.io'), '', spec?.ingressClassName),
    ...service(spec?.defaultBackend?.service?.name),
    ...(spec?.rules ?? []).flatMap(({ http }) =>
      (http?.paths ?? []).flatMap(({ backend }) => service(backend.service?.name)),
    ),
    ...(spec?.tls ?? []).flatMap(({ secretName }) =>
      to('has certificates of', SECRET, namespace, secretName),
    ),
  ];
}

function ofBinding(
  { roleRef, subjects = [] }: RoleBinding | ClusterRoleBinding,
  namespace: string,
): readonly Reference[] {
  const role = of(roleRef.kind, roleRef.apiGroup);
  return [
    ...to('grants', role, roleRef.kind === 'Role' ? namespace : '', roleRef.name),
    ...subjects
      .filter(({ kind }) => kind === 'ServiceAccount')
      .flatMap((subject) =>
        to('is a subject of', of('ServiceAccount'), subject.namespace ?? namespace, subject.name),
      )
      .map((reference) => ({ ...reference, isReversed: true })),
  ];
}

/** By kind, with its group. */
const READERS: Readonly<Record<string, Reader>> = {
  Pod: ({ spec }: Pod, namespace) => ofPodSpec(spec, namespace),
  'Deployment.apps': ofTemplate,
  'ReplicaSet.apps': ofTemplate,
  'DaemonSet.apps': ofTemplate,
  'StatefulSet.apps': (set: StatefulSet, namespace) => [
    ...ofTemplate(set, namespace),
    ...to('has its names from', of('Service'), namespace, set.spec?.serviceName),
  ],
  'Job.batch': ofTemplate,
  'CronJob.batch': ({ spec }: CronJob, namespace) =>
    ofPodSpec(spec?.jobTemplate.spec?.template.spec, namespace),
  'HorizontalPodAutoscaler.autoscaling': ({ spec }: HorizontalPodAutoscaler, namespace) => {
    const target = spec?.scaleTargetRef;
    return target === undefined
      ? []
      : to('scales', of(target.kind, groupOf(target.apiVersion)), namespace, target.name);
  },
  'EndpointSlice.discovery.k8s.io': ({ endpoints }: EndpointSlice, namespace) =>
    (endpoints ?? []).flatMap(({ targetRef }: Endpoint) =>
      targetRef?.kind === undefined
        ? []
        : to('leads to', of(targetRef.kind), targetRef.namespace ?? namespace, targetRef.name),
    ),
  'Ingress.networking.k8s.io': ofIngress,
  ServiceAccount: ({ imagePullSecrets = [], secrets = [] }: ServiceAccount, namespace) => [
    ...imagePullSecrets.flatMap(({ name }) => to('pulls images with', SECRET, namespace, name)),
    ...secrets.flatMap(({ name }) => to('has', SECRET, namespace, name)),
  ],
  PersistentVolumeClaim: ({ spec }: PersistentVolumeClaim) => [
    ...to('is bound to', of('PersistentVolume'), '', spec?.volumeName),
    ...(spec?.volumeName === undefined
      ? to('asks for', STORAGE_CLASS, '', spec?.storageClassName)
      : []),
  ],
  PersistentVolume: ({ spec }: PersistentVolume) =>
    to('is of', STORAGE_CLASS, '', spec?.storageClassName),
  'RoleBinding.rbac.authorization.k8s.io': ofBinding,
  'ClusterRoleBinding.rbac.authorization.k8s.io': ofBinding,
};

const SELECTORS: Readonly<Record<string, (object: never) => Selecting | undefined>> = {
  // A Service without a selector has its endpoints from elsewhere.
  Service: ({ spec }: Service) =>
    spec?.selector === undefined
      ? undefined
      : { words: 'selects', selector: selectorFromLabels(spec.selector) },
  'NetworkPolicy.networking.k8s.io': ({ spec }: NetworkPolicy) =>
    spec && { words: 'holds for', selector: labelSelectorOf(spec.podSelector ?? {}) },
  'PodDisruptionBudget.policy': ({ spec }: PodDisruptionBudget) =>
    spec && { words: 'protects', selector: labelSelectorOf(spec.selector) },
};

/** Which kind an object is of: `{ group: 'apps', kind: 'Deployment' }` */
export interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

const keyOf = ({ group, kind }: GroupKind): string => (group === '' ? kind : `${kind}.${group}`);

/** Whether more than the metadata of such objects has to be read to know what they refer to. */
export const refers = (kind: GroupKind): boolean =>
  keyOf(kind) in READERS || keyOf(kind) in SELECTORS;

/** What the object names, each thing once for all that is said of it. */
export function referencesOf(
  kind: GroupKind,
  object: Stored<KubernetesObject>,
): readonly Reference[] {
  const found = READERS[keyOf(kind)]?.(object as never, object.metadata.namespace ?? '') ?? [];
  return [...new Map(found.map((each) => [JSON.stringify(each), each])).values()];
}

/** What the object says of Pods by their labels. */
export function selectingOf(
  kind: GroupKind,
  object: Stored<KubernetesObject>,
): Selecting | undefined {
  return SELECTORS[keyOf(kind)]?.(object as never);
}
