import type { CustomResource } from '../custom/custom-resource.ts';
import type { Definitions, Schema } from '../schema.ts';
import { conventions, publishedSchema } from '../custom/published-schema.ts';
import { finishDocument } from './document.ts';
import { Parameters } from './parameters.ts';
import type { PathsOptions } from './operation-maker.ts';
import { resourcePaths } from './paths.ts';
import type { OpenApiDocument, PathItem } from './types.ts';

/**
 * The document of a group-version of custom resources: `/openapi/v3/apis/example.com/v1`.
 * `definitions` are those of meta/v1 and, for scales, autoscaling/v1.
 */
export function customDocument(
  groupVersion: { readonly group: string; readonly version: string },
  resources: readonly CustomResource[],
  definitions: Definitions,
): OpenApiDocument {
  const { group, version } = groupVersion;
  const prefix = [...group.split('.').toReversed(), version].join('.');
  const own: Record<string, Schema> = {};
  for (const { kind, listKind, plural, schema } of resources) {
    own[`${prefix}.${kind}`] = {
      ...publishedSchema(schema),
      'x-kubernetes-group-version-kind': [{ group, kind, version }],
    };
    own[`${prefix}.${listKind}`] = listSchema(`${prefix}.${kind}`, kind, plural, {
      group,
      kind: listKind,
      version,
    });
  }
  const listKinds = new Map(resources.map(({ kind, listKind }) => [`${kind}List`, listKind]));
  const options: PathsOptions = {
    group,
    version,
    parameters: new Parameters(definitions),
    flavour: 'custom',
    schemaOf: ({ kind }) =>
      kind === 'Scale'
        ? 'io.k8s.api.autoscaling.v1.Scale'
        : `${prefix}.${listKinds.get(kind) ?? kind}`,
  };
  const paths: Record<string, PathItem> = {};
  for (const resource of resources) Object.assign(paths, resourcePaths(resource, options));
  const document = finishDocument(paths, { ...definitions, ...own });
  const { schemas = {} } = document.components;
  return {
    ...document,
    info: { title: 'Kubernetes CRD Swagger', version: 'v0.1.0' },
    components: { schemas },
  };
}

function listSchema(
  item: string,
  kind: string,
  plural: string,
  of: { readonly group: string; readonly kind: string; readonly version: string },
): Schema {
  const { properties = {} } = publishedSchema({});
  const { apiVersion = {}, kind: kindSchema = {} } = properties;
  return {
    description: `${of.kind} is a list of ${kind}`,
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion,
      items: {
        description: `List of ${plural}. More info: ${conventions}`,
        type: 'array',
        items: { $ref: `#/components/schemas/${item}` },
      },
      kind: kindSchema,
      metadata: {
        description: `Standard list metadata. More info: ${conventions}#types-kinds`,
        allOf: [{ $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta' }],
      },
    },
    'x-kubernetes-group-version-kind': [of],
  };
}
