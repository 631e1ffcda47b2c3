import { useEffect, useState } from 'react';
import type { Table, TableRow } from '../../../engine/client/client.ts';
import type { Resource } from '../../../engine/client/resource.ts';
import type { KubernetesObject } from '../../../engine/objects/kubernetes-object.ts';
import { Waiting } from '../../ui/waiting.tsx';
import { useClient } from './cluster-client.ts';
import { follow, type Scope } from './follow.ts';
import styles from './dashboard.module.css';

/** More rows than this are not drawn: a search finds the others. */
const MOST_ROWS = 500;

export interface ObjectTableProps {
  readonly resource: Resource<KubernetesObject>;
  readonly scope: Scope;
  /** only rows that have this in a cell */
  readonly search?: string;
  /** makes names buttons */
  readonly onOpen?: (row: TableRow) => void;
}

/** Objects in the columns of `kubectl get`, kept up to date. */
export function ObjectTable({ resource, scope, search = '', onOpen }: ObjectTableProps) {
  const client = useClient();
  const { namespace, labelSelector, fieldSelector } = scope;
  const [table, setTable] = useState<Table>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    setTable(undefined);
    const only: Scope = {
      ...(namespace !== undefined && { namespace }),
      ...(labelSelector !== undefined && { labelSelector }),
      ...(fieldSelector !== undefined && { fieldSelector }),
    };
    return follow({
      client,
      resource,
      scope: only,
      hasAges: true,
      ask: (signal) => client.table(resource, { ...only, signal }),
      onAnswer: setTable,
      onProblem: setProblem,
    });
  }, [client, resource, namespace, labelSelector, fieldSelector]);

  const all = table?.rows ?? [];
  const wanted = search.trim().toLowerCase();
  const found =
    wanted === ''
      ? all
      : all.filter(({ cells, object }) =>
          [...cells, object.metadata.namespace].some((cell) =>
            String(cell ?? '')
              .toLowerCase()
              .includes(wanted),
          ),
        );
  const rows = found.slice(0, MOST_ROWS);
  const columns = (table?.columnDefinitions ?? []).flatMap(({ name, priority }, index) =>
    priority === 0 ? [{ name, index }] : [],
  );
  const withNamespace = resource.namespaced && namespace === undefined;
  return (
    <>
      {problem !== undefined && (
        <p role="alert" className={styles['problem']}>
          {problem} This list is asked for again.
        </p>
      )}
      {table === undefined && problem === undefined && <Waiting text="Asking the API server" />}
      {table !== undefined && (
        <>
          <p role="status" className={styles['count']}>
            {found.length === 0
              ? `No ${resource.plural}${wanted === '' ? '' : ' with this text'}.`
              : `${found.length} ${resource.plural}${rows.length < found.length ? `, the first ${rows.length} shown: search for more` : ''}`}
          </p>
          {rows.length > 0 && (
            <table className={styles['table']} aria-label={resource.plural}>
              <thead>
                <tr>
                  {withNamespace && <th scope="col">Namespace</th>}
                  {columns.map(({ name }) => (
                    <th key={name} scope="col">
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <tr key={row.object.metadata.uid ?? String(row.cells[0])}>
                    {withNamespace && <td>{row.object.metadata.namespace}</td>}
                    {columns.map(({ name, index }) => (
                      <td key={name}>
                        {index === 0 && onOpen ? (
                          <button
                            type="button"
                            className={styles['name']}
                            onClick={() => onOpen(row)}
                          >
                            {row.cells[index]}
                          </button>
                        ) : (
                          String(row.cells[index] ?? '')
                        )}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </>
      )}
    </>
  );
}
