/** Admission controllers that add one thing to what is created. */
import type { Node, Pod, Toleration } from '../../objects/generated/core-v1.generated.ts';
import { withMetadata, type ApiObject } from '../registry/api-object.ts';
import type { AdmissionPlugin, Attributes } from './admission.ts';
import { isResource, withPodSpec } from './attributes.ts';

const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';
/** kube-apiserver `--default-not-ready-toleration-seconds` */
const TOLERATION_SECONDS = 300;

function tolerates(tolerations: readonly Toleration[], taint: string): boolean {
  return tolerations.some(
    ({ key = '', effect = '' }) =>
      (key === '' || key === taint) && ((effect as string) === '' || effect === 'NoExecute'),
  );
}

/** Pods stay five minutes on a node that is not ready, unless they say otherwise. */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  mutate(attributes: Attributes): ApiObject | undefined {
    const { operation } = attributes;
    if (operation !== 'CREATE' && operation !== 'UPDATE') return undefined;
    if (!isResource(attributes, '', 'pods')) return undefined;
    const pod = attributes.object as unknown as Pod;
    const given = pod.spec.tolerations ?? [];
    const added = [NOT_READY, UNREACHABLE]
      .filter((taint) => !tolerates(given, taint))
      .map((key): Toleration => ({
        key,
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: TOLERATION_SECONDS,
      }));
    return added.length === 0
      ? undefined
      : withPodSpec(pod, { ...pod.spec, tolerations: [...given, ...added] });
  },
};

/** A new node gets no Pods before somebody has found it ready. */
export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  mutate(attributes: Attributes): ApiObject | undefined {
    if (attributes.operation !== 'CREATE' || !isResource(attributes, '', 'nodes')) return undefined;
    const node = attributes.object as unknown as Node;
    const taints = node.spec?.taints ?? [];
    const tainted = taints.some(({ key, effect }) => key === NOT_READY && effect === 'NoSchedule');
    if (tainted) return undefined;
    const spec = {
      ...node.spec,
      taints: [...taints, { key: NOT_READY, effect: 'NoSchedule' }],
    };
    return { ...node, spec } as unknown as ApiObject;
  },
};

const PROTECTED: readonly (readonly [string, string, string])[] = [
  ['', 'persistentvolumeclaims', 'kubernetes.io/pvc-protection'],
  ['', 'persistentvolumes', 'kubernetes.io/pv-protection'],
  ['storage.k8s.io', 'volumeattributesclasses', 'kubernetes.io/vac-protection'],
];

/** Volumes and claims wait with their end until nobody uses them. */
export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  mutate(attributes: Attributes): ApiObject | undefined {
    const { object, operation } = attributes;
    if (operation !== 'CREATE' || object === undefined) return undefined;
    const found = PROTECTED.find(([group, plural]) => isResource(attributes, group, plural));
    const finalizers = object.metadata.finalizers ?? [];
    if (found === undefined || finalizers.includes(found[2])) return undefined;
    return withMetadata(object, { finalizers: [...finalizers, found[2]] });
  },
};
