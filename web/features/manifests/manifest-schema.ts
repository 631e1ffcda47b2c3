import type { JSONSchema } from 'monaco-yaml';
import type { Client } from '../../../engine/client/client.ts';
import { formatApiVersion } from '../../../engine/objects/kubernetes-object.ts';
import type { KindName } from './manifest-text.ts';

interface OpenApiIndex {
  readonly paths: Readonly<Record<string, { readonly serverRelativeURL: string }>>;
}

interface ServedKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

type ServedSchema = JSONSchema & {
  readonly 'x-kubernetes-group-version-kind'?: readonly ServedKind[];
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
};

interface OpenApiDocument {
  readonly components?: { readonly schemas?: Readonly<Record<string, ServedSchema>> };
}

/** What the API server says of its kinds (OpenAPI v3), as a JSON schema for manifests. */
export class ManifestSchemas {
  readonly #client: Client;
  readonly #documents = new Map<string, Promise<OpenApiDocument>>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** Of a text that names these kinds, as they are served now; those that are not are marked. */
  async schemaFor(kinds: readonly KindName[]): Promise<JSONSchema> {
    const { paths } = await this.#read<OpenApiIndex>('/openapi/v3');
    const versions = [...new Set(kinds.map(({ apiVersion }) => apiVersion))];
    const documents = await Promise.all(
      versions
        .flatMap((version) => paths[pathOf(version)] ?? [])
        .map(({ serverRelativeURL }) => this.#document(serverRelativeURL)),
    );
    const served = Object.keys(paths).flatMap((path) => apiVersionOf(path) ?? []);
    return manifestSchema(kinds, served, documents);
  }

  /** The address names the contents: what was read once does not change. */
  #document(address: string): Promise<OpenApiDocument> {
    const document = this.#documents.get(address) ?? this.#read<OpenApiDocument>(address);
    this.#documents.set(address, document);
    document.catch(() => this.#documents.delete(address));
    return document;
  }

  async #read<Answer>(path: string): Promise<Answer> {
    return JSON.parse(await this.#client.getText(path, { accept: 'application/json' })) as Answer;
  }
}

const pathOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`;

function apiVersionOf(path: string): string | undefined {
  const [, group, version] = /^apis\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  if (group !== undefined) return `${group}/${version}`;
  return /^api\/([^/]+)$/.exec(path)?.[1];
}

/** @param served every group and version there is */
export function manifestSchema(
  kinds: readonly KindName[],
  served: readonly string[],
  documents: readonly OpenApiDocument[],
): JSONSchema {
  const schemas = Object.assign(
    {},
    ...documents.map(({ components }) => components?.schemas ?? {}),
  ) as Record<string, ServedSchema>;
  const definitions = Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, strict(schema) as JSONSchema]),
  );
  /** names of definitions by version and kind */
  const names = new Map<string, string>();
  for (const [name, { 'x-kubernetes-group-version-kind': of = [] }] of Object.entries(schemas)) {
    const [first] = of;
    // Options of requests are in every group.
    if (first !== undefined && of.length === 1)
      names.set(`${formatApiVersion(first)} ${first.kind}`, name);
  }
  const kindsOf = (apiVersion: string): readonly string[] => [
    ...[...names.keys()].flatMap((key) => {
      const [version, kind = ''] = key.split(' ');
      return version === apiVersion ? kind : [];
    }),
    ...(apiVersion === 'v1' ? ['List'] : []),
  ];
  const versions = new Set(kinds.map(({ apiVersion }) => apiVersion));
  return {
    type: 'object',
    required: ['apiVersion', 'kind', 'metadata'],
    properties: {
      apiVersion: { type: 'string', enum: [...new Set(served)] },
      kind: { type: 'string' },
    },
    allOf: [
      ...[...versions].map((apiVersion) =>
        when({ apiVersion }, { properties: { kind: { enum: [...kindsOf(apiVersion)] } } }),
      ),
      ...kinds.flatMap(({ apiVersion, kind }) => {
        const name = names.get(`${apiVersion} ${kind}`);
        return name === undefined
          ? []
          : when({ apiVersion, kind }, { $ref: `#/definitions/${name}` });
      }),
    ],
    definitions,
  };
}

/** What holds of an object with these fields. */
export function when(fields: Readonly<Record<string, string>>, schema: JSONSchema): JSONSchema {
  const names = Object.keys(fields);
  const properties = Object.fromEntries(names.map((name) => [name, { const: fields[name] }]));
  // oxlint-disable-next-line unicorn/no-thenable -- the word of JSON schema
  return { if: { required: names, properties }, then: schema };
}

/** Fields that are not known are wrong, as for a server that validates strictly; references lead to definitions. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map((each) => strict(each));
  if (typeof schema !== 'object' || schema === null) return schema;
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(schema)) {
    if (name === '$ref')
      result[name] = String(value).replace('#/components/schemas/', '#/definitions/');
    // Of an object without a value in the manifest it says nothing.
    else if (name !== 'default') result[name] = strict(value);
  }
  const { properties, additionalProperties, type } = schema as ServedSchema;
  const isOpen = (schema as ServedSchema)['x-kubernetes-preserve-unknown-fields'] === true;
  // A schema whose properties are schemas, not the field `properties` of one.
  if (
    type === 'object' &&
    properties !== undefined &&
    additionalProperties === undefined &&
    !isOpen
  )
    result['additionalProperties'] = false;
  return result;
}
