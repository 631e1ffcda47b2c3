import { resolveSchema, type Definitions, type Schema } from '../schema.ts';

/**
 * How values of a type merge, read off their schema: what a scalar may be, whether lists are owned
 * whole or item by item, whether maps are owned whole or key by key. A type can take several shapes
 * (IntOrString, free-form objects). Follows kube-openapi's `schemaconv`.
 */
export interface MergeType {
  readonly scalar?: 'string' | 'numeric' | 'boolean' | 'untyped';
  readonly list?: ListType;
  readonly map?: MapType;
}

export interface ListType {
  readonly isAtomic: boolean;
  /** the fields that tell items apart; none for a set of scalars */
  readonly keys: readonly string[];
  readonly element: MergeType;
}

export interface MapType {
  readonly isAtomic: boolean;
  /** the type of a declared field */
  field(name: string): MergeType | undefined;
  /** the type of a declared field or of any other key; undefined where there may be none */
  valueType(name: string): MergeType | undefined;
  defaultOf(name: string): unknown;
}

/** Anything, owned whole. */
const atomic: MergeType = {
  scalar: 'untyped',
  get list() {
    return { isAtomic: true, keys: [], element: atomic };
  },
  get map() {
    return anyMap(true, () => atomic);
  },
};

/** Anything: lists are owned whole, maps key by key. */
const deduced: MergeType = {
  scalar: 'untyped',
  get list() {
    return { isAtomic: true, keys: [], element: atomic };
  },
  get map() {
    return anyMap(false, () => deduced);
  },
};

function anyMap(isAtomic: boolean, element: () => MergeType): MapType {
  return { isAtomic, field: () => undefined, valueType: element, defaultOf: () => undefined };
}

/** Types whose schema says less than how they merge. */
const special: Readonly<Record<string, MergeType>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': { scalar: 'untyped' },
  'io.k8s.apimachinery.pkg.runtime.RawExtension': atomic,
};

const caches = new WeakMap<Schema, MergeType>();

/** The merge type of a schema; made once for each schema object. */
export function mergeTypeOf(
  definitions: Definitions,
  schema: Schema,
  preserves = false,
): MergeType {
  const reference = schema.$ref ?? (schema.allOf?.length === 1 ? schema.allOf[0]?.$ref : undefined);
  if (reference !== undefined) {
    const known = special[reference.slice(reference.lastIndexOf('/') + 1)];
    if (known !== undefined) return known;
    const target = mergeTypeOf(definitions, resolveSchema(definitions, schema), preserves);
    return overridden(target, schema['x-kubernetes-map-type']);
  }
  const cached = caches.get(schema);
  if (cached !== undefined) return cached;
  const type = new SchemaType(
    definitions,
    schema,
    preserves || schema['x-kubernetes-preserve-unknown-fields'] === true,
  );
  caches.set(schema, type);
  return type;
}

/** A field can say that the struct it refers to is owned whole, or not. */
function overridden(type: MergeType, mapType: 'atomic' | 'granular' | undefined): MergeType {
  if (mapType === undefined || type.map === undefined) return type;
  const { map } = type;
  return {
    map: {
      isAtomic: mapType === 'atomic',
      field: (name) => map.field(name),
      valueType: (name) => map.valueType(name),
      defaultOf: (name) => map.defaultOf(name),
    },
  };
}

class SchemaType implements MergeType {
  readonly scalar?: 'string' | 'numeric' | 'boolean' | 'untyped';
  readonly list?: ListType;
  readonly map?: MapType;

  constructor(definitions: Definitions, schema: Schema, preserves: boolean) {
    switch (schema.type) {
      case 'integer':
      case 'number':
        this.scalar = 'numeric';
        break;
      case 'boolean':
        this.scalar = 'boolean';
        break;
      case 'string':
        this.scalar = ['', 'byte', undefined].includes(schema.format) ? 'string' : 'untyped';
        break;
      case 'array':
        this.list = new SchemaList(definitions, schema, preserves);
        break;
      case 'object':
        this.map = new SchemaMap(definitions, schema, preserves);
        break;
      case undefined:
        this.scalar = 'untyped';
        this.list = new SchemaList(definitions, schema, preserves);
        this.map = new SchemaMap(definitions, schema, preserves);
        break;
    }
  }
}

class SchemaList implements ListType {
  readonly isAtomic: boolean;
  readonly keys: readonly string[];
  readonly #make: () => MergeType;
  #element: MergeType | undefined;

  constructor(definitions: Definitions, schema: Schema, preserves: boolean) {
    const listType = schema['x-kubernetes-list-type'];
    const merges = (schema['x-kubernetes-patch-strategy'] ?? '').split(',').includes('merge');
    this.isAtomic = listType === undefined ? !merges : listType === 'atomic';
    if (listType === 'map') {
      this.keys = schema['x-kubernetes-list-map-keys'] ?? [];
    } else {
      const key = schema['x-kubernetes-patch-merge-key'];
      this.keys = listType === undefined && merges && key !== undefined ? [key] : [];
    }
    const { items } = schema;
    this.#make = () => (items === undefined ? atomic : mergeTypeOf(definitions, items, preserves));
  }

  /** Made when asked for: types refer to each other in circles. */
  get element(): MergeType {
    return (this.#element ??= this.#make());
  }
}

class SchemaMap implements MapType {
  readonly isAtomic: boolean;
  readonly #definitions: Definitions;
  readonly #properties: Readonly<Record<string, Schema>>;
  readonly #preserves: boolean;
  readonly #others: () => MergeType | undefined;
  readonly #fields = new Map<string, MergeType | undefined>();

  constructor(definitions: Definitions, schema: Schema, preserves: boolean) {
    this.isAtomic = schema['x-kubernetes-map-type'] === 'atomic';
    this.#definitions = definitions;
    this.#properties = schema.properties ?? {};
    this.#preserves = preserves;
    const { additionalProperties: others } = schema;
    const isFree = preserves || Object.keys(this.#properties).length === 0;
    this.#others = () => {
      if (typeof others === 'object') return mergeTypeOf(definitions, others, preserves);
      return (others === undefined ? isFree : others) ? deduced : undefined;
    };
  }

  field(name: string): MergeType | undefined {
    if (this.#fields.has(name)) return this.#fields.get(name);
    const schema = Object.hasOwn(this.#properties, name) ? this.#properties[name] : undefined;
    // Other keys are not remembered: there can be any number of them.
    if (schema === undefined) return undefined;
    const type = mergeTypeOf(this.#definitions, schema, this.#preserves);
    this.#fields.set(name, type);
    return type;
  }

  valueType(name: string): MergeType | undefined {
    return this.field(name) ?? this.#others();
  }

  defaultOf(name: string): unknown {
    return Object.hasOwn(this.#properties, name) ? this.#properties[name]?.default : undefined;
  }
}
