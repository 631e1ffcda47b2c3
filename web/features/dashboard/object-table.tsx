import { useMemo } from 'react';
import type { Resource } from '../../../engine/client/resource.ts';
import type { KubernetesObject } from '../../../engine/objects/kubernetes-object.ts';
import { VirtualTable, type VirtualRow } from '../../ui/virtual-table.tsx';
import { Waiting } from '../../ui/waiting.tsx';
import { Age } from './age.tsx';
import type { Scope } from './follow-with.ts';
import { rowsWith, type Row } from './table-rows.ts';
import { Unanswered } from './unanswered.tsx';
import { useTable } from './use-table.ts';
import styles from './dashboard.module.css';

export interface ObjectTableProps {
  readonly resource: Resource<KubernetesObject>;
  readonly scope: Scope;
  /** only rows that have this in a cell */
  readonly search?: string;
  /** makes names buttons */
  readonly onOpen?: (row: Row) => void;
}

/** Objects in the columns of `kubectl get`, kept up to date. */
export function ObjectTable({ resource, scope, search = '', onOpen }: ObjectTableProps) {
  const { table, problem } = useTable(resource, scope);
  const withNamespace = resource.namespaced && scope.namespace === undefined;
  const shown = useMemo(() => {
    if (table === undefined) return undefined;
    const { columns, rows } = table;
    const ages = new Set(
      columns.flatMap(({ isAge }, place) => (isAge ? [place + (withNamespace ? 1 : 0)] : [])),
    );
    return {
      ages,
      columns: [...(withNamespace ? ['Namespace'] : []), ...columns.map(({ name }) => name)],
      rows: rowsWith(rows, search).map((row) => ({
        key: row.key,
        cells: [
          ...(withNamespace ? [row.object.metadata.namespace ?? ''] : []),
          ...columns.map(({ index }) => String(row.cells[index] ?? '')),
        ],
        row,
      })),
    };
  }, [table, search, withNamespace]);
  return (
    <Unanswered problem={problem} isOld={shown !== undefined}>
      {shown === undefined ? (
        <Waiting text="Asking the API server" />
      ) : (
        <>
          <p role="status" className={styles['count']}>
            {shown.rows.length === 0
              ? `No ${resource.plural}${search.trim() === '' ? '' : ' with this text'}.`
              : `${shown.rows.length} ${resource.plural}`}
          </p>
          {shown.rows.length > 0 && (
            <VirtualTable<VirtualRow & { readonly row: Row }>
              label={resource.plural}
              columns={shown.columns}
              rows={shown.rows}
              opens={withNamespace ? 1 : 0}
              cellOf={({ row }, column) => {
                const { creationTimestamp } = row.object.metadata;
                return shown.ages.has(column) && creationTimestamp ? (
                  <Age since={creationTimestamp} />
                ) : undefined;
              }}
              onOpen={onOpen && (({ row }) => onOpen(row))}
            />
          )}
        </>
      )}
    </Unanswered>
  );
}
