/** Bodies of meta/v1 kinds that are no resources: `DeleteOptions`. */
import { loadDefinitions } from '../../objects/built-in-schemas.ts';
import { parseBody } from '../../objects/decode/body.ts';
import { DecodeError } from '../../objects/decode/decode-error.ts';
import { readAs } from '../../objects/decode/go-codec.ts';
import { decodeProtobuf, ProtobufError } from '../../objects/decode/protobuf.ts';
import { goQuote } from '../../objects/go-text.ts';
import { badRequest } from '../../objects/status/status-error.ts';
import { isJsonObject } from '../../objects/json-value.ts';
import type { InputEncoding } from './negotiation.ts';
import { checkDeleteOptions, type DeleteOptions } from './options.ts';

const SCHEMA = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions';

function valueOf(body: Uint8Array, encoding: InputEncoding): unknown {
  return encoding === 'protobuf' ? decodeProtobuf(body) : parseBody(body, encoding).value;
}

/** `DeleteOptions` from a request's body; clients send them in any group's version. Errors: `BadRequest`, `Invalid`. */
export async function decodeDeleteOptions(
  body: Uint8Array,
  encoding: InputEncoding,
): Promise<DeleteOptions> {
  const definitions = await loadDefinitions({ group: '', version: 'v1' });
  try {
    const value = valueOf(body, encoding);
    const kind = isJsonObject(value) ? (value['kind'] ?? 'DeleteOptions') : undefined;
    if (kind !== 'DeleteOptions')
      throw badRequest(
        typeof kind === 'string'
          ? `no kind ${goQuote(kind)} is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"`
          : 'decoded object cannot be converted to DeleteOptions',
      );
    const { object } = readAs(definitions, SCHEMA, value);
    return checkDeleteOptions(object as Parameters<typeof checkDeleteOptions>[0]);
  } catch (error) {
    if (error instanceof DecodeError && error.code === 'SYNTAX')
      throw badRequest(`couldn't get version/kind; json parse error: ${error.message}`);
    if (error instanceof DecodeError || error instanceof ProtobufError)
      throw badRequest(error.message);
    throw error;
  }
}
