import type { ObjectMeta } from './generated/meta-v1.generated.ts';
import type { GroupVersionKind } from './schema.ts';

/** What every stored object has; the rest is known to its kind. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

export interface GroupVersion {
  /** empty for the core group */
  readonly group: string;
  readonly version: string;
}

/** `apps/v1` → group and version; `v1` is the core group. */
export function parseApiVersion(apiVersion: string): GroupVersion {
  const slash = apiVersion.indexOf('/');
  return { group: apiVersion.slice(0, Math.max(0, slash)), version: apiVersion.slice(slash + 1) };
}

export function formatApiVersion({ group, version }: GroupVersion): string {
  return group === '' ? version : `${group}/${version}`;
}

export function groupVersionKind(
  object: Pick<KubernetesObject, 'apiVersion' | 'kind'>,
): GroupVersionKind {
  return { ...parseApiVersion(object.apiVersion), kind: object.kind };
}
