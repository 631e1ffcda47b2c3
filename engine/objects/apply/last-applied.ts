import { goJson } from '../go-text.ts';
import { isJsonObject, type JsonObject } from '../json-value.ts';
import type { KubernetesObject } from '../kubernetes-object.ts';
import { compareValues } from './compare.ts';
import { FieldSet } from './field-set.ts';
import type { MergeType } from './merge-type.ts';
import { ItemError } from './shapes.ts';
import { toFieldSet } from './to-field-set.ts';

/** What `kubectl apply` from the client side leaves on an object: the whole configuration as JSON. */
const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
/** longer annotations are refused, so upstream drops this one then */
const longestAnnotations = 256 * 1024;

/** Fields that kubectl applied from the client side and nobody changed since. */
export function allowedByLastApplied(
  live: KubernetesObject | undefined,
  apiVersion: string,
  type: MergeType,
): FieldSet {
  const text = live?.metadata.annotations?.[annotation];
  const applied = text === undefined ? undefined : parse(text);
  if (applied === undefined || applied['apiVersion'] !== apiVersion) return new FieldSet();
  try {
    const changes = compareValues(applied, live, type);
    return toFieldSet(applied, type)
      .difference(changes.modified)
      .difference(changes.added)
      .difference(changes.removed);
  } catch (error) {
    if (error instanceof ItemError) return new FieldSet();
    throw error;
  }
}

function parse(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The object with its annotation, if it has one, told of a configuration applied by the server. */
export function withLastApplied(
  object: KubernetesObject,
  configuration: JsonObject,
): KubernetesObject {
  const annotations = object.metadata.annotations ?? {};
  if ((annotations[annotation] ?? '') === '') return object;
  const { [annotation]: _, ...others } = annotations;
  const value = `${goJson(sortDeeply(withoutAnnotation(configuration)))}\n`;
  const size = Object.entries({ ...others, [annotation]: value })
    .map(([key, text]) => key.length + text.length)
    .reduce((sum, length) => sum + length, 0);
  const next = size > longestAnnotations ? others : { ...others, [annotation]: value };
  return { ...object, metadata: { ...object.metadata, annotations: next } };
}

function withoutAnnotation(configuration: JsonObject): JsonObject {
  const metadata = configuration['metadata'];
  if (!isJsonObject(metadata) || !isJsonObject(metadata['annotations'])) return configuration;
  const { [annotation]: _, ...annotations } = metadata['annotations'];
  return { ...configuration, metadata: { ...metadata, annotations } };
}

function sortDeeply(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortDeeply);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sortDeeply(member)]),
  );
}
