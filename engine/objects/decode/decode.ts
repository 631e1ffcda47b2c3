import { goQuote } from '../go-text.ts';
import { formatApiVersion, parseApiVersion, type KubernetesObject } from '../kubernetes-object.ts';
import { builtInResources } from '../resources.ts';
import type { Definitions, GroupVersionKind } from '../schema.ts';
import { badRequest } from '../status/status-error.ts';
import { strictProblems, type BodyFormat } from './body.ts';
import { DecodeError } from './decode-error.ts';
import { readAs, type ReadResult } from './go-codec.ts';
import {
  cannotHandle,
  openBody,
  readTypeMeta,
  settle,
  type Decoded,
  type FieldValidation,
} from './request-body.ts';
import type { Origin } from './trail.ts';

/** The built-in kind a request's body should be. */
export interface BuiltInTarget extends GroupVersionKind {
  readonly definitions: Definitions;
  /** name of the kind's schema among `definitions` */
  readonly schema: string;
}

/**
 * A request's body as an object of a built-in kind, in the form Go prints it. A body without kind
 * or version is taken for the expected one. Throws a `StatusError` (400) with upstream's message.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation
 */
export function decodeBuiltIn(
  bytes: Uint8Array,
  format: BodyFormat,
  target: BuiltInTarget,
  validation: FieldValidation,
): Decoded {
  const { body, identity } = openBody(bytes, format, target.kind, ({ value }) =>
    identify(value, target),
  );
  try {
    checkKind(identity, target);
    const { object, unknown } = readAs(target.definitions, target.schema, body.value);
    return {
      object: {
        ...object,
        kind: target.kind,
        apiVersion: formatApiVersion(target),
      } as KubernetesObject,
      warnings: settle(body, () => strictProblems(body, unknown), validation),
    };
  } catch (error) {
    throw error instanceof DecodeError ? cannotHandle(identity, target.kind, error.message) : error;
  }
}

/** A patched value as the built-in kind it must still be. Throws a `DecodeError`. */
export function readBuiltIn(value: unknown, target: BuiltInTarget, origin: Origin): ReadResult {
  if (origin === 'text') checkKind(identify(value, target), target);
  return readAs(target.definitions, target.schema, value, origin);
}

/** What a body says it is; a kind or version it does not give is taken for the expected one. */
function identify(value: unknown, target: GroupVersionKind): GroupVersionKind {
  const { apiVersion, kind } = readTypeMeta(value);
  if (apiVersion.split('/').length > 2) {
    throw new DecodeError('KIND', `unexpected GroupVersion string: ${apiVersion}`);
  }
  const { group, version } = apiVersion === '' ? target : parseApiVersion(apiVersion);
  return { group, version, kind: kind === '' ? target.kind : kind };
}

/** Throws a `DecodeError` if an object is not of the expected kind. */
function checkKind(found: GroupVersionKind, target: GroupVersionKind): void {
  const hasVersion = found.group === target.group && found.version === target.version;
  if (hasVersion && found.kind === target.kind) return;
  const isRegistered = builtInResources.some(
    ({ group, version, kind }) =>
      group === found.group && version === found.version && kind === found.kind,
  );
  if (!isRegistered) {
    const scheme = goQuote('pkg/runtime/scheme.go:111');
    throw new DecodeError(
      'KIND',
      `no kind ${goQuote(found.kind)} is registered for version ${goQuote(formatApiVersion(found))} in scheme ${scheme}`,
    );
  }
  if (found.kind !== target.kind) {
    const internal = target.group === '' ? 'core' : target.group.split('.')[0];
    throw new DecodeError(
      'KIND',
      `converting (${found.version}.${found.kind}) to (${internal}.${target.kind}): unknown conversion`,
    );
  }
  throw badRequest(
    `the API version in the data (${formatApiVersion(found)}) does not match the expected API version (${formatApiVersion(target)})`,
  );
}
