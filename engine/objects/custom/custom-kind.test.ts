import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { BodyFormat } from '../decode/body.ts';
import type { FieldValidation } from '../decode/request-body.ts';
import type { CustomResourceDefinition } from '../generated/apiextensions-v1.generated.ts';
import type { JsonObject } from '../json-value.ts';
import type { KubernetesObject } from '../kubernetes-object.ts';
import { StatusError } from '../status/status-error.ts';
import { invalidObject, type FieldError } from '../validation/field-error.ts';
import { CustomKind } from './custom-kind.ts';
import { customResourcesOf } from './custom-resource.ts';
import { ruleCheck } from './rules/rule-tree.ts';
import { customWarnings, prepareCustomForCreate, prepareCustomForUpdate } from './strategy.ts';
import { validateCustomCreate, validateCustomUpdate } from './validation.ts';

/** Writes to kube-apiserver 1.37 and what it answered; times, uids and managers left out. */
interface Golden {
  readonly definitions: readonly CustomResourceDefinition[];
  readonly creates: readonly Create[];
  readonly updates: readonly Update[];
}

interface Answer {
  readonly refused?: { readonly code?: number; readonly message: string; readonly causes?: Causes };
  readonly result?: KubernetesObject;
  readonly warnings?: readonly string[];
}

type Causes = readonly { readonly field?: string; readonly message?: string }[];

interface Create extends Answer {
  readonly rule: string;
  readonly kind: string;
  readonly validation: FieldValidation;
  readonly format: BodyFormat;
  readonly body: string;
}

interface Update extends Answer {
  readonly rule: string;
  readonly live: KubernetesObject;
  readonly object: KubernetesObject;
  readonly subresource: string;
}

const file = new URL('testdata/custom-resources.json', import.meta.url);
const golden = JSON.parse(readFileSync(file, 'utf8')) as Golden;

const kinds = new Map<string, CustomKind>();
for (const { spec, ...rest } of golden.definitions) {
  const acceptedNames = { singular: spec.names.kind.toLowerCase(), ...spec.names };
  for (const resource of customResourcesOf({ ...rest, spec, status: { acceptedNames } })) {
    if (resource.version === 'v1') kinds.set(resource.kind, await CustomKind.load(resource));
  }
}

function kindNamed(name: string): CustomKind {
  const kind = kinds.get(name);
  if (kind === undefined) throw new Error(name);
  return kind;
}

function expectValid(kind: string, { metadata }: KubernetesObject, errors: readonly FieldError[]) {
  if (errors.length > 0) {
    throw invalidObject({ group: 'example.com', name: kind }, metadata.name ?? '', errors);
  }
}

const checks = new Map(
  [...kinds].map(([kind, { resource }]) => [kind, ruleCheck(resource.schema)]),
);

/** Upstream goes through properties in random order, so causes are compared as a set. */
function refusalOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const { message = '', code, details } = error.status;
    return comparable({ message, code, ...(code === 422 ? details : {}) });
  }
  throw new Error('not refused');
}

function comparable({ code = 422, message, causes }: NonNullable<Answer['refused']>) {
  if (causes === undefined) return { code, message };
  const lines = causes.map((cause) => `${cause.field}: ${cause.message}`);
  return { code, length: message.length, causes: lines.toSorted() };
}

function visible(object: KubernetesObject): JsonObject {
  const { annotations, finalizers, generateName, labels, name } = object.metadata;
  const metadata = { annotations, finalizers, generateName, labels, name };
  return JSON.parse(JSON.stringify({ ...object, metadata })) as JsonObject;
}

describe('a custom resource is created', () => {
  it.each(golden.creates)(
    '$rule ($validation): $body',
    ({ kind: name, body, format, validation, refused, result, warnings }) => {
      const kind = kindNamed(name);
      const run = () => {
        const decoded = kind.decode(new TextEncoder().encode(body), format, validation);
        const { resource } = kind;
        const isGenerated = decoded.object.metadata.generateName !== undefined;
        const metadata = {
          ...decoded.object.metadata,
          ...(resource.namespaced ? { namespace: 'objects' } : {}),
          ...(isGenerated ? { name: result?.metadata.name ?? '' } : {}),
        };
        const object = prepareCustomForCreate(resource, { ...decoded.object, metadata });
        expectValid(
          object.kind,
          object,
          validateCustomCreate(resource, object, checks.get(kind.kind)),
        );
        return { object, warnings: [...decoded.warnings, ...customWarnings(object)] };
      };
      if (refused !== undefined) {
        expect(refusalOf(run)).toEqual(comparable(refused));
      } else {
        const made = run();
        expect(JSON.stringify(visible(made.object))).toBe(JSON.stringify(result));
        expect(made.warnings).toEqual(warnings);
      }
    },
  );
});

describe('a custom resource is updated', () => {
  it.each(golden.updates)('$rule', ({ live, object, subresource, refused, result }) => {
    const kind = kindNamed(object.kind);
    const { resource } = kind;
    const run = () => {
      const body = new TextEncoder().encode(JSON.stringify(object));
      const decoded = kind.decode(body, 'json', 'Warn');
      const old = kind.fromStorage(live);
      const next = prepareCustomForUpdate(resource, decoded.object, old, subresource);
      expectValid(
        object.kind,
        next,
        validateCustomUpdate(resource, next, old, subresource, checks.get(kind.kind)),
      );
      return next;
    };
    if (refused === undefined) expect(run()).toEqual(result);
    else expect(refusalOf(run)).toEqual(comparable(refused));
  });
});
