import type { Stored } from '../../client/resource.ts';
import type { DaemonSet } from '../../objects/generated/apps-v1.generated.ts';
import type {
  Pod,
  PodSpec,
  PodTemplateSpec,
  Toleration,
} from '../../objects/generated/core-v1.generated.ts';

/** Which revision a Pod is of: by its hash, and by a number that DaemonSets had before. */
export const HASH_LABEL = 'controller-revision-hash';
const GENERATION_LABEL = 'pod-template-generation';
const GENERATION_ANNOTATION = 'deprecated.daemonset.template.generation';

const toleration = (condition: string, effect: 'NoExecute' | 'NoSchedule'): Toleration => ({
  key: `node.kubernetes.io/${condition}`,
  operator: 'Exists',
  effect,
});
/** A daemon stays where it is whatever happens to its node, and starts where others may not. */
const TOLERATIONS: readonly Toleration[] = [
  toleration('not-ready', 'NoExecute'),
  toleration('unreachable', 'NoExecute'),
  toleration('disk-pressure', 'NoSchedule'),
  toleration('memory-pressure', 'NoSchedule'),
  toleration('pid-pressure', 'NoSchedule'),
  toleration('unschedulable', 'NoSchedule'),
];
const HOST_NETWORK_TOLERATION = toleration('network-unavailable', 'NoSchedule');

/** Those of the template, and those that every daemon has. */
export function daemonTolerations({
  tolerations = [],
  hostNetwork,
}: Pick<PodSpec, 'tolerations' | 'hostNetwork'>): readonly Toleration[] {
  const added = hostNetwork === true ? [...TOLERATIONS, HOST_NETWORK_TOLERATION] : TOLERATIONS;
  const all = [...tolerations];
  for (const one of added) {
    const place = all.findIndex(
      ({ key, operator, effect, value = '' }) =>
        key === one.key && operator === one.operator && effect === one.effect && value === '',
    );
    if (place === -1) all.push(one);
    else all[place] = one;
  }
  return all;
}

/** The template of the Pods that the set creates now, without the node they are for. */
export function daemonTemplate(set: DaemonSet, hash: string): PodTemplateSpec {
  const { metadata, spec = { containers: [] } } = set.spec.template;
  const generation = generationOf(set);
  const labels = {
    ...metadata?.labels,
    ...(generation === undefined ? {} : { [GENERATION_LABEL]: generation }),
    [HASH_LABEL]: hash,
  };
  return {
    metadata: { ...metadata, labels },
    spec: { ...spec, tolerations: daemonTolerations(spec) },
  };
}

/** The template for one node: the scheduler can choose no other. */
export function forNode(template: PodTemplateSpec, node: string): PodTemplateSpec {
  const { spec = { containers: [] } } = template;
  const { affinity } = spec;
  const nodeAffinity = {
    ...affinity?.nodeAffinity,
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [
        { matchFields: [{ key: 'metadata.name', operator: 'In' as const, values: [node] }] },
      ],
    },
  };
  return { ...template, spec: { ...spec, affinity: { ...affinity, nodeAffinity } } };
}

/** The node that the Pod is on or meant for. */
export function targetNode({ spec }: Pod): string | undefined {
  const { nodeName = '', affinity } = spec;
  if (nodeName !== '') return nodeName;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  for (const { matchFields = [] } of required?.nodeSelectorTerms ?? [])
    for (const { key, operator, values = [] } of matchFields)
      if (key === 'metadata.name' && operator === 'In')
        return values.length === 1 ? values[0] : undefined;
  return undefined;
}

function generationOf({ metadata }: DaemonSet): string | undefined {
  const generation = metadata.annotations?.[GENERATION_ANNOTATION] ?? '';
  return /^[+-]?\d+$/.test(generation) ? String(BigInt(generation)) : undefined;
}

/** Whether it was made from what the set wants now. @param hash of that */
export function isUpToDate({ metadata }: Pod, set: DaemonSet, hash: string): boolean {
  const generation = generationOf(set);
  return (
    (hash !== '' && metadata.labels?.[HASH_LABEL] === hash) ||
    (generation !== undefined && metadata.labels?.[GENERATION_LABEL] === generation)
  );
}

/** Those on their node first, then the oldest. */
export function oldestFirst(pods: readonly Stored<Pod>[]): Stored<Pod>[] {
  const isWaiting = ({ spec }: Pod): number => ((spec.nodeName ?? '') === '' ? 1 : 0);
  return pods.toSorted((one, other) => {
    const [a, b] = [one.metadata, other.metadata];
    return (
      isWaiting(one) - isWaiting(other) ||
      Date.parse(a.creationTimestamp) - Date.parse(b.creationTimestamp) ||
      (a.name < b.name ? -1 : 1)
    );
  });
}
