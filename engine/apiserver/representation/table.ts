import type { ApiObject } from '../registry/api-object.ts';
import { served, type ServedResource } from '../registry/served-resource.ts';
import type { StoredObject } from '../store/stored-object.ts';
import type {
  TableColumn,
  TableRowCondition,
  TableRow as Row,
} from '../../objects/tables/table.ts';
import { partialMetadata } from './partial-metadata.ts';

/** What of the object goes with each row. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

interface TableRow {
  readonly cells: readonly unknown[];
  readonly conditions?: readonly TableRowCondition[];
  readonly object?: ApiObject | null;
}

interface Table {
  readonly kind: 'Table';
  readonly apiVersion: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** null in all but the first event of a watch */
  readonly columnDefinitions: readonly TableColumn[] | null;
  readonly rows: readonly TableRow[];
}

/** What kubectl prints: one row an object, with the columns of its kind. */
export class TableMaker {
  readonly #resource: ServedResource;
  readonly #version: string;
  readonly #include: IncludeObject;
  readonly #now: () => number;

  /** @param version of meta.k8s.io: `v1` or `v1beta1` */
  constructor(
    resource: ServedResource,
    version: string,
    include: IncludeObject,
    now: () => number,
  ) {
    this.#resource = resource;
    this.#version = version;
    this.#include = include;
    this.#now = now;
  }

  row(stored: StoredObject): TableRow {
    return this.rowOf(served(this.#resource, stored));
  }

  rowOf(object: ApiObject): TableRow {
    return this.#shape(this.#resource.kind.row(object, this.#now()));
  }

  rows(objects: readonly ApiObject[]): readonly TableRow[] {
    return this.#resource.kind.rows(objects, this.#now()).map((row) => this.#shape(row));
  }

  #shape({ object, ...row }: Row<ApiObject>): TableRow {
    switch (this.#include) {
      case 'None':
        return { ...row, object: null };
      case 'Object':
        return { ...row, object };
      case 'Metadata':
        return { ...row, object: partialMetadata(object, this.#version) };
    }
  }

  table(
    rows: readonly TableRow[],
    metadata: Readonly<Record<string, unknown>>,
    withColumns = true,
  ): Table {
    return {
      kind: 'Table',
      apiVersion: `meta.k8s.io/${this.#version}`,
      metadata,
      columnDefinitions: withColumns ? this.#resource.kind.columns : null,
      rows,
    };
  }
}
