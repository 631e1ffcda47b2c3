import type { BuiltInResource } from '../resources.ts';
import type { Definitions, GroupVersionKind, Schema } from '../schema.ts';
import { Parameters } from './parameters.ts';
import { groupTag, groupVersionPath } from './names.ts';
import type { PathsOptions } from './operation-maker.ts';
import { resourcePaths } from './paths.ts';
import { respond } from './responses.ts';
import type { OpenApiDocument, PathItem } from './types.ts';

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** The document of a built-in group-version: `/openapi/v3/apis/apps/v1`. */
export function groupVersionDocument(
  groupVersion: { readonly group: string; readonly version: string },
  resources: readonly BuiltInResource[],
  definitions: Definitions,
): OpenApiDocument {
  const { group, version } = groupVersion;
  const options: PathsOptions = {
    group,
    version,
    parameters: new Parameters(definitions),
    flavour: 'builtIn',
    schemaOf: (kind) => schemaName(definitions, kind),
  };
  const tag = groupTag(group, version);
  const paths: Record<string, PathItem> = {
    [`${groupVersionPath(groupVersion)}/`]: {
      get: {
        tags: [tag.name],
        description: 'get available resources',
        operationId: `get${tag.id}APIResources`,
        responses: builtInResponses(`${meta}.APIResourceList`),
      },
    },
  };
  for (const resource of resources) Object.assign(paths, resourcePaths(resource, options));
  return finishDocument(paths, definitions, groupVersion);
}

/** The document of a group: `/openapi/v3/apis/apps`. */
export function groupDocument(group: string, definitions: Definitions): OpenApiDocument {
  const tag = groupTag(group, '');
  return finishDocument(
    {
      [`/apis/${group}/`]: {
        get: {
          tags: [tag.name],
          description: 'get information of a group',
          operationId: `get${tag.id}APIGroup`,
          responses: builtInResponses(`${meta}.APIGroup`),
        },
      },
    },
    definitions,
  );
}

/** `/openapi/v3/api` and `/openapi/v3/apis`. */
export function rootDocument(path: 'api' | 'apis', definitions: Definitions): OpenApiDocument {
  const isCore = path === 'api';
  return finishDocument(
    {
      [`/${path}/`]: {
        get: {
          tags: [isCore ? 'core' : 'apis'],
          description: 'get available API versions',
          operationId: isCore ? 'getCoreAPIVersions' : 'getAPIVersions',
          responses: builtInResponses(`${meta}.${isCore ? 'APIVersions' : 'APIGroupList'}`),
        },
      },
    },
    definitions,
  );
}

/** `/openapi/v3/version`. */
export function versionDocument(definitions: Definitions): OpenApiDocument {
  const schema = { $ref: '#/components/schemas/io.k8s.apimachinery.pkg.version.Info' };
  return finishDocument(
    {
      '/version/': {
        get: {
          tags: ['version'],
          description: 'get the version information for this server',
          operationId: 'getCodeVersion',
          responses: respond(['200'], ['application/json'], schema),
        },
      },
    },
    definitions,
  );
}

/** Documents about the issuer of service account tokens, by name below `/openapi/v3/`. */
export function issuerDocuments(): Readonly<Record<string, OpenApiDocument>> {
  const document = (path: string, tag: string, what: string, id: string, type: string) =>
    finishDocument(
      {
        [`/${path}/`]: {
          get: {
            tags: [tag],
            description: what,
            operationId: id,
            responses: respond(['200'], [type], { type: 'string' }),
          },
        },
      },
      {},
    );
  const configuration = '.well-known/openid-configuration';
  return {
    [configuration]: document(
      configuration,
      'WellKnown',
      "get service account issuer OpenID configuration, also known as the 'OIDC discovery doc'",
      'getServiceAccountIssuerOpenIDConfiguration',
      'application/json',
    ),
    'openid/v1/jwks': document(
      'openid/v1/jwks',
      'openid',
      'get service account issuer OpenID JSON Web Key Set (contains public token verification keys)',
      'getServiceAccountIssuerOpenIDKeyset',
      'application/jwk-set+json',
    ),
  };
}

function builtInResponses(schema: string) {
  const types = ['application/json', 'application/vnd.kubernetes.protobuf', 'application/yaml'];
  return respond(['200'], types, { $ref: `#/components/schemas/${schema}` });
}

/** The name of the schema of a kind, known by the extension it carries. */
function schemaName(definitions: Definitions, { group, version, kind }: GroupVersionKind): string {
  for (const [name, schema] of Object.entries(definitions)) {
    const kinds = schema['x-kubernetes-group-version-kind'] ?? [];
    const matches = kinds.some(
      (each) => each.group === group && each.version === version && each.kind === kind,
    );
    if (matches) return name;
  }
  throw new Error(`no schema of ${group}/${version} ${kind}`);
}

/** A document of these paths with the schemas they refer to, all in the order Go prints maps. */
export function finishDocument(
  paths: Readonly<Record<string, PathItem>>,
  definitions: Definitions,
  groupVersion?: { readonly group: string; readonly version: string },
): OpenApiDocument {
  const schemas = collectSchemas(paths, definitions, groupVersion);
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: '1.37' },
    paths: sortMembers(paths),
    components: {
      ...(Object.keys(schemas).length === 0 ? {} : { schemas }),
      securitySchemes: {
        BearerToken: {
          type: 'apiKey',
          description: 'Bearer Token authentication',
          name: 'authorization',
          in: 'header',
        },
      },
    },
  };
}

const reference = /"\$ref":"#\/components\/schemas\/([^"]+)"/g;

function collectSchemas(
  paths: unknown,
  definitions: Definitions,
  groupVersion: { readonly group: string; readonly version: string } | undefined,
): Readonly<Record<string, Schema>> {
  const found: Record<string, Schema> = {};
  const visit = (value: unknown) => {
    for (const [, name = ''] of JSON.stringify(value).matchAll(reference)) {
      const schema = definitions[name];
      if (schema === undefined || Object.hasOwn(found, name)) continue;
      const { 'x-go-fields': _, ...documented } = schema;
      found[name] = withOwnKind(name, documented, groupVersion);
      visit(documented);
    }
  };
  visit(paths);
  return sortMembers(found);
}

/** Types of every group-version's requests say so for the document's own. */
function withOwnKind(
  name: string,
  schema: Schema,
  groupVersion: { readonly group: string; readonly version: string } | undefined,
): Schema {
  const kind = name.slice(name.lastIndexOf('.') + 1);
  const isShared = name === `${meta}.DeleteOptions` || name === `${meta}.WatchEvent`;
  if (!isShared || groupVersion === undefined || groupVersion.group === '') return schema;
  const { group, version } = groupVersion;
  const kinds = schema['x-kubernetes-group-version-kind'] ?? [];
  return { ...schema, 'x-kubernetes-group-version-kind': [...kinds, { group, kind, version }] };
}

function sortMembers<Value>(members: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(members).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
