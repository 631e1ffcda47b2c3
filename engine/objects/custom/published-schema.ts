import type { Schema } from '../schema.ts';

export const conventions =
  'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md';

/**
 * The schema of a custom resource as the server publishes it and merges by: with the members every
 * object has, and keywords in the order Go prints them.
 */
export function publishedSchema(schema: Schema): Schema {
  return documentedObject(schema, false);
}

function documentedObject(schema: Schema, isEmbedded: boolean): Schema {
  const word = (name: string) => (isEmbedded ? name.charAt(0).toLowerCase() + name.slice(1) : name);
  const own = Object.entries(schema.properties ?? {}).filter(
    ([name]) => !['apiVersion', 'kind', 'metadata'].includes(name),
  );
  const more = isEmbedded
    ? ''
    : ' Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values.';
  const inferred = isEmbedded
    ? 'is a string value representing the type of this object. In CamelCase.'
    : 'is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase.';
  const properties: [string, Schema][] = [
    [
      'apiVersion',
      {
        description: `${word('APIVersion').replace('aPI', 'api')} defines the versioned schema of this representation of an object.${more} More info: ${conventions}#resources`,
        type: 'string',
      },
    ],
    [
      'kind',
      {
        description: `${word('Kind')} ${inferred} More info: ${conventions}#types-kinds`,
        type: 'string',
      },
    ],
    [
      'metadata',
      {
        description: `Standard object's metadata. More info: ${conventions}#metadata`,
        allOf: [{ $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' }],
      },
    ],
    ...own.map(([name, property]): [string, Schema] => [name, documented(property)]),
  ];
  return arrange({
    ...schema,
    type: 'object',
    ...(isEmbedded ? { required: ['kind', 'apiVersion', ...(schema.required ?? [])] } : {}),
    properties: Object.fromEntries(properties.toSorted(([a], [b]) => (a < b ? -1 : 1))),
  });
}

function documented(schema: Schema): Schema {
  if (schema['x-kubernetes-embedded-resource'] === true) return documentedObject(schema, true);
  const { properties, items, additionalProperties } = schema;
  const isEither = schema['x-kubernetes-int-or-string'] === true && schema.anyOf === undefined;
  return arrange({
    ...schema,
    ...(isEither ? { anyOf: [{ type: 'integer' }, { type: 'string' }] } : {}),
    ...(items === undefined ? {} : { items: documented(items) }),
    ...(typeof additionalProperties === 'object'
      ? { additionalProperties: documented(additionalProperties) }
      : {}),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties)
              .toSorted(([a], [b]) => (a < b ? -1 : 1))
              .map(([name, property]) => [name, documented(property)]),
          ),
        }),
  });
}

/** Keywords in the order Go prints them; extensions come last, sorted. */
const order = [
  'description',
  'type',
  'nullable',
  'format',
  'title',
  'default',
  'maximum',
  'exclusiveMaximum',
  'minimum',
  'exclusiveMinimum',
  'maxLength',
  'minLength',
  'pattern',
  'maxItems',
  'minItems',
  'uniqueItems',
  'multipleOf',
  'enum',
  'maxProperties',
  'minProperties',
  'required',
  'items',
  'allOf',
  'oneOf',
  'anyOf',
  'not',
  'properties',
  'additionalProperties',
] as const;

function arrange(schema: Schema): Schema {
  const rank = (key: string) => {
    const index = (order as readonly string[]).indexOf(key);
    return index === -1 ? `z${key}` : `a${String(index).padStart(2, '0')}`;
  };
  return Object.fromEntries(
    Object.entries(schema).toSorted(([a], [b]) => (rank(a) < rank(b) ? -1 : 1)),
  );
}
