import type { Pod } from '../../../engine/objects/generated/core-v1.generated.ts';
import type { Stored } from '../../../engine/client/resource.ts';
import type { ObjectKey } from './object-graph.ts';

/** A Pod as the map draws it. */
export interface PodBox {
  readonly key: ObjectKey;
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  /** empty while the scheduler has chosen none */
  readonly node: string;
  readonly containers: readonly ContainerBox[];
}

export interface ContainerBox {
  readonly name: string;
  readonly state: 'waiting' | 'running' | 'terminated';
}

/** Those of kube-system last, otherwise by name. */
export function podBoxes(pods: readonly Stored<Pod>[]): readonly PodBox[] {
  return pods
    .map(({ metadata: { name, namespace = '', uid }, spec, status }) => ({
      key: `pods/${namespace}/${name}`,
      uid,
      name,
      namespace,
      node: spec?.nodeName ?? '',
      containers: (spec?.containers ?? []).map((container) => {
        const state = status?.containerStatuses?.find(
          (each) => each.name === container.name,
        )?.state;
        return {
          name: container.name,
          state:
            state?.running !== undefined
              ? ('running' as const)
              : state?.terminated !== undefined
                ? ('terminated' as const)
                : ('waiting' as const),
        };
      }),
    }))
    .toSorted(
      (one, other) =>
        Number(one.namespace === 'kube-system') - Number(other.namespace === 'kube-system') ||
        one.name.localeCompare(other.name),
    );
}
