import { goQuote } from '../go-text.ts';
import type { KubernetesObject } from '../kubernetes-object.ts';
import type { GroupVersionKind } from '../schema.ts';
import { badRequest, type StatusError } from '../status/status-error.ts';
import { parseBody, type Body, type BodyFormat } from './body.ts';
import { DecodeError } from './decode-error.ts';
import { jsonTypeName } from './trail.ts';

/** What happens to unknown and duplicate fields: an error, warnings, or nothing. */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export interface Decoded {
  readonly object: KubernetesObject;
  /** texts of warnings for the client */
  readonly warnings: readonly string[];
}

/** What a body says it is; empty where it says nothing. */
export interface TypeMeta {
  readonly apiVersion: string;
  readonly kind: string;
}

/**
 * Parses a request's body and identifies what it holds. Throws a `StatusError` (400) with upstream's
 * message, which names the expected kind, if it is neither JSON nor YAML or `identify` throws a
 * `DecodeError`.
 */
export function openBody<Identity>(
  bytes: Uint8Array,
  format: BodyFormat,
  kind: string,
  identify: (body: Body) => Identity,
): { readonly body: Body; readonly identity: Identity } {
  try {
    const body = parseBody(bytes, format);
    return { body, identity: identify(body) };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const message =
      error.code === 'TYPE' || (error.code === 'SYNTAX' && format === 'json')
        ? `couldn't get version/kind; json parse error: ${error.message}`
        : error.message;
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind}): ${message} (${summarize(bytes)})`,
    );
  }
}

const identityType = String.raw`struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }`;

/** Throws a `DecodeError` (`TYPE`) if a value is no object or does not name its kind with texts. */
export function readTypeMeta(value: unknown): TypeMeta {
  if (value === null) return { apiVersion: '', kind: '' };
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new DecodeError(
      'TYPE',
      `json: cannot unmarshal ${jsonTypeName(value)} into Go value of type ${identityType}`,
    );
  }
  const text = (field: string): string => {
    const given: unknown = Object.hasOwn(value, field) ? Reflect.get(value, field) : undefined;
    if (given === undefined || given === null) return '';
    if (typeof given === 'string') return given;
    throw new DecodeError(
      'TYPE',
      `json: cannot unmarshal ${jsonTypeName(given)} into Go struct field .${field} of type string`,
    );
  };
  const kind = text('kind');
  return { apiVersion: text('apiVersion'), kind };
}

/** The start of a body for a message: as text if it looks like JSON, else in hexadecimal. */
function summarize(bytes: Uint8Array): string {
  const most = 30;
  if (bytes.length === 0) return '<empty>';
  const start = bytes.subarray(0, most);
  const text =
    start[0] === '{'.charCodeAt(0)
      ? new TextDecoder().decode(start)
      : [...start].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return bytes.length > most ? `${text} ...` : text;
}

/** The refusal of a body that says it is `found` and is not what a `kind` should be. */
export function cannotHandle(
  found: Pick<GroupVersionKind, 'kind' | 'version'>,
  kind: string,
  why: string,
): StatusError {
  return badRequest(
    `${found.kind} in version ${goQuote(found.version)} cannot be handled as a ${kind}: ${why}`,
  );
}

/** The warnings about a body; throws a `DecodeError` with all strict problems when they count as errors. */
export function settle(
  body: Body,
  problems: () => readonly string[],
  validation: FieldValidation,
): readonly string[] {
  if (validation === 'Ignore') return [];
  if (validation === 'Warn') return [...body.repeatedLines, ...problems()];
  const lines = body.repeatedLines.map((line) => `\n  ${line}`).join('');
  const all = lines === '' ? problems() : [`yaml: unmarshal errors:${lines}`, ...problems()];
  if (all.length === 0) return [];
  throw new DecodeError('STRICT', `strict decoding error: ${all.join(', ')}`);
}
