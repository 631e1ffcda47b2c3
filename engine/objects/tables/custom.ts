import type { CustomResourceColumnDefinition } from '../generated/apiextensions-v1.generated.ts';
import { goFormat, goJson } from '../go-text.ts';
import { isJsonObject } from '../json-value.ts';
import type { KubernetesObject } from '../kubernetes-object.ts';
import { age } from './ages.ts';
import { ageDescription, nameColumn } from './columns.ts';
import { type JsonPath, JsonPathError, parseJsonPath } from './json-path.ts';
import type { TableColumn } from './table.ts';

/** Shown of custom resources whose definition names no columns. */
const onlyAge: readonly CustomResourceColumnDefinition[] = [
  {
    name: 'Age',
    type: 'date',
    description: ageDescription,
    jsonPath: '.metadata.creationTimestamp',
  },
];

/** The table of a custom resource's version: its name and the columns of the definition. */
export class CustomTable {
  readonly columns: readonly TableColumn[];
  readonly #paths: readonly { readonly type: string; readonly path: JsonPath }[];

  /** The first column whose path cannot be read ends the table. */
  constructor(definitions: readonly CustomResourceColumnDefinition[] | undefined) {
    const given = definitions?.length ? definitions : onlyAge;
    const paths = given.map(({ jsonPath }) => readPath(jsonPath));
    const readable = paths.includes(undefined) ? paths.indexOf(undefined) : paths.length;
    const shown = given.slice(0, readable);
    this.columns = [
      nameColumn,
      ...shown.map(({ name, type, format = '', description, jsonPath, priority = 0 }) => ({
        name,
        type,
        format,
        description:
          description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
        priority,
      })),
    ];
    this.#paths = shown.flatMap(({ type }, index) => {
      const path = paths[index];
      return path ? [{ type, path }] : [];
    });
  }

  cells(object: KubernetesObject, now: number): readonly unknown[] {
    const { name } = object.metadata;
    return [name, ...this.#paths.map(({ type, path }) => cell(type, path, object, now))];
  }
}

function readPath(text: string): JsonPath | undefined {
  try {
    return parseJsonPath(text);
  } catch (error) {
    if (error instanceof JsonPathError) return undefined;
    throw error;
  }
}

/** The first thing a path finds, as the column's type; null for nothing or a thing of another type. */
function cell(type: string, path: JsonPath, object: unknown, now: number): unknown {
  const found = find(path, object);
  if (found.length === 0) return null;
  const [value] = found;
  switch (type) {
    case 'string':
      return printed(value);
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? since(value, now) : null;
    default:
      return null;
  }
}

function find(path: JsonPath, object: unknown): readonly unknown[] {
  try {
    return path(object);
  } catch (error) {
    if (error instanceof JsonPathError) return [];
    throw error;
  }
}

function printed(value: unknown): string {
  if (value === null) return '<no value>';
  return typeof value === 'object' ? goJson(inOrder(value)) : goFormat(value);
}

/** Go marshals maps in the order of their keys. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value).map(([key, member]) => [key, inOrder(member)] as const);
  return Object.fromEntries(members.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d)$/;

function since(text: string, now: number): string {
  if (text === '' || text === 'null') return age(undefined, now);
  return rfc3339.test(text) ? age(text, now) : '<invalid>';
}
