import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../json-value.ts';
import { standardVerbs } from '../resources.ts';
import { builtInHashes } from './built-in-hashes.ts';
import type { CustomResource } from '../custom/custom-resource.ts';
import { OpenApi } from './open-api.ts';

const widgets: CustomResource = {
  group: 'example.com',
  version: 'v1',
  kind: 'Widget',
  listKind: 'WidgetList',
  plural: 'widgets',
  singular: 'widget',
  shortNames: [],
  categories: [],
  namespaced: true,
  verbs: standardVerbs,
  subresources: [
    { name: 'status', kind: 'Widget', verbs: ['get', 'patch', 'update'] },
    {
      name: 'scale',
      kind: 'Scale',
      group: 'autoscaling',
      version: 'v1',
      verbs: ['get', 'patch', 'update'],
    },
  ],
  schema: {
    type: 'object',
    description: 'A widget.',
    properties: {
      spec: {
        type: 'object',
        properties: {
          size: { type: 'integer', minimum: 1, default: 3 },
          port: { 'x-kubernetes-int-or-string': true },
          pod: { type: 'object', 'x-kubernetes-embedded-resource': true },
        },
      },
    },
  },
};

const textOf = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

async function read(api: OpenApi, name: string): Promise<JsonObject> {
  const printed = await api.document(name);
  return JSON.parse(textOf(printed?.bytes)) as JsonObject;
}

function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const key of path) found = isJsonObject(found) ? found[key] : undefined;
  return found;
}

describe('OpenApi', () => {
  it('prints built-in documents as the real server does', async () => {
    const api = new OpenApi();
    const hashes: Record<string, string | undefined> = {};
    for (const name of Object.keys(builtInHashes)) {
      const printed = await api.document(name);
      hashes[name] = printed?.hash;
    }
    expect(hashes).toEqual(builtInHashes);
  });

  it('lists its documents', async () => {
    const api = new OpenApi();
    api.setCustomResources([widgets]);
    const { paths } = await api.index();
    expect(paths['apis/apps/v1']?.serverRelativeURL).toBe(
      `/openapi/v3/apis/apps/v1?hash=${builtInHashes['apis/apps/v1']}`,
    );
    const custom = await api.document('apis/example.com/v1');
    expect(paths['apis/example.com/v1']?.serverRelativeURL).toBe(
      `/openapi/v3/apis/example.com/v1?hash=${custom?.hash}`,
    );
    expect(api.document('apis/none/v1')).toBeUndefined();
  });

  it('documents custom resources', async () => {
    const api = new OpenApi();
    api.setCustomResources([widgets]);
    const document = await read(api, 'apis/example.com/v1');
    expect(Object.keys(at(document, 'paths') as object)).toEqual([
      '/apis/example.com/v1/namespaces/{namespace}/widgets',
      '/apis/example.com/v1/namespaces/{namespace}/widgets/{name}',
      '/apis/example.com/v1/namespaces/{namespace}/widgets/{name}/scale',
      '/apis/example.com/v1/namespaces/{namespace}/widgets/{name}/status',
      '/apis/example.com/v1/widgets',
    ]);
    const schemas = at(document, 'components', 'schemas');
    expect(at(schemas, 'com.example.v1.Widget')).toMatchObject({
      description: 'A widget.',
      properties: {
        metadata: {
          allOf: [{ $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' }],
        },
        spec: {
          properties: {
            port: { anyOf: [{ type: 'integer' }, { type: 'string' }] },
            pod: { required: ['kind', 'apiVersion'] },
          },
        },
      },
      'x-kubernetes-group-version-kind': [{ group: 'example.com', kind: 'Widget', version: 'v1' }],
    });
    expect(at(schemas, 'com.example.v1.WidgetList', 'properties', 'items', 'items')).toEqual({
      $ref: '#/components/schemas/com.example.v1.Widget',
    });
  });

  it('drops custom resources that are gone', async () => {
    const api = new OpenApi();
    api.setCustomResources([widgets]);
    const before = await api.documentV2();
    api.setCustomResources([]);
    const after = await api.documentV2();
    expect(api.document('apis/example.com/v1')).toBeUndefined();
    expect(
      [before, after].map(({ bytes }) => textOf(bytes).includes('com.example.v1.Widget')),
    ).toEqual([true, false]);
  });

  it('has all of it in the older format', async () => {
    const { bytes } = await new OpenApi().documentV2();
    const text = textOf(bytes);
    const document: unknown = JSON.parse(text);
    expect(Object.keys(at(document, 'paths') as object)).toHaveLength(432);
    expect(Object.keys(at(document, 'definitions') as object)).toHaveLength(624);
    expect(at(document, 'definitions', 'io.k8s.apimachinery.pkg.api.resource.Quantity')).toEqual({
      description: expect.stringContaining('Quantity is a fixed-point representation') as string,
      type: 'string',
    });
    expect(
      at(document, 'definitions', 'io.k8s.api.apps.v1.Deployment', 'properties', 'spec'),
    ).toEqual({
      description: 'Specification of the desired behavior of the Deployment.',
      $ref: '#/definitions/io.k8s.api.apps.v1.DeploymentSpec',
    });
    expect(Object.keys(at(document, 'parameters') as JsonObject)).toHaveLength(47);
    expect(at(document, 'parameters', 'allowWatchBookmarks-HC2hJt-J', 'type')).toBe('boolean');
    expect(text).not.toContain('x-go-fields');
    expect(text).not.toContain('#/components/');
  });
});
