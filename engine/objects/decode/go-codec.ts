import type { Definitions, Schema } from '../schema.ts';
import { customTypes } from './custom-types.ts';
import { Trail, type Origin } from './trail.ts';
import { readers, type GoType, type Read } from './go-values.ts';

/** What a built-in object looks like once Go has read it and printed it again. */
export interface ReadResult {
  readonly object: Readonly<Record<string, unknown>>;
  /** paths of fields the kind does not have: `spec.containers[0].foo` */
  readonly unknown: readonly string[];
}

/**
 * Reads parsed JSON as a built-in kind, as Go's decoder followed by its encoder would: fields come
 * in the order of the struct, nulls and empty values vanish where Go omits them, structs without
 * pointer are always there, numbers, times, quantities and base64 take their canonical form, keys
 * of maps are sorted. Throws a `DecodeError` with Go's text for the first value of a wrong type.
 * Numbers are doubles here: integers above 2^53 lose digits, and `1.0` passes for an integer.
 */
export function readAs(
  definitions: Definitions,
  name: string,
  value: unknown,
  origin: Origin = 'text',
): ReadResult {
  const trail = new Trail(origin);
  const type = typeNamed(definitions, name);
  const object = value === null ? type.zero() : type.read(value, trail);
  return { object: object as ReadResult['object'], unknown: trail.unknown };
}

const caches = new WeakMap<Definitions, Map<string, GoType>>();

/** Types refer to each other in circles (JSONSchemaProps), so each is entered before its fields are made. */
function typeNamed(definitions: Definitions, name: string): GoType {
  let cache = caches.get(definitions);
  if (cache === undefined) caches.set(definitions, (cache = new Map()));
  const known = cache.get(name);
  if (known !== undefined) return known;
  const custom = customTypes[name]?.((other) => typeNamed(definitions, other));
  const type = custom ?? new Struct(name);
  cache.set(name, type);
  if (type instanceof Struct) type.fields = structFields(definitions, name);
  return type;
}

interface Field {
  readonly name: string;
  readonly read: Read;
  /** whether a value that was given counts as never set */
  readonly isEmpty: ((value: unknown) => boolean) | undefined;
  /** what stands for a field never set; without it the field is left out */
  readonly absent: (() => unknown) | undefined;
}

class Struct implements GoType {
  readonly #path: string;
  readonly #name: string;
  #fields: readonly Field[] = [];
  #positions: ReadonlyMap<string, number> = new Map();

  constructor(name: string) {
    const parts = name.split('.');
    this.#name = parts.at(-1) ?? '';
    this.#path = parts.slice(-2).join('.');
  }

  set fields(fields: readonly Field[]) {
    this.#fields = fields;
    this.#positions = new Map(fields.map(({ name }, position) => [name, position]));
  }

  readonly read: Read = (value, trail) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw trail.wrongType(value, this.#path, 'struct');
    }
    const values: unknown[] = [];
    for (const key of Object.keys(value)) {
      const given: unknown = Reflect.get(value, key);
      const position = this.#positions.get(key);
      const field = position === undefined ? undefined : this.#fields[position];
      if (position === undefined || field === undefined) {
        trail.addUnknown(key);
      } else if (given !== null) {
        trail.enter(key);
        trail.struct = this.#name;
        values[position] = field.read(given, trail);
        trail.leave();
      }
    }
    return this.#print(values);
  };

  readonly zero = () => this.#print([]);

  #print(values: readonly unknown[]): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    let position = 0;
    for (const { name, isEmpty, absent } of this.#fields) {
      const value = values[position];
      position += 1;
      if (value !== undefined && isEmpty?.(value) !== true) object[name] = value;
      else if (absent !== undefined) object[name] = absent();
    }
    return object;
  }
}

/** The facts the generator wrote beside the schema (generate/definitions/fields.go). */
function structFields(definitions: Definitions, name: string): readonly Field[] {
  const schema = definitions[name];
  const facts = schema?.['x-go-fields'];
  if (facts === undefined) return [];
  return facts.split(';').map((text) => {
    const [field = '', flags = '', type = ''] = text.split(' ');
    const property = schema?.properties?.[field] ?? {};
    const { read, zero } = typeOf(definitions, property, type);
    const isPointer = flags.startsWith('p');
    const shape = flags.at(-1) ?? '';
    const omits =
      flags.includes('z') || (flags.includes('o') && (isPointer || !'sc'.includes(shape)));
    return {
      name: field,
      read,
      // An empty list of managed fields asks for a fresh start; writing it never stores it.
      isEmpty: isPointer || field === 'managedFields' ? undefined : emptiness[shape],
      absent: omits ? undefined : isPointer ? () => null : zero,
    };
  });
}

const hasNone = (value: unknown) => Object.keys(value as object).length === 0;
const emptiness: Readonly<Record<string, (value: unknown) => boolean>> = {
  t: (value) => value === '',
  b: (value) => value === '',
  i: (value) => value === 0,
  n: (value) => value === 0,
  f: (value) => value === false,
  // Empty lists and maps do not survive storage: protobuf knows none.
  l: hasNone,
  m: hasNone,
};

function typeOf(definitions: Definitions, schema: Schema, goName: string): GoType {
  const reference = schema.$ref ?? schema.allOf?.[0]?.$ref;
  if (reference !== undefined) {
    return typeNamed(definitions, reference.slice(reference.lastIndexOf('/') + 1));
  }
  switch (schema.type) {
    case 'array':
      return listOf(definitions, schema.items ?? {}, goName);
    case 'object':
      return mapOf(definitions, schema.additionalProperties, goName);
    case 'string':
      return schema.format === 'byte'
        ? { read: readers.bytes, zero: () => null }
        : { read: readers.text(goName), zero: () => '' };
    case 'integer':
      return { read: readers.integer(goName, schema.format === 'int64' ? 64 : 32), zero: () => 0 };
    case 'number':
      return { read: readers.float(goName), zero: () => 0 };
    case 'boolean':
      return { read: readers.flag(goName), zero: () => false };
    default:
      return { read: (value) => value, zero: () => null };
  }
}

function listOf(definitions: Definitions, items: Schema, goName: string): GoType {
  const element = goName.startsWith('[]') ? goName.slice(2).replace(/^\*/, '') : elementName(items);
  const { read, zero } = typeOf(definitions, items, element);
  return {
    zero: () => null,
    read: (value, trail) => {
      if (!Array.isArray(value)) throw trail.wrongType(value, goName, 'slice');
      return value.map((item: unknown, index) => {
        if (item === null) return zero();
        trail.enter(index);
        const result = read(item, trail);
        trail.leave();
        return result;
      });
    },
  };
}

function mapOf(
  definitions: Definitions,
  values: boolean | Schema | undefined,
  goName: string,
): GoType {
  const schema = typeof values === 'object' ? values : {};
  const element = /^map\[[^\]]*\]\*?(.*)$/.exec(goName)?.[1] ?? elementName(schema);
  const { read, zero } = typeOf(definitions, schema, element);
  return {
    zero: () => null,
    read: (value, trail) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw trail.wrongType(value, goName, 'map');
      }
      const entries = Object.entries(value).map(([key, item]: [string, unknown]) => {
        if (item === null) return [key, zero()] as const;
        trail.enter({ key });
        const result = read(item, trail);
        trail.leave();
        return [key, result] as const;
      });
      return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
    },
  };
}

/** The name of a Go type inside a named list or map, which the facts do not spell out. */
function elementName(schema: Schema): string {
  if (schema.type === 'integer') return schema.format ?? 'int32';
  return schema.type === 'boolean' ? 'bool' : 'string';
}
