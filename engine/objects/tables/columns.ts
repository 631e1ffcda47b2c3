import type { GroupVersionKind } from '../schema.ts';
import { columnsByKind } from './columns.generated.ts';
import type { TableColumn } from './table.ts';

function toColumn([name, type, format, description, priority]: readonly [
  name: string,
  type: string,
  format: string,
  description: string,
  priority: number,
]): TableColumn {
  return { name, type, format, description, priority };
}

const columns = new Map(
  Object.entries(columnsByKind).map(([kind, rows]) => [kind, rows.map(toColumn)]),
);

const [name, age] = ['Name', 'Age'].map((column) =>
  columns.get('ServiceAccount')?.find((candidate) => candidate.name === column),
);
if (!name || !age) throw new Error('accounts have a name and an age');

export const nameColumn = name;
export const ageDescription = age.description;

columns.set('APIService', [
  name,
  toColumn([
    'Service',
    'string',
    '',
    'The reference to the service that hosts this API endpoint.',
    0,
  ]),
  toColumn(['Available', 'string', '', 'Whether this service is available.', 0]),
  age,
]);

columns.set('CustomResourceDefinition', [
  name,
  toColumn(['Scope', 'string', '', 'Cluster/Namespaced', 0]),
  toColumn(['Versions', 'string', '', 'Served versions', 0]),
  toColumn(['Created At', 'date', '', age.description, 0]),
  toColumn(['Group', 'string', '', 'API group', 1]),
  toColumn(['Kind', 'string', '', 'CustomResource kind', 1]),
  toColumn(['ShortNames', 'string', '', 'Short names', 1]),
  toColumn(['Established', 'boolean', '', 'Established status', 1]),
]);

/** Of kinds whose tables say only when an object was made. */
const createdAt = [name, toColumn(['Created At', 'date', '', age.description, 0])];

/** The columns of a built-in kind's table. */
export function tableColumns({ kind }: Pick<GroupVersionKind, 'kind'>): readonly TableColumn[] {
  return columns.get(kind) ?? createdAt;
}
