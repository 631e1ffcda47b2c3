import type { Table } from '../../../engine/client/client.ts';

export interface PodWords {
  readonly uid: string;
  /** with its namespace unless that is `default` */
  readonly name: string;
  /** `1/1 Running`, as `kubectl get` says it */
  readonly words: string;
  readonly isWell: boolean;
}

/** What the API server prints of Pods that runs or is on the way. */
const WELL =
  /^(?:Running|Completed|Succeeded|Pending|ContainerCreating|PodInitializing|Init:\d+\/\d+|Terminating)$/;

/** Pods of a table, those of `kube-system` last. */
export function podWords({ columnDefinitions, rows }: Table): readonly PodWords[] {
  const column = (name: string): number =>
    columnDefinitions.findIndex((definition) => definition.name === name);
  const [ready, status] = [column('Ready'), column('Status')];
  const isSystem = (namespace = ''): number => (namespace === 'kube-system' ? 1 : 0);
  return rows
    .toSorted(
      (one, other) =>
        isSystem(one.object.metadata.namespace) - isSystem(other.object.metadata.namespace),
    )
    .map(({ cells, object: { metadata } }) => {
      const state = String(cells[status] ?? '');
      return {
        uid: metadata.uid ?? '',
        name:
          metadata.namespace === 'default'
            ? (metadata.name ?? '')
            : `${metadata.namespace}/${metadata.name}`,
        words: `${String(cells[ready] ?? '')} ${state}`,
        isWell: WELL.test(state),
      };
    });
}
