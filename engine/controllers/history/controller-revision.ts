import { fnv32 } from '../../base/fnv.ts';
import type { Resource, Stored } from '../../client/resource.ts';
import type {
  ControllerRevision,
  DaemonSet,
  StatefulSet,
} from '../../objects/generated/apps-v1.generated.ts';
import type { PodTemplateSpec } from '../../objects/generated/core-v1.generated.ts';
import { isJsonObject, jsonEqual, type JsonObject } from '../../objects/json-value.ts';
import { controllerRef } from '../pods/controller-ref.ts';
import { safeEncode, sortedJson } from '../pods/template-hash.ts';

/** What has a history of templates. */
export type Versioned = DaemonSet | StatefulSet;

/** Characters of a name's first part that leave room for the hash. */
const MOST_PREFIX = 223;

/** What a revision keeps: a strategic merge patch that brings the template back. */
export function revisionData({ spec }: Versioned): JsonObject {
  return { spec: { template: { ...spec.template, $patch: 'replace' } } };
}

/** The object as it was at a revision; as it is when the revision is not one of a template. */
export function atRevision<T extends Versioned>(object: T, { data }: ControllerRevision): T {
  const spec = data['spec'];
  const template = isJsonObject(spec) ? spec['template'] : undefined;
  if (!isJsonObject(template)) return object;
  const { $patch: _patch, ...kept } = template;
  // The API server let it in as a template.
  return { ...object, spec: { ...object.spec, template: kept as unknown as PodTemplateSpec } };
}

/** A revision of what `owner` wants now, as it is to be written. */
export function newRevision(
  owner: Stored<Versioned>,
  ownerResource: Resource<Versioned>,
  revision: number,
  hash: { readonly label: string; readonly value: string },
): ControllerRevision {
  const { name, namespace, annotations } = owner.metadata;
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: revisionName(name, hash.value),
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...owner.spec.template.metadata?.labels, [hash.label]: hash.value },
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [controllerRef(ownerResource, owner)],
    },
    data: revisionData(owner),
    revision,
  };
}

/** FNV of the data, and of how often another revision had the name (`HashControllerRevision`). */
export function revisionHash(data: JsonObject, collisionCount: number): string {
  const bytes = new TextEncoder().encode(sortedJson(data) + String(collisionCount));
  return safeEncode(String(fnv32(bytes)));
}

export function revisionName(owner: string, hash: string): string {
  return `${owner.slice(0, MOST_PREFIX)}-${hash}`;
}

/** By number; what has the same by age, then by name. */
export function inOrder(
  revisions: readonly Stored<ControllerRevision>[],
): Stored<ControllerRevision>[] {
  return revisions.toSorted((one, other) => {
    const [a, b] = [one.metadata, other.metadata];
    return (
      numberOf(one) - numberOf(other) ||
      Date.parse(a.creationTimestamp) - Date.parse(b.creationTimestamp) ||
      (a.name < b.name ? -1 : 1)
    );
  });
}

function numberOf({ revision = 0 }: ControllerRevision): number {
  return revision;
}

/** Whether they bring back the same. */
export function isEqualRevision(one: ControllerRevision, other: ControllerRevision): boolean {
  return jsonEqual(one.data, other.data);
}

/** One more than the last. @param revisions in order */
export function nextRevision(revisions: readonly ControllerRevision[]): number {
  const last = revisions.at(-1);
  return last === undefined ? 1 : numberOf(last) + 1;
}
