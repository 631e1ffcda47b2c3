import type { ObjectMeta } from '../../objects/generated/meta-v1.generated.ts';
import { isJsonObject, ownValue, type JsonObject } from '../../objects/json-value.ts';
import type { KubernetesObject } from '../../objects/kubernetes-object.ts';

/** Any object of the API as plain JSON. Nobody changes one that somebody else can see. */
export type ApiObject = KubernetesObject & JsonObject;

/** A copy with other metadata; what is undefined is removed. */
export function withMetadata(
  object: ApiObject,
  changes: { readonly [Field in keyof ObjectMeta]?: ObjectMeta[Field] | undefined },
): ApiObject {
  const metadata: Record<string, unknown> = { ...object.metadata, ...changes };
  for (const [name, value] of Object.entries(changes))
    if (value === undefined) delete metadata[name];
  return { ...object, metadata };
}

/** The value at a path of field names, or undefined. */
export function fieldAt(object: unknown, path: readonly string[]): unknown {
  let value = object;
  for (const name of path) {
    if (!isJsonObject(value)) return undefined;
    value = ownValue(value, name);
  }
  return value;
}
