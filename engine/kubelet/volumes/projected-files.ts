/** The files of ConfigMaps, Secrets and the downward API in volumes (k8s.io/kubernetes pkg/volume/{configmap,secret,downwardapi}). */
import { decodeBase64 } from '../../objects/validation/pem.ts';
import type {
  ConfigMap,
  DownwardAPIVolumeFile,
  KeyToPath,
  Pod,
  Secret,
} from '../../objects/generated/core-v1.generated.ts';
import { metadataField, resourceField, type NodeAllocatable } from '../config/downward-api.ts';

export interface ProjectedFile {
  readonly content: Uint8Array<ArrayBuffer>;
  readonly mode: number;
  readonly uid?: number;
}

/** By path in the volume. */
export type ProjectedFiles = Map<string, ProjectedFile>;

const encoder = new TextEncoder();

export interface Selection {
  readonly items?: readonly KeyToPath[];
  readonly optional?: boolean;
}

export function configMapFiles(
  { data = {}, binaryData = {} }: Pick<ConfigMap, 'data' | 'binaryData'>,
  selection: Selection,
  defaultMode: number,
): ProjectedFiles {
  const contents = new Map([
    ...Object.entries(data).map(([key, text]) => [key, encoder.encode(text)] as const),
    ...Object.entries(binaryData).map(([key, text]) => [key, bytesOf(text)] as const),
  ]);
  return selected(
    contents,
    selection,
    defaultMode,
    (key) => `configmap references non-existent config key: ${key}`,
  );
}

export function secretFiles(
  { data = {} }: Pick<Secret, 'data'>,
  selection: Selection,
  defaultMode: number,
): ProjectedFiles {
  const contents = new Map(Object.entries(data).map(([key, text]) => [key, bytesOf(text)]));
  return selected(
    contents,
    selection,
    defaultMode,
    (key) => `references non-existent secret key: ${key}`,
  );
}

/** The bytes that a Secret has in base64. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(decodeBase64(base64) ?? []);
}

function selected(
  contents: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
  { items = [], optional = false }: Selection,
  defaultMode: number,
  missing: (key: string) => string,
): ProjectedFiles {
  if (items.length === 0)
    return new Map([...contents].map(([key, content]) => [key, { content, mode: defaultMode }]));
  const files: ProjectedFiles = new Map();
  for (const { key, path, mode = defaultMode } of items) {
    const content = contents.get(key);
    if (content !== undefined) files.set(path, { content, mode });
    else if (!optional) throw new Error(missing(key));
  }
  return files;
}

/** @throws AggregateError of everything that is wrong with the items */
export function downwardFiles(
  pod: Pod,
  items: readonly DownwardAPIVolumeFile[],
  defaultMode: number,
  allocatable: NodeAllocatable,
): ProjectedFiles {
  const files: ProjectedFiles = new Map();
  const failures: unknown[] = [];
  for (const { path, mode = defaultMode, fieldRef, resourceFieldRef } of items) {
    try {
      const text =
        fieldRef !== undefined
          ? metadataField(pod, fieldRef.fieldPath)
          : resourceFieldRef === undefined
            ? ''
            : resourceField(resourceFieldRef, pod, undefined, allocatable);
      files.set(path, { content: encoder.encode(text), mode });
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures);
  return files;
}
