import { parseBody, strictProblems, type Body } from '../decode/body.ts';
import { DecodeError } from '../decode/decode-error.ts';
import type { FieldValidation } from '../decode/request-body.ts';
import type { ReadResult } from '../decode/go-codec.ts';
import { jsonTypeName, type Origin } from '../decode/trail.ts';
import { goFormat, goQuote } from '../go-text.ts';
import { isJsonObject, type JsonObject } from '../json-value.ts';
import type { KubernetesObject } from '../kubernetes-object.ts';
import type { Definitions } from '../schema.ts';
import {
  badRequest,
  customFailure,
  invalid,
  requestEntityTooLarge,
  type StatusError,
} from '../status/status-error.ts';
import { applyJsonPatch, type JsonPatchOperation } from './json-patch.ts';
import { applyMergePatch } from './merge-patch.ts';
import { PatchError } from './patch-error.ts';
import { applyStrategicMergePatch } from './strategic-merge-patch.ts';

/** Media types of patches, without `application/` and `+json`. Server-side apply is in `apply/`. */
export type PatchType = 'json-patch' | 'merge-patch' | 'strategic-merge-patch';

export interface PatchRequest {
  readonly type: PatchType;
  readonly bytes: Uint8Array;
  /** the stored object, in the version of the request */
  readonly live: KubernetesObject;
  /** reads the patched value as the object's kind; throws a `DecodeError` */
  readonly read: (value: unknown, origin: Origin) => ReadResult;
  readonly validation: FieldValidation;
  /** name of the kind's schema and where it is, for strategic merge patches */
  readonly schema?: { readonly name: string; readonly definitions: Definitions };
}

/** more would only burn time */
const mostOperations = 10_000;

/**
 * The live object as a patch leaves it, with warnings of unknown and duplicate fields. Throws a
 * `StatusError` with upstream's message where the patch cannot be read, does not apply, or leaves
 * something that is not the kind (apiserver `pkg/endpoints/handlers/patch.go`).
 */
export function patchObject(request: PatchRequest): {
  readonly object: KubernetesObject;
  readonly warnings: readonly string[];
} {
  const body = parsePatch(request.bytes);
  try {
    const { problems, patched } = apply(request, body);
    const origin: Origin = request.type === 'strategic-merge-patch' ? 'object' : 'text';
    const printed = () => (origin === 'text' ? printSorted(patched) : goFormat(body.value));
    return readPatched(request, patched, origin, problems, printed);
  } catch (error) {
    throw error instanceof PatchError ? statusOf(error) : error;
  }
}

function parsePatch(bytes: Uint8Array): Body {
  try {
    return parseBody(bytes, 'json');
  } catch (error) {
    throw error instanceof DecodeError ? badRequest('invalid JSON patch') : error;
  }
}

interface Applied {
  readonly patched: unknown;
  /** strict problems of the patch itself */
  readonly problems: readonly string[];
}

function apply({ type, live, schema }: PatchRequest, body: Body): Applied {
  const { value } = body;
  switch (type) {
    case 'json-patch': {
      const { operations, unknown } = readOperations(value);
      return {
        patched: applyJsonPatch(live, operations),
        problems: strictProblems(body, unknown).map((problem) => `json patch ${problem}`),
      };
    }
    case 'merge-patch':
      if (value === null) throw badRequest('Invalid JSON Patch');
      return {
        patched: applyMergePatch({ ...live }, asMap(value, 'error decoding patch: ')),
        problems: strictProblems(body, []),
      };
    case 'strategic-merge-patch': {
      const definitions = schema?.definitions ?? {};
      const patch = value === null ? {} : asMap(value, '');
      return {
        patched: applyStrategicMergePatch(
          { ...live },
          patch,
          definitions[schema?.name ?? ''],
          definitions,
        ),
        problems: strictProblems(body, []),
      };
    }
  }
}

function asMap(value: unknown, prefix: string): JsonObject {
  if (isJsonObject(value)) return value;
  throw badRequest(
    `${prefix}json: cannot unmarshal ${jsonTypeName(value)} into Go value of type map[string]interface {}`,
  );
}

const members = ['op', 'path', 'from', 'value'];

function readOperations(value: unknown): {
  readonly operations: readonly JsonPatchOperation[];
  readonly unknown: readonly string[];
} {
  const refuse = (found: unknown, place: string, type: string) =>
    badRequest(
      `error decoding patch: json: cannot unmarshal ${jsonTypeName(found)} into Go ${place} of type ${type}`,
    );
  if (value === null) return { operations: [], unknown: [] };
  if (!Array.isArray(value)) throw refuse(value, 'value', '[]handlers.jsonPatchOp');
  if (value.length > mostOperations) {
    throw requestEntityTooLarge(
      `The allowed maximum operations in a JSON patch is ${mostOperations}, got ${value.length}`,
    );
  }
  const unknown: string[] = [];
  const operations = value.map((item: unknown, index): JsonPatchOperation => {
    if (!isJsonObject(item)) throw refuse(item, 'value', 'handlers.jsonPatchOp');
    for (const [key, member] of Object.entries(item)) {
      if (!members.includes(key)) unknown.push(`[${index}].${key}`);
      else if (key !== 'value' && member !== null && typeof member !== 'string') {
        throw refuse(member, `struct field jsonPatchOp.${key}`, 'string');
      }
    }
    const { op, path, from, value: operand } = item as unknown as Partial<JsonPatchOperation>;
    return {
      op: op ?? 'unknown',
      ...(typeof path === 'string' ? { path } : {}),
      ...(typeof from === 'string' ? { from } : {}),
      value: operand ?? null,
    };
  });
  return { operations, unknown };
}

function readPatched(
  { read, validation }: PatchRequest,
  patched: unknown,
  origin: Origin,
  problems: readonly string[],
  printed: () => string,
) {
  const refuse = (why: string): StatusError => {
    const message = `Invalid value: ${goQuote(printed())}: ${why}`;
    const causes = [{ reason: 'FieldValueInvalid' as const, message, field: 'patch' }];
    return invalid({ group: '', name: '' }, '', causes, `patch: ${message}`);
  };
  let result: ReadResult;
  try {
    result = read(patched, origin);
  } catch (error) {
    throw error instanceof DecodeError ? refuse(error.message) : error;
  }
  const unknown = origin === 'object' ? result.unknown.toSorted() : result.unknown;
  const all = [...problems, ...unknown.map((path) => `unknown field "${path}"`)];
  if (validation === 'Strict' && all.length > 0) {
    throw refuse(`strict decoding error: ${all.join(', ')}`);
  }
  const object = result.object as unknown as KubernetesObject;
  return { object, warnings: validation === 'Warn' ? all : [] };
}

/** The patched object as upstream prints it in a message: members of the object itself sorted. */
function printSorted(value: unknown): string {
  if (!isJsonObject(value)) return JSON.stringify(value);
  return JSON.stringify(
    Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))),
  );
}

function statusOf(error: PatchError): StatusError {
  switch (error.code) {
    case 'FORMAT':
      return badRequest(error.message);
    case 'UNPROCESSABLE':
      // Upstream keeps what went wrong to itself.
      return customFailure(
        422,
        'Invalid',
        'the server rejected our request due to an error in our request',
        {},
      );
    case 'INTERNAL':
      return customFailure(500, '', error.message);
  }
}
