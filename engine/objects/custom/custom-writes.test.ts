import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../kubernetes-object.ts';
import { patchObject, type PatchType } from '../patch/patch.ts';
import { StatusError } from '../status/status-error.ts';
import { CustomKind } from './custom-kind.ts';
import type { CustomResource } from './custom-resource.ts';

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
  verbs: [],
  subresources: [{ name: 'status', kind: 'Widget', verbs: ['get', 'patch', 'update'] }],
  schema: {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          size: { type: 'integer', default: 3 },
          items: {
            type: 'array',
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['name'],
            items: {
              type: 'object',
              required: ['name'],
              properties: { name: { type: 'string' }, value: { type: 'string', default: 'x' } },
            },
          },
          template: {
            type: 'object',
            'x-kubernetes-embedded-resource': true,
            'x-kubernetes-preserve-unknown-fields': true,
          },
        },
      },
      status: { type: 'object', properties: { phase: { type: 'string' } } },
    },
  },
};

const kind = await CustomKind.load(widgets);
const now = '2026-11-26T08:42:49Z';

function widget(spec: unknown, extra: object = {}) {
  return { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' }, spec, ...extra };
}

function create(): KubernetesObject {
  const body = new TextEncoder().encode(
    JSON.stringify(widget({ size: 2, items: [{ name: 'a' }] }, { status: { phase: 'x' } })),
  );
  const { object } = kind.decode(body, 'json', 'Strict');
  return kind.fieldManager('').update(object, { live: undefined, manager: 'curl', now });
}

function refusal(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    if (error instanceof StatusError) return [error.code, error.message];
    throw error;
  }
  throw new Error('not refused');
}

describe('fields of a custom resource have managers', () => {
  const apply = (spec: unknown, force = false) =>
    kind.fieldManager('').apply(widget(spec), { live: create(), manager: 'a', now, force });

  it('knows whose they are, with defaults and keyed items, but not of a status that is not written', () => {
    expect(create().metadata.managedFields).toEqual([
      {
        manager: 'curl',
        operation: 'Update',
        apiVersion: 'example.com/v1',
        time: now,
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:spec': {
            '.': {},
            'f:items': {
              '.': {},
              'k:{"name":"a"}': { '.': {}, 'f:name': {}, 'f:value': {} },
            },
            'f:size': {},
          },
        },
      },
    ]);
  });

  it('tells of conflicts', () => {
    expect(refusal(() => apply({ size: 3 }))).toEqual([
      409,
      'Apply failed with 1 conflict: conflict with "curl" using example.com/v1: .spec.size',
    ]);
    expect(apply({ size: 3, items: [{ name: 'b' }] }, true)).toMatchObject({
      spec: { size: 3, items: [{ name: 'a' }, { name: 'b', value: 'x' }] },
    });
  });

  it('refuses what the schema does not declare', () => {
    const prefix = 'failed to create typed patch object (/w; example.com/v1, Kind=Widget): ';
    expect(refusal(() => apply({ foo: 1 }))).toEqual([
      500,
      `${prefix}.spec.foo: field not declared in schema`,
    ]);
    expect(refusal(() => apply({ size: 'x' }))).toEqual([
      500,
      `${prefix}.spec.size: expected numeric (int or float), got string`,
    ]);
    const template = { apiVersion: 'v1', kind: 'Pod', metadata: { foo: 'x' } };
    expect(refusal(() => apply({ template }))).toEqual([
      500,
      `${prefix}.spec.template.metadata.foo: field not declared in schema`,
    ]);
  });

  it('owns the status through its endpoint', () => {
    const status = widget({}, { spec: undefined, status: { phase: 'z' } });
    const applied = kind
      .fieldManager('status')
      .apply(JSON.parse(JSON.stringify(status)) as typeof status, {
        live: create(),
        manager: 'a',
        now,
        force: true,
      });
    expect(applied.metadata.managedFields?.[0]).toMatchObject({
      manager: 'a',
      operation: 'Apply',
      subresource: 'status',
      fieldsV1: { 'f:status': { 'f:phase': {} } },
    });
  });
});

describe('patches of a custom resource', () => {
  const patch = (body: unknown, type: PatchType = 'merge-patch') =>
    patchObject({
      type,
      bytes: new TextEncoder().encode(JSON.stringify(body)),
      live: { ...create(), metadata: { name: 'w' } },
      read: (value) => kind.read(value),
      validation: 'Warn',
    });

  it('leave out what the schema does not know', () => {
    const { object, warnings } = patch({ spec: { foo: 1, size: 5 }, zz: 1 });
    expect(object).toMatchObject({ spec: { size: 5 } });
    expect(object).not.toHaveProperty('zz');
    expect(warnings).toEqual(['unknown field "spec.foo"', 'unknown field "zz"']);
  });

  it.each([
    [
      { metadata: { labels: { a: 1 } } },
      'json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string',
    ],
    [
      { kind: 5 },
      "couldn't get version/kind; json parse error: json: cannot unmarshal number into Go struct field .kind of type string",
    ],
    [{ apiVersion: 'x/v1/v2' }, 'unexpected GroupVersion string: x/v1/v2'],
    [{ metadata: 'x' }, 'json: cannot unmarshal string into Go value of type v1.ObjectMeta'],
    [
      { spec: { template: { metadata: 'x' } } },
      'spec.template.metadata: Invalid value: "x": json: cannot unmarshal string into Go value of type v1.ObjectMeta',
    ],
  ])('%j is refused', (body, why) => {
    const [code, message] = refusal(() => patch(body)) as [number, string];
    expect(code).toBe(422);
    expect(message.endsWith(`: ${why}`)).toBe(true);
  });

  it('cannot take the version away', () => {
    expect(refusal(() => patch({ apiVersion: null }))).toEqual([
      500,
      "Internal error occurred: Object 'apiVersion' is missing in 'object has no apiVersion field'",
    ]);
  });
});
