import type { ManagedFieldsEntry } from '../generated/meta-v1.generated.ts';
import { isJsonObject } from '../json-value.ts';
import { FieldSet } from './field-set.ts';

/** Who manages fields: what makes two entries of `managedFields` the same one. */
export interface ManagerIdentity {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  /** version of the writes; an applier has one entry whatever its version */
  readonly apiVersion: string;
  readonly subresource: string;
}

export interface ManagedEntry extends ManagerIdentity {
  readonly fields: FieldSet;
  /** RFC 3339 */
  readonly time: string | undefined;
}

/** Entries by identity. */
export type ManagedFields = ReadonlyMap<string, ManagedEntry>;

export function identityOf({
  manager,
  operation,
  apiVersion,
  subresource,
}: ManagerIdentity): string {
  return JSON.stringify([manager, operation, operation === 'Apply' ? '' : apiVersion, subresource]);
}

/** `managedFields` that cannot be read; the message is upstream's. */
export class ManagedFieldsError extends Error {
  override readonly name = 'ManagedFieldsError';
  readonly code = 'MANAGED_FIELDS';
}

/** Throws a `ManagedFieldsError`. */
export function readManagedFields(entries: readonly ManagedFieldsEntry[]): ManagedFields {
  const result = new Map<string, ManagedEntry>();
  for (const [index, entry] of entries.entries()) {
    const { operation, apiVersion = '', fieldsType = '', fieldsV1 = {} } = entry;
    if (operation !== 'Apply' && operation !== 'Update') {
      throw new ManagedFieldsError('operation must be `Apply` or `Update`');
    }
    if (apiVersion === '') throw new ManagedFieldsError('apiVersion must not be empty');
    if (fieldsType !== 'FieldsV1') {
      throw new ManagedFieldsError(
        fieldsType === ''
          ? `missing fieldsType in managed fields entry ${index}`
          : `invalid fieldsType "${fieldsType}" in managed fields entry ${index}`,
      );
    }
    const fields = isJsonObject(fieldsV1) ? FieldSet.fromFieldsV1(fieldsV1) : undefined;
    if (fields === undefined) {
      throw new ManagedFieldsError(`error decoding fields of managed fields entry ${index}`);
    }
    const identity = {
      manager: entry.manager ?? '',
      operation,
      apiVersion,
      subresource: entry.subresource ?? '',
    } as const;
    result.set(identityOf(identity), { ...identity, fields, time: entry.time });
  }
  return result;
}

/** As `metadata.managedFields` holds them: appliers first, then by time, name, version and subresource. */
export function writeManagedFields(managed: ManagedFields): readonly ManagedFieldsEntry[] {
  return [...managed.values()].toSorted(compareEntries).map((entry) => ({
    ...(entry.manager === '' ? {} : { manager: entry.manager }),
    operation: entry.operation,
    apiVersion: entry.apiVersion,
    ...(entry.time === undefined ? {} : { time: entry.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: entry.fields.toFieldsV1(),
    ...(entry.subresource === '' ? {} : { subresource: entry.subresource }),
  }));
}

/** Times are all UTC in whole seconds, so their texts sort as they do. */
function compareEntries(a: ManagedEntry, b: ManagedEntry): number {
  for (const key of ['operation', 'time', 'manager', 'apiVersion', 'subresource'] as const) {
    const left = a[key] ?? '';
    const right = b[key] ?? '';
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}
