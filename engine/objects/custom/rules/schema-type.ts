import type { Environment } from '@marcbachmann/cel-js';
import { Duration } from '@marcbachmann/cel-js/evaluator';
import { areEqual, dynamicValue } from '../../cel/values.ts';
import { isJsonObject, setOwn } from '../../json-value.ts';
import type { Schema } from '../../schema.ts';

/** What a rule sees of values of a schema. */
export interface SchemaType {
  /** name of the type in the language */
  readonly name: string;
  /** JSON that obeys the schema as a value of the type; null is as if not there. */
  convert(value: unknown): unknown;
}

const text: Schema = { type: 'string' };

/** Members every object has, whatever its schema says. */
const objectMembers: Readonly<Record<string, Schema>> = {
  apiVersion: text,
  kind: text,
  metadata: { type: 'object', properties: { name: text, generateName: text } },
};

/**
 * Declares the types of a schema in an environment, those of members first. A schema that says too
 * little of its values has no type; members of such a schema are out of a rule's sight.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-expression-types
 */
export function declareType(
  environment: Environment,
  schema: Schema,
  name: string,
  isResource = schema['x-kubernetes-embedded-resource'] === true,
): SchemaType | undefined {
  if (schema['x-kubernetes-int-or-string'] === true) return { name: 'dyn', convert: dynamicValue };
  switch (isResource ? 'object' : schema.type) {
    case 'array':
      return listType(environment, schema, name);
    case 'object':
      return typeof schema.additionalProperties === 'object' && !isResource
        ? mapType(environment, schema.additionalProperties, name)
        : objectType(environment, schema, name, isResource);
    case 'string':
      return textType(schema.format);
    case 'boolean':
      return { name: 'bool', convert: (value) => value };
    case 'number':
      return { name: 'double', convert: Number };
    case 'integer':
      return { name: 'int', convert: (value) => BigInt(value as number) };
    case undefined:
      return undefined;
  }
}

function textType(format: string | undefined): SchemaType {
  const timestamp = 'google.protobuf.Timestamp';
  switch (format) {
    case 'byte':
      return {
        name: 'bytes',
        convert: (value) =>
          Uint8Array.from(atob(value as string), (character) => character.codePointAt(0) ?? 0),
      };
    case 'duration':
      return {
        name: 'google.protobuf.Duration',
        convert: (value) => readDuration(value as string),
      };
    case 'date':
    case 'date-time':
      return { name: timestamp, convert: (value) => new Date(value as string) };
    default:
      return { name: 'string', convert: (value) => value };
  }
}

/** Units by the start of their names: `ns`, `µs`, `milliseconds`, `h`, `weeks`. In milliseconds. */
const units: readonly (readonly [RegExp, number])[] = [
  [/^n/, 1e-6],
  [/^(?:us|µs|micro)/, 1e-3],
  [/^(?:ms|milli)/, 1],
  [/^s/, 1e3],
  [/^m/, 60e3],
  [/^h/, 3600e3],
  [/^d/, 24 * 3600e3],
  [/^w/, 7 * 24 * 3600e3],
];

function readDuration(value: string): Duration {
  let total = 0;
  for (const [, number = '', unit = ''] of value.matchAll(/(\d+(?:\.\d+)?)\s*([a-zµμ]+)/gi)) {
    const name = unit.toLowerCase().replace('μ', 'µ');
    total += Number(number) * (units.find(([start]) => start.test(name))?.[1] ?? 0);
  }
  return Duration.fromMilliseconds(value.trim().startsWith('-') ? -total : total);
}

function listType(
  environment: Environment,
  { items, 'x-kubernetes-list-type': listKind }: Schema,
  name: string,
): SchemaType | undefined {
  const item = items === undefined ? undefined : declareType(environment, items, `${name}.__idx`);
  if (item === undefined) return undefined;
  const convert = (value: unknown) =>
    (value as readonly unknown[]).map((each) => item.convert(each));
  return {
    name: `list<${item.name}>`,
    // Sets are equal whatever their order.
    convert: listKind === 'set' ? (value) => new Set(convert(value)) : convert,
  };
}

function mapType(environment: Environment, values: Schema, name: string): SchemaType | undefined {
  const member = declareType(environment, values, `${name}.__elem`);
  if (member === undefined) return undefined;
  return {
    name: `map<string, ${member.name}>`,
    convert(value) {
      const entries = Object.entries(value as object).filter(([, each]) => each !== null);
      return new Map(entries.map(([key, each]) => [key, member.convert(each)]));
    },
  };
}

/** Objects that stand for null, which the language takes for an object of any type. */
const absent = new WeakSet<object>();

function objectType(
  environment: Environment,
  schema: Schema,
  name: string,
  isResource: boolean,
): SchemaType {
  const members = new Map<string, { readonly field: string; readonly type: SchemaType }>();
  const properties = { ...schema.properties, ...(isResource ? objectMembers : {}) };
  for (const [key, property] of Object.entries(properties)) {
    const field = escapeName(key);
    if (field === undefined) continue;
    const type = declareType(environment, property, `${name}.${field}`);
    if (type !== undefined) members.set(key, { field, type });
  }
  const Value = class {};
  const fields = [...members].flatMap(([key, { field, type }]) => [
    [field, type.name],
    // What only clashes with a word of the language is found under its own name, too.
    ...(reserved.has(key) ? [[key, type.name]] : []),
  ]);
  environment.registerType(name, { ctor: Value, fields: Object.fromEntries(fields) });
  environment.registerOperator(`${name} == ${name}`, areEqual);
  environment.registerOperator(`${name} == null`, (value: object) => absent.has(value));
  return {
    name,
    convert(value) {
      const object: Record<string, unknown> = Object.assign(new Value());
      if (value === null) absent.add(object);
      if (!isJsonObject(value)) return object;
      for (const [key, member] of Object.entries(value)) {
        const known = members.get(key);
        if (known !== undefined && member !== null) {
          const converted = known.type.convert(member);
          setOwn(object, known.field, converted);
          if (reserved.has(key)) setOwn(object, key, converted);
        }
      }
      return object;
    },
  };
}

const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

const escapes: Readonly<Record<string, string>> = {
  __: '__underscores__',
  '.': '__dot__',
  '-': '__dash__',
  '/': '__slash__',
};

/** The name under which a rule finds a property; undefined if it cannot have any. */
function escapeName(name: string): string | undefined {
  if (reserved.has(name)) return `__${name}__`;
  if (!/^[A-Za-z_][\w./-]*$/.test(name)) return undefined;
  return name.replaceAll(/__|[./-]/g, (part) => escapes[part] ?? part);
}
