import { parseBody, type Body } from '../decode/body.ts';
import { DecodeError } from '../decode/decode-error.ts';
import type { FieldValidation } from '../decode/request-body.ts';
import { jsonTypeName } from '../decode/trail.ts';
import { isJsonObject, type JsonObject } from '../json-value.ts';
import { badRequest, type StatusError } from '../status/status-error.ts';

/** A configuration to apply, with what is to be said of keys it repeats once it has been applied. */
export interface ApplyBody {
  readonly configuration: JsonObject;
  readonly warnings: readonly string[];
  /** thrown after the apply, if that succeeds */
  readonly strictError: StatusError | undefined;
}

/** The body of an `application/apply-patch+yaml` request. Throws a `StatusError` (400). */
export function readApplyBody(bytes: Uint8Array, validation: FieldValidation): ApplyBody {
  const { value, repeatedLines } = parse(bytes);
  const configuration = value ?? {};
  if (!isJsonObject(configuration)) {
    throw badRequest(
      `error decoding patch: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${jsonTypeName(value)} into Go value of type map[string]interface {}`,
    );
  }
  if (repeatedLines.length === 0 || validation === 'Ignore') {
    return { configuration, warnings: [], strictError: undefined };
  }
  if (validation === 'Warn') {
    return { configuration, warnings: repeatedLines, strictError: undefined };
  }
  const lines = repeatedLines.map((line) => `\n  ${line}`).join('');
  const strictError = badRequest(
    `error strict decoding patch: error converting YAML to JSON: yaml: unmarshal errors:${lines}`,
  );
  return { configuration, warnings: [], strictError };
}

/** Clients mostly send JSON, which is YAML too but read much faster as what it is. */
function parse(bytes: Uint8Array): Body {
  const isJson = bytes[0] === '{'.charCodeAt(0);
  if (isJson) {
    try {
      const body = parseBody(bytes, 'json');
      // Only YAML's reader tells the lines of repeated keys.
      if (body.keys === undefined) return body;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
    }
  }
  try {
    return parseBody(bytes, 'yaml');
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const what = isJson ? 'decoding patch: error converting YAML to JSON' : 'encoding patch';
    throw badRequest(`error ${what}: ${error.message}`);
  }
}
