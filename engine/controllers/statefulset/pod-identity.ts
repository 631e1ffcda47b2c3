import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import type { StatefulSet } from '../../objects/generated/apps-v1.generated.ts';
import type {
  PersistentVolumeClaim,
  Pod,
  Volume,
} from '../../objects/generated/core-v1.generated.ts';
import { podFromTemplate } from '../pods/pod-control.ts';
import { firstOrdinal, ordinalOf, placeOf } from './ordinals.ts';

/** Labels of a StatefulSet's Pods. */
const POD_NAME = 'statefulset.kubernetes.io/pod-name';
const POD_INDEX = 'apps.kubernetes.io/pod-index';
const REVISION = 'controller-revision-hash';

/** Name of the revision that the Pod was made from; empty when it does not say. */
export function revisionOf({ metadata }: Pod): string {
  return metadata.labels?.[REVISION] ?? '';
}

function claimName(set: StatefulSet, template: PersistentVolumeClaim, ordinal: number): string {
  return `${template.metadata.name}-${set.metadata.name}-${ordinal}`;
}

/** Names of the claims that the Pod of an ordinal has. */
export function claimNames(set: StatefulSet, ordinal: number): readonly string[] {
  const { volumeClaimTemplates = [] } = set.spec;
  return volumeClaimTemplates.map((template) => claimName(set, template, ordinal));
}

/** The claims that the Pod of an ordinal is to have. */
export function claimsOf(set: StatefulSet, ordinal: number): readonly PersistentVolumeClaim[] {
  const { volumeClaimTemplates = [], selector } = set.spec;
  const { namespace } = set.metadata;
  return volumeClaimTemplates.map((template) => ({
    ...template,
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      ...template.metadata,
      name: claimName(set, template, ordinal),
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...template.metadata.labels, ...selector.matchLabels },
    },
  }));
}

/** A Pod for an ordinal, from the template of one revision. */
function newPod(set: Stored<StatefulSet>, ordinal: number, revision: string): Pod {
  const { metadata, spec } = podFromTemplate(set.spec.template, set, resources.statefulSets);
  const { generateName: _none, ...kept } = metadata;
  const name = `${set.metadata.name}-${ordinal}`;
  const { serviceName = '' } = set.spec;
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...kept, name, labels: { ...kept.labels, [REVISION]: revision } },
    spec: { ...spec, hostname: name, ...(serviceName === '' ? {} : { subdomain: serviceName }) },
  };
  return withStorage(set, withIdentity(set, pod));
}

/** The set at two of its revisions. */
export interface Revisions {
  readonly currentSet: Stored<StatefulSet>;
  readonly updateSet: Stored<StatefulSet>;
  /** names of the revisions */
  readonly current: string;
  readonly update: string;
}

/** A Pod for an ordinal at the revision that ordinals of its place are at. */
export function newPodAtRevision(revisions: Revisions, ordinal: number): Pod {
  const { currentSet, updateSet, current, update } = revisions;
  const { type, rollingUpdate } = currentSet.spec.updateStrategy ?? {};
  const ofCurrent =
    rollingUpdate === undefined
      ? type === 'RollingUpdate'
        ? (currentSet.status?.currentReplicas ?? 0)
        : 0
      : (rollingUpdate.partition ?? 0);
  return ordinal < firstOrdinal(currentSet) + ofCurrent
    ? newPod(currentSet, ordinal, current)
    : newPod(updateSet, ordinal, update);
}

/** Whether the Pod has the name and the label that others find it by. */
export function hasIdentity(set: StatefulSet, pod: Pod): boolean {
  const { parent, ordinal } = placeOf(pod);
  const { name, labels } = pod.metadata;
  return (
    ordinal >= 0 &&
    parent === set.metadata.name &&
    name === `${parent}-${ordinal}` &&
    labels?.[POD_NAME] === name
  );
}

export function withIdentity<T extends Pod>(set: StatefulSet, pod: T): T {
  const ordinal = ordinalOf(pod);
  const name = `${set.metadata.name}-${ordinal}`;
  const labels = { ...pod.metadata.labels, [POD_NAME]: name, [POD_INDEX]: String(ordinal) };
  return { ...pod, metadata: { ...pod.metadata, name, labels } };
}

/** Whether the Pod's volumes are the claims of its ordinal. */
export function hasStorage(set: StatefulSet, pod: Pod): boolean {
  const ordinal = ordinalOf(pod);
  const { volumes = [] } = pod.spec;
  return (set.spec.volumeClaimTemplates ?? []).every((template) => {
    const volume = volumes.find(({ name }) => name === template.metadata.name);
    return volume?.persistentVolumeClaim?.claimName === claimName(set, template, ordinal);
  });
}

/** Volumes of the same names give way to the claims. */
export function withStorage<T extends Pod>(set: StatefulSet, pod: T): T {
  const claims = (set.spec.volumeClaimTemplates ?? []).map((template): Volume => ({
    name: template.metadata.name ?? '',
    persistentVolumeClaim: { claimName: claimName(set, template, ordinalOf(pod)) },
  }));
  const names = new Set(claims.map(({ name }) => name));
  const others = (pod.spec.volumes ?? []).filter(({ name }) => !names.has(name));
  const volumes = [...claims, ...others];
  return volumes.length === 0 ? pod : { ...pod, spec: { ...pod.spec, volumes } };
}
