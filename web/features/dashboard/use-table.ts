import { useEffect, useState } from 'react';
import { Reflector } from '../../../engine/client/informer/reflector.ts';
import type { Resource } from '../../../engine/client/resource.ts';
import { pageClock, pageRandom } from '../../../engine/cluster/index.ts';
import type { KubernetesObject } from '../../../engine/objects/kubernetes-object.ts';
import { gathered } from '../../ui/gathered.ts';
import { getsOld, isAge } from './ages.ts';
import { useClient } from './cluster-client.ts';
import { LONGEST_PAUSE_MS, type Scope } from './follow-with.ts';
import { problemOf, type Problem } from './problem.ts';
import { TableRows, tableSource, type Row, type RowObject } from './table-rows.ts';

/** Milliseconds in which changes are gathered before they are shown. */
const GATHER_MS = 300;
/** Milliseconds after which a table with cells that get old is asked for anew: a long one later, for it comes as a whole. */
const renewedAfter = (rows: number): number => Math.max(10_000, rows * 10);

export interface ShownTable {
  /** those that `kubectl get` prints without being asked for more, with their place among the cells */
  readonly columns: readonly {
    readonly name: string;
    readonly index: number;
    /** of the object: its cells are of when they came */
    readonly isAge: boolean;
  }[];
  readonly rows: readonly Row[];
}

/** Objects in the columns of `kubectl get`, as they come, go and change; undefined before they were read. */
export function useTable(
  resource: Resource<KubernetesObject>,
  { namespace, labelSelector, fieldSelector }: Scope,
) {
  const client = useClient();
  const [table, setTable] = useState<ShownTable>();
  const [problem, setProblem] = useState<Problem>();
  useEffect(() => {
    setTable(undefined);
    const end = new AbortController();
    const { signal } = end;
    const scope: Scope = {
      ...(namespace !== undefined && { namespace }),
      ...(labelSelector !== undefined && { labelSelector }),
      ...(fieldSelector !== undefined && { fieldSelector }),
    };
    const rows = new TableRows();
    let columns: ShownTable['columns'] = [];
    const show = (): void => {
      if (signal.aborted) return;
      setTable({ columns, rows: rows.all() });
    };
    const changes = gathered(() => GATHER_MS, show);
    const reflector = new Reflector<RowObject>({
      client: tableSource(client, (definitions) => {
        columns = definitions.flatMap((definition, index) =>
          definition.priority === 0
            ? [{ name: definition.name, index, isAge: isAge(definition) }]
            : [],
        );
      }),
      resource: resource as Resource<RowObject>,
      scope,
      mirror: {
        replace(list) {
          rows.replace(list);
          show();
        },
        apply(event) {
          rows.apply(event);
          changes.tell();
        },
      },
      clock: pageClock,
      random: pageRandom,
      longestPause: LONGEST_PAUSE_MS,
      onError: (error) => {
        if (!signal.aborted) setProblem(problemOf(error));
      },
      onReached: () => {
        if (!signal.aborted) setProblem(undefined);
      },
    });
    void reflector.run(signal);
    const renew = async (): Promise<void> => {
      const ages = new Set(columns.flatMap((column) => (column.isAge ? [column.index] : [])));
      if (!document.hidden && getsOld(rows.all(), ages))
        try {
          rows.renew(await client.table(resource, { ...scope, signal }));
          changes.tell();
        } catch {
          // The watch says why the API server does not answer.
        }
      if (!signal.aborted) renewal = setTimeout(() => void renew(), renewedAfter(rows.size));
    };
    let renewal = setTimeout(() => void renew(), renewedAfter(0));
    return () => {
      clearTimeout(renewal);
      changes.stop();
      end.abort();
    };
  }, [client, resource, namespace, labelSelector, fieldSelector]);
  return { table, problem };
}
