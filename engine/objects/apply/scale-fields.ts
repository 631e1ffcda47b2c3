import type { ManagedFieldsEntry } from '../generated/meta-v1.generated.ts';
import { FieldSet } from './field-set.ts';
import {
  identityOf,
  readManagedFields,
  writeManagedFields,
  type ManagedEntry,
} from './managed-fields.ts';
import { withEntry } from './ownership.ts';
import { fieldElement, type PathElement } from './path-element.ts';

const scaleApiVersion = 'autoscaling/v1';
const scaleReplicas = ['spec', 'replicas'].map(fieldElement);

/** Where an object keeps its number of replicas: `['spec', 'replicas']`. */
type ReplicasPath = readonly string[];

/** Managed fields of an object's scale: those managers that own its replicas. */
export function scaleManagedFields(
  parent: readonly ManagedFieldsEntry[],
  replicas: ReplicasPath,
): readonly ManagedFieldsEntry[] {
  const path = replicas.map(fieldElement);
  const entries = [...readManagedFields(parent).values()]
    .filter(({ fields }) => fields.has(path))
    .map((entry) => ({
      ...entry,
      fields: FieldSet.of(scaleReplicas),
      apiVersion: scaleApiVersion,
    }));
  return writeManagedFields(new Map(entries.map((entry) => [identityOf(entry), entry])));
}

/**
 * Managed fields of an object after a write to its scale: a manager that lost the scale's replicas
 * loses the object's, one that won them is added with `apiVersion`, the object's.
 */
export function parentManagedFields(
  parent: readonly ManagedFieldsEntry[],
  scale: readonly ManagedFieldsEntry[],
  replicas: ReplicasPath,
  apiVersion: string,
): readonly ManagedFieldsEntry[] {
  const path: readonly PathElement[] = replicas.map(fieldElement);
  const owners = new Map(
    [...readManagedFields(scale).values()]
      .filter(({ fields }) => fields.has(scaleReplicas))
      .map((entry): [string, ManagedEntry] => [ownerOf(entry), entry]),
  );
  let result = readManagedFields(parent);
  for (const entry of result.values()) {
    if (!entry.fields.has(path)) continue;
    if (!owners.delete(ownerOf(entry))) {
      const fields = entry.fields.difference(FieldSet.of(path));
      result = withEntry(result, { ...entry, fields });
    }
  }
  for (const entry of owners.values()) {
    const added = { ...entry, fields: FieldSet.of(path), apiVersion };
    const own = result.get(identityOf(added));
    const fields = own === undefined ? added.fields : own.fields.union(added.fields);
    // Upstream gives entries that come from the scale no time.
    result = withEntry(result, { ...added, fields, time: own?.time });
  }
  return writeManagedFields(result);
}

/** A manager whatever the version it wrote with: the scale's differs from the object's. */
function ownerOf({ manager, operation, subresource }: ManagedEntry): string {
  return JSON.stringify([manager, operation, subresource]);
}
