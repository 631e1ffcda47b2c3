import { jsonEqual } from '../json-value.ts';
import { compareValues } from './compare.ts';
import type { FieldSet } from './field-set.ts';
import {
  identityOf,
  type ManagedEntry,
  type ManagedFields,
  type ManagerIdentity,
} from './managed-fields.ts';
import { mergeValues } from './merge.ts';
import type { MergeType } from './merge-type.ts';
import { removeItems } from './remove-items.ts';
import { toFieldSet } from './to-field-set.ts';

/** Which fields of an object are not the writer's to own: those its endpoint does not let through. */
export type FieldFilter = (set: FieldSet) => FieldSet;

/** Fields other managers own that a write would change. */
export interface Conflict {
  readonly manager: ManagerIdentity;
  readonly fields: FieldSet;
}

/** An apply that is not forced met fields of other managers. */
export class ConflictsError extends Error {
  override readonly name = 'ConflictsError';
  readonly code = 'CONFLICTS';
  readonly conflicts: readonly Conflict[];

  constructor(conflicts: readonly Conflict[]) {
    super('fields are owned by other managers');
    this.conflicts = conflicts;
  }
}

interface Write {
  readonly live: unknown;
  readonly type: MergeType;
  readonly managed: ManagedFields;
  readonly filter: FieldFilter;
}

/**
 * Ownership after a write that is no apply: `self` takes what it changed, everyone loses what is
 * gone. Follows structured-merge-diff's `Updater.Update`.
 */
export function ownUpdated(
  write: Write & { readonly next: unknown },
  self: ManagedEntry,
): ManagedFields {
  const { managed, changes } = takeOver(write, write.next, identityOf(self), true);
  const own = managed.get(identityOf(self))?.fields ?? self.fields;
  const fields = write.filter(
    own.difference(changes.removed).union(changes.modified).union(changes.added),
  );
  return withEntry(managed, { ...self, fields });
}

/**
 * The object and ownership after an apply. `object` is undefined if nothing changed. Throws a
 * `ConflictsError` unless `force`. Follows structured-merge-diff's `Updater.Apply`.
 */
export function ownApplied(
  write: Write & { readonly configuration: unknown; readonly force: boolean },
  self: ManagerIdentity,
): { readonly object: unknown; readonly managed: ManagedFields } {
  const { live, configuration, type, managed } = write;
  const key = identityOf(self);
  const last = managed.get(key);
  const entry = {
    ...self,
    fields: write.filter(toFieldSet(configuration, type)),
    time: last?.time,
  };
  const claimed = new Map(managed).set(key, entry);
  const merged = mergeValues(live, configuration, type);
  const object = last === undefined ? merged : prune(merged, last.fields, claimed, type);
  const result = takeOver({ ...write, managed: claimed }, object, key, write.force);
  return { object: jsonEqual(live, object) ? undefined : object, managed: result.managed };
}

/** Takes changed fields from other managers, and removed fields from all but `self`. */
function takeOver(
  { live, type, managed, filter }: Write,
  next: unknown,
  self: string,
  force: boolean,
) {
  const compared = compareValues(live, next, type);
  const removed = filter(compared.removed);
  const changed = filter(compared.modified).union(filter(compared.added));
  const conflicts: Conflict[] = [];
  let result = managed;
  for (const [key, entry] of managed) {
    if (key === self) continue;
    const lost = entry.fields.intersection(changed);
    if (!lost.isEmpty()) conflicts.push({ manager: entry, fields: lost });
    const fields = entry.fields.difference(lost).difference(removed);
    result = withEntry(result, { ...entry, fields });
  }
  if (!force && conflicts.length > 0) throw new ConflictsError(conflicts);
  const own = managed.get(self);
  if (own?.fields.isEmpty() === true) result = withEntry(result, own);
  return { managed: result, changes: compared };
}

/** An entry that owns nothing goes. */
export function withEntry(managed: ManagedFields, entry: ManagedEntry): ManagedFields {
  const result = new Map(managed);
  if (entry.fields.isEmpty()) result.delete(identityOf(entry));
  else result.set(identityOf(entry), entry);
  return result;
}

/** Removes what the applier claimed the last time, unless it or anyone else claims it now. */
function prune(merged: unknown, last: FieldSet, managed: ManagedFields, type: MergeType): unknown {
  const named = (set: FieldSet) => set.withNamedFields(type);
  const all = named(toFieldSet(merged, type));
  const before = named(last);
  const kept = (value: unknown) => named(toFieldSet(value, type));
  const stripped = removeItems(merged, before, type);
  const owned = [...managed.values()].map(({ fields }) => fields).reduce((a, b) => a.union(b));
  const withOwned = removeItems(merged, all.difference(kept(stripped).union(named(owned))), type);
  // What is left over without an owner stays where it was.
  return removeItems(merged, all.difference(kept(withOwned)).intersection(before), type);
}
