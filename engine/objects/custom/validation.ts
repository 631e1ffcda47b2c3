import { goFormat, goTypeName } from '../go-text.ts';
import { isJsonObject, ownValue, type JsonObject } from '../json-value.ts';
import { formatApiVersion, type KubernetesObject } from '../kubernetes-object.ts';
import { FieldError } from '../validation/field-error.ts';
import {
  anyObjectMeta,
  anyObjectMetaUpdate,
  pathSegmentName,
  subdomainName,
} from '../validation/metadata.ts';
import { Place } from '../validation/place.ts';
import type { CustomResource, ScalePaths } from './custom-resource.ts';
import { embeddedErrors } from './embedded.ts';
import { listTypeErrors } from './list-types.ts';
import { schemaErrors } from './validate-schema.ts';

/** Checks `x-kubernetes-validations` (see `rules/`); a schema without any has no check. */
export type RuleCheck = (object: JsonObject, old?: JsonObject) => readonly FieldError[];

/** What is wrong with a custom resource that is to be created. */
export function validateCustomCreate(
  resource: CustomResource,
  object: KubernetesObject,
  checkRules: RuleCheck | undefined,
): readonly FieldError[] {
  const wrongType = typeMetaErrors(resource, object);
  if (wrongType.length > 0) return wrongType;
  const content = object as unknown as JsonObject;
  const { namespaced, schema, scale } = resource;
  const at = Place.root();
  anyObjectMeta(object.metadata, at.child('metadata'), { namespaced, nameRule: subdomainName });
  const errors = [
    ...at.errors,
    ...schemaErrors(content, schema),
    ...scaleErrors(content, scale, ['spec', 'status']),
    ...embeddedErrors(content, schema),
    ...listTypeErrors(content, schema),
  ];
  return checkRules === undefined ? errors : withRules(errors, () => checkRules(content));
}

/** What is wrong with a change of `old` to `object`, by the main resource or its status. */
export function validateCustomUpdate(
  resource: CustomResource,
  object: KubernetesObject,
  old: KubernetesObject,
  subresource: string,
  checkRules: RuleCheck | undefined,
): readonly FieldError[] {
  const wrongType = typeMetaErrors(resource, object);
  const content = object as unknown as JsonObject;
  const before = old as unknown as JsonObject;
  const { namespaced, schema, scale } = resource;
  const at = Place.root();
  const meta = at.child('metadata');
  // Upstream checks metadata as of any object, then changes once more as of a custom resource.
  anyObjectMeta(object.metadata, meta, { namespaced, nameRule: pathSegmentName });
  anyObjectMetaUpdate(object.metadata, old.metadata, meta);
  if (wrongType.length > 0) return [...at.errors, ...wrongType];
  anyObjectMetaUpdate(object.metadata, old.metadata, meta);
  const isStatus = subresource === 'status';
  // Duplicates that were there before may stay.
  const duplicates =
    listTypeErrors(before, schema).length > 0 ? [] : listTypeErrors(content, schema);
  const errors = [
    ...at.errors,
    ...(isStatus ? statusErrors(resource, content, before) : schemaErrors(content, schema, before)),
    ...scaleErrors(content, scale, isStatus ? ['status'] : ['spec', 'status']),
    ...(isStatus ? [] : embeddedErrors(content, schema)),
    ...duplicates,
  ];
  return checkRules === undefined ? errors : withRules(errors, () => checkRules(content, before));
}

function typeMetaErrors(resource: CustomResource, object: KubernetesObject): FieldError[] {
  const { kind, apiVersion } = object;
  const expected = formatApiVersion(resource);
  const errors: FieldError[] = [];
  const add = (field: string, found: string, wanted: string) =>
    errors.push(new FieldError('FieldValueInvalid', field, found, `must be ${wanted}`));
  if (kind !== resource.kind) add('kind', kind, resource.kind);
  if (apiVersion !== expected) add('apiVersion', apiVersion, expected);
  return errors;
}

/** Errors of the status, told of beneath it though its schema is the root. */
function statusErrors({ schema }: CustomResource, object: JsonObject, old: JsonObject) {
  const status = schema.properties?.['status'];
  if (status === undefined || !Object.hasOwn(object, 'status')) return [];
  return schemaErrors(object['status'], status, ownValue(old, 'status')).map(
    ({ type, field, value, detail }) =>
      new FieldError(type, field === '<nil>' ? 'status' : `status.${field}`, value, detail),
  );
}

const blocking: readonly string[] = [
  'FieldValueRequired',
  'FieldValueNotSupported',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
];

/** Rules are checked unless a value they may look at is missing, too large or of another type. */
function withRules(
  errors: readonly FieldError[],
  check: () => readonly FieldError[],
): readonly FieldError[] {
  if (!errors.some(({ type }) => blocking.includes(type))) return [...errors, ...check()];
  const detail =
    'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';
  return [...errors, new FieldError('FieldValueInvalid', '<nil>', null, detail)];
}

const mostReplicas = 2 ** 31 - 1;

function scaleErrors(
  object: JsonObject,
  scale: ScalePaths | undefined,
  parts: readonly ('spec' | 'status')[],
): readonly FieldError[] {
  if (scale === undefined) return [];
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = scale;
  const errors: FieldError[] = [];
  if (parts.includes('spec')) errors.push(...replicasErrors(object, specReplicasPath));
  if (parts.includes('status')) {
    errors.push(...replicasErrors(object, statusReplicasPath));
    if (labelSelectorPath !== undefined) {
      const { problem } = nested(object, labelSelectorPath, 'string');
      if (problem !== undefined) {
        errors.push(new FieldError('FieldValueInvalid', labelSelectorPath, '', problem));
      }
    }
  }
  return errors;
}

function replicasErrors(object: JsonObject, path: string): readonly FieldError[] {
  const { value = 0, problem } = nested(object, path, 'int64');
  const invalid = (found: unknown, detail: string) => [
    new FieldError('FieldValueInvalid', path, found, detail),
  ];
  if (problem !== undefined) return invalid(0, problem);
  const replicas = value as number;
  if (replicas < 0) return invalid(replicas, 'should be a non-negative integer');
  return replicas > mostReplicas
    ? invalid(replicas, `should be less than or equal to ${mostReplicas}`)
    : [];
}

function nested(
  object: JsonObject,
  path: string,
  type: 'int64' | 'string',
): { readonly value?: unknown; readonly problem?: string } {
  const fields = path.replace(/^\./, '').split('.');
  const problem = (found: unknown, wanted: string, end: number) => ({
    problem: `.${fields.slice(0, end).join('.')} accessor error: ${goFormat(found)} is of the type ${goTypeName(found)}, expected ${wanted}`,
  });
  let value: unknown = object;
  for (const [index, field] of fields.entries()) {
    if (value === null) return {};
    if (!isJsonObject(value)) return problem(value, 'map[string]interface{}', index + 1);
    if (!Object.hasOwn(value, field)) return {};
    value = value[field];
  }
  return goTypeName(value) === type ? { value } : problem(value, type, fields.length);
}
