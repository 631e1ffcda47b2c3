import { FieldManager } from '../apply/field-manager.ts';
import { mergeTypeOf } from '../apply/merge-type.ts';
import { customResetFields } from '../apply/reset-fields.ts';
import { loadDefinitions } from '../built-in-schemas.ts';
import { strictProblems, type BodyFormat } from '../decode/body.ts';
import { DecodeError } from '../decode/decode-error.ts';
import type { ReadResult } from '../decode/go-codec.ts';
import {
  cannotHandle,
  openBody,
  readTypeMeta,
  settle,
  type Decoded,
  type FieldValidation,
} from '../decode/request-body.ts';
import { isJsonObject, setOwn, type JsonObject } from '../json-value.ts';
import { formatApiVersion, type KubernetesObject } from '../kubernetes-object.ts';
import type { Definitions, GroupVersionKind } from '../schema.ts';
import { badRequest, internalError } from '../status/status-error.ts';
import type { CustomResource } from './custom-resource.ts';
import { coerceEmbedded, readMetadata } from './embedded.ts';
import { pruneObject } from './prune.ts';
import { publishedSchema } from './published-schema.ts';
import { withDefaults } from './schema-defaults.ts';

/**
 * Reads and tracks custom resources of one version as their CustomResourceDefinition says
 * (apiextensions-apiserver `customresource_handler.go`). What they have to obey is in `validation.ts`.
 */
export class CustomKind implements GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly resource: CustomResource;
  readonly #definitions: Definitions;

  /** `definitions` are any that have meta/v1's. */
  constructor(resource: CustomResource, definitions: Definitions) {
    this.resource = resource;
    this.group = resource.group;
    this.version = resource.version;
    this.kind = resource.kind;
    this.#definitions = definitions;
  }

  static async load(resource: CustomResource): Promise<CustomKind> {
    return new CustomKind(resource, await loadDefinitions({ group: 'autoscaling', version: 'v1' }));
  }

  /**
   * A request's body as an object of the kind: without fields its schema does not know, with its
   * defaults, keys sorted. Throws a `StatusError` (400) with upstream's message.
   */
  decode(bytes: Uint8Array, format: BodyFormat, validation: FieldValidation): Decoded {
    const { body, identity } = openBody(bytes, format, this.kind, ({ value }) =>
      identify(value, new TextDecoder().decode(bytes)),
    );
    const expected = formatApiVersion(this);
    if (identity.apiVersion !== expected) {
      throw badRequest(
        `the API version in the data (${identity.apiVersion}) does not match the expected API version (${expected})`,
      );
    }
    try {
      const { object, unknown } = this.#complete(body.value as JsonObject);
      const problems = () => [...strictProblems(body, []), ...unknown.map(describeUnknown)];
      return { object, warnings: settle(body, problems, validation) };
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      const found = { version: this.version, kind: identity.kind };
      throw cannotHandle(found, this.kind, error.message);
    }
  }

  /** The result of a patch or an apply as an object of the kind. Throws a `DecodeError`. */
  read(value: unknown): ReadResult & { readonly object: KubernetesObject } {
    const { apiVersion } = identify(value, JSON.stringify(value), true);
    if (apiVersion === '') {
      throw internalError("Object 'apiVersion' is missing in 'object has no apiVersion field'");
    }
    return this.#complete(value as JsonObject);
  }

  /** What is stored, perhaps in another version, as an object of this one. */
  fromStorage(stored: KubernetesObject): KubernetesObject {
    return this.#complete({ ...stored, apiVersion: formatApiVersion(this) }).object;
  }

  /** @param subresource empty for the resource itself */
  fieldManager(subresource: string): FieldManager {
    const { schema, subresources } = this.resource;
    return new FieldManager({
      group: this.group,
      version: this.version,
      kind: this.kind,
      subresource,
      type: mergeTypeOf(this.#definitions, publishedSchema(schema)),
      empty: {},
      filter: customResetFields(
        subresource,
        subresources.some(({ name }) => name === 'status'),
      ),
      read: (value) => this.read(value),
    });
  }

  #complete(value: JsonObject): ReadResult & { readonly object: KubernetesObject } {
    const { schema } = this.resource;
    const metadata = readMetadata(value['metadata'] ?? null, this.#definitions);
    const pruned = pruneObject(value, schema);
    const coerced = coerceEmbedded(pruned.value, schema, this.#definitions);
    const completed = withDefaults(coerced.object, schema) as JsonObject;
    return {
      object: sortKeys({
        ...completed,
        metadata: metadata.object,
      }) as unknown as KubernetesObject & JsonObject,
      unknown: [
        ...metadata.unknown.map((path) => `metadata.${path}`),
        ...pruned.unknown,
        ...coerced.unknown,
      ],
    };
  }
}

const describeUnknown = (path: string) => `unknown field "${path}"`;

/** Throws a `DecodeError`, which for an object that is no body says what was done with it. */
function identify(value: unknown, text: string, isPatched = false) {
  try {
    const typeMeta = readTypeMeta(value);
    if (typeMeta.kind === '') {
      throw new DecodeError('KIND', `Object 'Kind' is missing in '${text}'`);
    }
    if (typeMeta.apiVersion.split('/').length > 2) {
      throw new DecodeError('KIND', `unexpected GroupVersion string: ${typeMeta.apiVersion}`);
    }
    return typeMeta;
  } catch (error) {
    if (!isPatched || !(error instanceof DecodeError) || error.code !== 'TYPE') throw error;
    throw new DecodeError('TYPE', `couldn't get version/kind; json parse error: ${error.message}`, {
      cause: error,
    });
  }
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isJsonObject(value)) return value;
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(value).toSorted()) setOwn(result, key, sortKeys(value[key]));
  return result;
}
