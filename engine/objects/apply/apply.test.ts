import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadDefinitions } from '../built-in-schemas.ts';
import type { FieldValidation } from '../decode/request-body.ts';
import { readAs } from '../decode/go-codec.ts';
import type { JsonObject } from '../json-value.ts';
import type { KubernetesObject } from '../kubernetes-object.ts';
import { builtInResources } from '../resources.ts';
import { StatusError } from '../status/status-error.ts';
import { readApplyBody } from './apply-body.ts';
import { FieldManager } from './field-manager.ts';
import { withoutIdleTimes } from './idle-times.ts';
import { FieldSet } from './field-set.ts';
import { formatPath } from './path-element.ts';
import { mergeTypeOf } from './merge-type.ts';
import { customResetFields, resetFields } from './reset-fields.ts';
import { parentManagedFields, scaleManagedFields } from './scale-fields.ts';

/** Writes to kube-apiserver 1.37, one after the other, and what it answered. */
interface Scenario {
  readonly title: string;
  readonly kind: string;
  readonly steps: readonly Step[];
}

interface Step {
  readonly rule: string;
  readonly op: 'apply' | 'update';
  readonly manager: string;
  readonly subresource: string;
  readonly force?: boolean;
  readonly configuration?: JsonObject;
  readonly resets?: boolean;
  /** members of `spec` the server fills in after the fields have been tracked */
  readonly givenLater?: readonly string[];
  readonly refused?: {
    readonly code: number;
    readonly reason: string;
    readonly message: string;
    readonly causes: readonly unknown[];
  };
  readonly result?: KubernetesObject;
}

const file = new URL('testdata/scenarios.json', import.meta.url);
const scenarios = JSON.parse(readFileSync(file, 'utf8')) as readonly Scenario[];

async function fieldManager(kind: string, subresource: string): Promise<FieldManager> {
  const resource = builtInResources.find((each) => each.kind === kind);
  if (resource === undefined) throw new Error(kind);
  const definitions = await loadDefinitions(resource);
  const hasStatus = resource.subresources.some(({ name }) => name === 'status');
  return new FieldManager({
    group: resource.group,
    version: resource.version,
    kind,
    subresource,
    type: mergeTypeOf(definitions, definitions[resource.schema] ?? {}),
    empty: readAs(definitions, resource.schema, null).object,
    filter: resetFields(kind, subresource, hasStatus),
    read: (value) => readAs(definitions, resource.schema, value, 'object'),
  });
}

describe.each(scenarios)('$title', ({ kind, steps }) => {
  const lives: (KubernetesObject | undefined)[] = [undefined];
  for (const { result } of steps) lives.push(result ?? lives.at(-1));

  it.each(steps.map((step, index) => ({ ...step, live: lives[index] })))('$rule', async (step) => {
    const { live, manager, result, refused } = step;
    const fields = await fieldManager(kind, step.subresource);
    const write = { live, manager, now: timeOf(result) };
    const run = () => {
      if (step.op === 'apply') {
        return fields.apply(step.configuration ?? {}, { ...write, force: step.force ?? false });
      }
      return fields.update(asSent(step, live), write);
    };
    if (refused !== undefined) {
      const { causes, ...status } = refused;
      expect(run).toThrow(StatusError);
      expect(run).toThrow(expect.objectContaining(status));
      expect(run).toThrow(
        expect.objectContaining({ status: expect.objectContaining({ details: { causes } }) }),
      );
      return;
    }
    const object = run();
    expect(object.metadata.managedFields).toEqual(result?.metadata.managedFields);
    expect(JSON.stringify(object.metadata.managedFields)).toBe(
      JSON.stringify(result?.metadata.managedFields),
    );
    // What the server adds later: defaults, uid, generation.
    const { resourceVersion: _, generation: __, ...metadata } = object.metadata;
    expect(result).toMatchObject({ ...object, metadata });
  });
});

/** The object as a client would have sent it for the server to answer with `result`. */
function asSent(
  { result, resets, givenLater = [] }: Step,
  live: KubernetesObject | undefined,
): KubernetesObject {
  if (result === undefined) throw new Error('an update that was refused');
  const { managedFields: _, ...metadata } = result.metadata;
  const managedFields = resets === true ? [{}] : live?.metadata.managedFields;
  const object: Record<string, unknown> = {
    ...result,
    metadata: { ...metadata, ...(managedFields === undefined ? {} : { managedFields }) },
  };
  if (givenLater.length > 0) {
    const spec = Object.entries(object['spec'] as JsonObject);
    object['spec'] = Object.fromEntries(spec.filter(([key]) => !givenLater.includes(key)));
  }
  return object as unknown as KubernetesObject;
}

describe('readApplyBody', () => {
  const read = (text: string, validation: FieldValidation = 'Warn') =>
    readApplyBody(new TextEncoder().encode(text), validation);

  // Asked of kube-apiserver 1.37 with `PATCH …?fieldManager=m`.
  it.each([
    [
      '[1]',
      'error decoding patch: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}',
    ],
    ['a: b: c', 'error encoding patch: yaml: mapping values are not allowed in this context'],
  ])('refuses %s', (text, message) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 400, message }));
  });

  it('takes nothing for an empty configuration', () => {
    expect(['', 'null'].map((text) => read(text).configuration)).toEqual([{}, {}]);
  });

  it('tells of repeated keys', () => {
    const text = '{"metadata": {"name":"a","name":"b"}}';
    expect(read(text)).toMatchObject({
      configuration: { metadata: { name: 'b' } },
      warnings: ['line 1: key "name" already set in map'],
    });
    expect(read(text, 'Ignore').warnings).toEqual([]);
    expect(read(text, 'Strict').strictError?.message).toBe(
      'error strict decoding patch: error converting YAML to JSON: yaml: unmarshal errors:\n  line 1: key "name" already set in map',
    );
  });
});

// Asked of kube-apiserver 1.37 with `PATCH …?fieldManager=m&dryRun=All`.
describe('a configuration that is not the kind', () => {
  const deployment = (spec: JsonObject) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'ssa' },
    spec,
  });
  const inPod = (spec: JsonObject, metadata: JsonObject = {}) =>
    deployment({ template: { metadata, spec } });

  it.each([
    [deployment({ foo: 1 }), '.spec.foo: field not declared in schema'],
    [deployment({ replicas: 'x' }), '.spec.replicas: expected numeric (int or float), got string'],
    [deployment({ paused: 'x' }), '.spec.paused: expected boolean, got &{x}'],
    [deployment({ template: 'x' }), '.spec.template: expected map, got &{x}'],
    [inPod({ containers: {} }), '.spec.template.spec.containers: expected list, got &{map[]}'],
    [
      inPod({ containers: [{ name: 'a' }, { name: 'a' }] }),
      '.spec.template.spec.containers: duplicate entries for key [name="a"]',
    ],
    [
      inPod({ containers: ['x'] }),
      '.spec.template.spec.containers: element 0: associative list with keys may not have non-map elements',
    ],
    [
      inPod({ containers: [null] }),
      '.spec.template.spec.containers: element 0: associative list with keys may not have a null element',
    ],
    [
      inPod(
        { containers: [{ name: 'c', ports: [{ containerPort: 80 }, { containerPort: 80 }] }] },
        { finalizers: ['a', 'a', { x: 1 }], labels: { a: {}, b: true } },
      ),
      `errors:
  .spec.template.metadata.finalizers: duplicate entries for key [="a"]
  .spec.template.metadata.finalizers: element 2: associative list without keys has an element that's a map type
  .spec.template.metadata.labels.a: expected string, got &value.valueUnstructured{Value:map[string]interface {}{}}
  .spec.template.metadata.labels.b: expected string, got &value.valueUnstructured{Value:true}
  .spec.template.spec.containers[name="c"].ports: duplicate entries for key [containerPort=80,protocol="TCP"]`,
    ],
  ])('%j', async (configuration, problem) => {
    const fields = await fieldManager('Deployment', '');
    const write = { live: undefined, manager: 'm', now: '', force: false };
    expect(() => fields.apply(configuration, write)).toThrow(
      expect.objectContaining({
        code: 500,
        message: `failed to create typed patch object (/ssa; apps/v1, Kind=Deployment): ${problem}`,
      }),
    );
  });

  it.each([
    [
      { ...deployment({}), apiVersion: 'apps/v2' },
      400,
      'invalid object type: apps/v2, Kind=Deployment',
    ],
    [{}, 400, 'invalid object type: /, Kind='],
    [
      { ...deployment({}), metadata: { managedFields: [] } },
      400,
      'metadata.managedFields must be nil',
    ],
    [
      deployment({ replicas: 1.5 }),
      500,
      'failed to convert new object (/ssa; apps/v1, Kind=Deployment) to proper version: unable to convert unstructured object to apps/v1, Kind=Deployment: cannot convert float64 to int32',
    ],
  ])('%j: %i', async (configuration, code, message) => {
    const fields = await fieldManager('Deployment', '');
    const write = { live: undefined, manager: 'm', now: '', force: false };
    expect(() => fields.apply(configuration, write)).toThrow(
      expect.objectContaining({ code, message }),
    );
  });
});

describe('a scale', () => {
  const replicas = ['spec', 'replicas'];
  const entry = (manager: string, fields: JsonObject, rest = {}) => ({
    manager,
    operation: 'Update',
    apiVersion: 'apps/v1',
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
    ...rest,
  });
  const owns = { 'f:spec': { 'f:replicas': {} } };
  const parent = [
    entry('creator', { 'f:spec': { 'f:paused': {}, 'f:replicas': {} } }, { time: 't' }),
  ];

  it('has the owners of the replicas', () => {
    expect(scaleManagedFields(parent, replicas)).toEqual([
      entry('creator', owns, { apiVersion: 'autoscaling/v1', time: 't' }),
    ]);
  });

  it('takes the replicas from the object for whom it was written by', () => {
    const scaled = [
      entry('scaler', owns, { apiVersion: 'autoscaling/v1', subresource: 'scale', time: 'u' }),
    ];
    expect(parentManagedFields(parent, scaled, replicas, 'apps/v1')).toEqual([
      entry('scaler', owns, { subresource: 'scale' }),
      entry('creator', { 'f:spec': { 'f:paused': {} } }, { time: 't' }),
    ]);
  });

  it('leaves the object alone when nobody else wrote it', () => {
    const scale = scaleManagedFields(parent, replicas);
    expect(parentManagedFields(parent, scale, replicas, 'apps/v1')).toEqual(parent);
  });
});

describe('what an endpoint does not let through', () => {
  const all = FieldSet.of(
    ['f:metadata', 'f:labels'],
    ['f:spec', 'f:containers', 'k:{"name":"c"}', 'f:image'],
    ['f:spec', 'f:containers', 'k:{"name":"c"}', 'f:resources', 'f:limits'],
    ['f:status', 'f:phase'],
  );
  const names = (set: FieldSet) => set.paths().map(formatPath);

  it.each([
    ['the resource', resetFields('Pod', '', true), 3],
    ['its status', resetFields('Pod', 'status', true), 2],
    ['a resource without status', resetFields('ConfigMap', '', false), 4],
    ['a custom resource', customResetFields('', true), 3],
    ['its status', customResetFields('status', true), 1],
  ])('%s', (_name, filter, count) => {
    expect(names(filter(all))).toHaveLength(count);
  });

  it('resizes containers alone', () => {
    expect(names(resetFields('Pod', 'resize', true)(all))).toEqual([
      '.spec.containers[name="c"].resources.limits',
    ]);
  });
});

describe('withoutIdleTimes', () => {
  const at = (time: string, labels: Record<string, string> = {}): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { labels, managedFields: [{ manager: 'm', time }] },
  });

  it('takes new times back when nothing else is new', () => {
    expect(withoutIdleTimes(at('new'), at('old'))).toEqual(at('old'));
    expect(withoutIdleTimes(at('new', { a: 'b' }), at('old'))).toEqual(at('new', { a: 'b' }));
  });
});

/** The time of the newest write an object knows of. */
function timeOf(object: KubernetesObject | undefined): string {
  const times = object?.metadata.managedFields?.map(({ time }) => time ?? '') ?? [];
  return times.toSorted().at(-1) ?? '2030-01-01T00:00:00Z';
}
