import type { Client, List, Table, TableRow } from '../../../engine/client/client.ts';
import type { ListerWatcher, Mirror } from '../../../engine/client/informer/reflector.ts';
import type { Stored } from '../../../engine/client/resource.ts';
import type { WatchEvent } from '../../../engine/client/watch-events.ts';
import type { KubernetesObject } from '../../../engine/objects/kubernetes-object.ts';

/** A row of a table as a reflector follows it. */
export interface RowObject extends KubernetesObject {
  readonly cells: TableRow['cells'];
}

/** An object in the columns of `kubectl get`. */
export interface Row {
  /** its namespace and name: the API server lists in their order */
  readonly key: string;
  readonly object: Stored<KubernetesObject>;
  readonly cells: TableRow['cells'];
  /** what a search finds, in small letters */
  readonly text: string;
}

/** Lists and watches tables. @param onColumns told what is in the cells, by each list */
export function tableSource(
  client: Client,
  onColumns: (columns: Table['columnDefinitions']) => void,
): ListerWatcher<RowObject> {
  return {
    async list(resource, options) {
      const { metadata, columnDefinitions, rows } = await client.table(resource, options);
      onColumns(columnDefinitions);
      return { metadata, items: rows.map(rowObject) };
    },
    async *watch(resource, options) {
      for await (const { type, object } of client.watchTable(resource, options))
        for (const row of object.rows) yield { type, object: rowObject(row) };
    },
  };
}

const rowObject = ({ object, cells }: TableRow): Stored<RowObject> =>
  ({ ...object, cells }) as Stored<RowObject>;

/** The rows of a table that is watched. */
export class TableRows implements Mirror<RowObject> {
  #rows = new Map<string, Row>();
  #isSorted = true;

  get size(): number {
    return this.#rows.size;
  }

  replace({ items }: List<RowObject>): void {
    this.#rows = new Map(items.map((item) => rowOf(item)).map((row) => [row.key, row]));
    this.#isSorted = false;
  }

  apply({ type, object }: WatchEvent<RowObject>): void {
    if (type === 'BOOKMARK') return;
    const row = rowOf(object);
    if (type === 'DELETED') this.#rows.delete(row.key);
    else {
      this.#isSorted &&= this.#rows.has(row.key);
      this.#rows.set(row.key, row);
    }
  }

  /** Takes cells, which tell how long ago something was, of a table that was asked for beside the watch; what has changed since is left. */
  renew({ rows }: Table): void {
    for (const each of rows) {
      const row = rowOf(rowObject(each));
      const { resourceVersion } = row.object.metadata;
      if (this.#rows.get(row.key)?.object.metadata.resourceVersion === resourceVersion)
        this.#rows.set(row.key, row);
    }
  }

  all(): readonly Row[] {
    if (!this.#isSorted) {
      const sorted = [...this.#rows].toSorted(([one], [other]) => (one < other ? -1 : 1));
      this.#rows = new Map(sorted);
      this.#isSorted = true;
    }
    return [...this.#rows.values()];
  }
}

function rowOf({ cells, ...object }: Stored<RowObject>): Row {
  const { namespace = '', name } = object.metadata;
  return {
    key: `${namespace}/${name}`,
    object,
    cells,
    text: [namespace, ...cells].join('\n').toLowerCase(),
  };
}

/** Rows that have this text in a cell, or in the name of their namespace. */
export function rowsWith(rows: readonly Row[], text: string): readonly Row[] {
  const wanted = text.trim().toLowerCase();
  return wanted === '' ? rows : rows.filter((row) => row.text.includes(wanted));
}
