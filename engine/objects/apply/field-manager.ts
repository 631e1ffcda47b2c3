import type { ReadResult } from '../decode/go-codec.ts';
import { DecodeError } from '../decode/decode-error.ts';
import type { ManagedFieldsEntry } from '../generated/meta-v1.generated.ts';
import { isJsonObject, jsonEqual, ownValue, type JsonObject } from '../json-value.ts';
import { formatApiVersion, parseApiVersion, type KubernetesObject } from '../kubernetes-object.ts';
import type { GroupVersionKind } from '../schema.ts';
import { badRequest, customFailure, type StatusError } from '../status/status-error.ts';
import { capUpdaters } from './cap-updaters.ts';
import { formatProblems, typeProblems } from './check-type.ts';
import { conflictStatus } from './conflict-status.ts';
import { FieldSet } from './field-set.ts';
import { allowedByLastApplied, withLastApplied } from './last-applied.ts';
import {
  identityOf,
  ManagedFieldsError,
  readManagedFields,
  writeManagedFields,
  type ManagedEntry,
  type ManagedFields,
  type ManagerIdentity,
} from './managed-fields.ts';
import { mergeObjects } from './merge-objects.ts';
import type { MergeType } from './merge-type.ts';
import {
  ConflictsError,
  ownApplied,
  ownUpdated,
  withEntry,
  type FieldFilter,
} from './ownership.ts';
import { fieldElement } from './path-element.ts';
import { ItemError } from './shapes.ts';

/** One endpoint that writes objects of a kind: the resource itself or one of its subresources. */
export interface FieldManagerOptions extends GroupVersionKind {
  readonly type: MergeType;
  /** empty for the resource itself */
  readonly subresource: string;
  /** the kind's object with nothing set, as Go prints it */
  readonly empty: JsonObject;
  /** what of a write the endpoint lets through (see `reset-fields.ts`) */
  readonly filter: FieldFilter;
  /** reads a merged value as an object of the kind; throws a `DecodeError` */
  readonly read: (value: unknown) => ReadResult;
}

export interface TrackedWrite {
  /** undefined when the object is being created */
  readonly live: KubernetesObject | undefined;
  /** the `fieldManager` parameter, or the start of the User-Agent up to the slash */
  readonly manager: string;
  /** time of the write, RFC 3339 in whole seconds */
  readonly now: string;
}

/** Fields nobody ever owns. */
const unownedFields = FieldSet.of(
  ...[
    'apiVersion',
    'kind',
    'metadata',
    'metadata.name',
    'metadata.namespace',
    'metadata.creationTimestamp',
    'metadata.selfLink',
    'metadata.uid',
    'metadata.clusterName',
    'metadata.generation',
    'metadata.managedFields',
    'metadata.resourceVersion',
  ].map((path) => path.split('.').map(fieldElement)),
);

/**
 * Keeps `metadata.managedFields`: who set which field, with server-side apply and with every other
 * write. Objects are in the endpoint's version; entries of other versions are treated alike, no
 * object is converted for them. Pure.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
export class FieldManager {
  readonly #options: FieldManagerOptions;

  constructor(options: FieldManagerOptions) {
    this.#options = options;
  }

  get #apiVersion(): string {
    return formatApiVersion(this.#options);
  }

  /** The object of a create, update or patch with its managed fields brought up to date. */
  update(object: KubernetesObject, write: TrackedWrite): KubernetesObject {
    const { live } = write;
    const managed = this.#managedBefore(object, live);
    // An object that never had managers goes on without.
    const isUntracked = managed.size === 0 && live?.metadata.uid !== undefined;
    if (isUntracked) return withManagedFields(object, undefined);
    try {
      const next = withManagedFields(object, undefined);
      const before = live === undefined ? this.#options.empty : withManagedFields(live, undefined);
      const updated = this.#updated(before, next, managed, write);
      return withManagedFields(object, capUpdaters(updated));
    } catch (error) {
      // Items of a list that cannot be told apart; what was known stays.
      if (!(error instanceof ItemError)) throw error;
      return { ...object, metadata: { ...object.metadata, ...managedFieldsOf(live) } };
    }
  }

  /**
   * The live object with a configuration applied, read but not defaulted. Throws a `StatusError`:
   * 409 with a cause for each field of another manager unless `force`.
   */
  apply(
    configuration: JsonObject,
    write: TrackedWrite & { readonly force: boolean },
  ): KubernetesObject {
    const { live, manager } = write;
    this.#checkKind(configuration);
    const managed = this.#readLive(live);
    const applied = this.#forcing(write, (force) =>
      this.#applyOnce(configuration, managed, { ...write, force }),
    );
    return manager === 'kubectl' ? withLastApplied(applied, configuration) : applied;
  }

  /** The object with a partial one merged in, whoever owns what. Errors: as `mergeObjects`. */
  merge(object: KubernetesObject, partial: JsonObject): KubernetesObject {
    return mergeObjects(object, partial, this.#options.type) as KubernetesObject;
  }

  #managedBefore(object: KubernetesObject, live: KubernetesObject | undefined): ManagedFields {
    const own = object.metadata.managedFields;
    // Through a subresource, managed fields cannot be set.
    if (this.#options.subresource === '' && own !== undefined) {
      if (isReset(own)) return new Map();
      const managed = readOr(own);
      if (managed.size > 0) return managed;
    }
    return readOr(live?.metadata.managedFields ?? []);
  }

  #updated(
    before: unknown,
    next: unknown,
    managed: ManagedFields,
    write: TrackedWrite,
  ): ManagedFields {
    const { type, filter, subresource } = this.#options;
    const identity: ManagerIdentity = {
      manager: write.manager === '' ? 'unknown' : write.manager,
      operation: 'Update',
      apiVersion: this.#apiVersion,
      subresource,
    };
    // The write starts out as a manager of its own, so that it takes fields from its earlier self too.
    const current: ManagedEntry = {
      ...identity,
      manager: '\0current operation',
      fields: new FieldSet(),
      time: undefined,
    };
    const owned = ownUpdated({ live: before, next, type, managed, filter }, current);
    const fields = owned.get(identityOf(current))?.fields.difference(unownedFields);
    const others = new Map(owned);
    others.delete(identityOf(current));
    if (fields === undefined || fields.isEmpty()) return others;
    const earlier = others.get(identityOf(identity));
    return withEntry(others, {
      ...identity,
      fields: earlier === undefined ? fields : fields.union(earlier.fields),
      time: write.now,
    });
  }

  #checkKind(configuration: JsonObject): void {
    const { kind } = this.#options;
    const found = {
      kind: textOf(configuration, 'kind'),
      ...parseApiVersion(textOf(configuration, 'apiVersion')),
    };
    if (found.kind !== kind || formatApiVersion(found) !== this.#apiVersion) {
      throw badRequest(`invalid object type: ${formatKind(found)}`);
    }
    const metadata = ownValue(configuration, 'metadata');
    if (isJsonObject(metadata) && (ownValue(metadata, 'managedFields') ?? null) !== null) {
      throw badRequest('metadata.managedFields must be nil');
    }
  }

  #readLive(live: KubernetesObject | undefined): ManagedFields {
    try {
      return readManagedFields(live?.metadata.managedFields ?? []);
    } catch (error) {
      if (!(error instanceof ManagedFieldsError)) throw error;
      throw failure(`failed to decode managed fields: ${error.message}`);
    }
  }

  /** kubectl may take over what it applied from the client side before. */
  #forcing(
    { live, manager, force }: TrackedWrite & { readonly force: boolean },
    apply: (force: boolean) => KubernetesObject,
  ): KubernetesObject {
    try {
      return apply(force);
    } catch (error) {
      if (!(error instanceof ConflictsError)) throw error;
      if (manager !== 'kubectl') throw conflictStatus(error.conflicts);
      const allowed = allowedByLastApplied(live, this.#apiVersion, this.#options.type);
      const left = error.conflicts
        .map((each) => ({ ...each, fields: each.fields.difference(allowed) }))
        .filter(({ fields }) => !fields.isEmpty());
      if (left.length > 0) throw conflictStatus(left);
      return apply(true);
    }
  }

  #applyOnce(
    configuration: JsonObject,
    managed: ManagedFields,
    write: TrackedWrite & { readonly force: boolean },
  ): KubernetesObject {
    const { type, filter, subresource, empty } = this.#options;
    const problems = typeProblems(configuration, type, false);
    const name = describeObject(configuration);
    if (problems.length > 0) {
      throw failure(`failed to create typed patch object (${name}): ${formatProblems(problems)}`);
    }
    const before: JsonObject =
      write.live === undefined
        ? { ...empty, apiVersion: this.#apiVersion, kind: this.#options.kind }
        : { ...withManagedFields(write.live, undefined) };
    const wrong = typeProblems(before, type, true);
    if (wrong.length > 0) {
      throw failure(
        `failed to create typed live object (${describeObject(before)}): ${formatProblems(wrong)}`,
      );
    }
    const first: TrackedWrite = { ...write, manager: 'before-first-apply' };
    const known = managed.size > 0 ? managed : this.#updated(empty, before, managed, first);
    const self: ManagerIdentity = {
      manager: write.manager,
      operation: 'Apply',
      apiVersion: this.#apiVersion,
      subresource,
    };
    const result = ownApplied(
      { live: before, configuration, type, managed: known, filter, force: write.force },
      self,
    );
    const key = identityOf(self);
    const own = result.managed.get(key);
    let owned = result.managed;
    if (own !== undefined) {
      const time = result.object === undefined ? own.time : write.now;
      const fields = own.fields.difference(unownedFields);
      owned = withEntry(owned, { ...own, fields, ...(time === undefined ? {} : { time }) });
    }
    const object = result.object === undefined ? before : this.#read(result.object, name);
    return withManagedFields(object as unknown as KubernetesObject, owned);
  }

  #read(value: unknown, name: string): JsonObject {
    try {
      return this.#options.read(value).object;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      throw failure(
        `failed to convert new object (${name}) to proper version: unable to convert unstructured object to ${formatKind(this.#options)}: ${error.message}`,
      );
    }
  }
}

function readOr(entries: readonly ManagedFieldsEntry[]): ManagedFields {
  try {
    return readManagedFields(entries);
  } catch (error) {
    if (error instanceof ManagedFieldsError) return new Map();
    throw error;
  }
}

/** A client asks for a fresh start with an empty list, or one empty entry. */
function isReset(entries: readonly ManagedFieldsEntry[]): boolean {
  return entries.length === 0 || (entries.length === 1 && jsonEqual(entries[0], {}));
}

function managedFieldsOf(object: KubernetesObject | undefined) {
  const managedFields = object?.metadata.managedFields;
  return managedFields === undefined ? {} : { managedFields };
}

function withManagedFields(
  object: KubernetesObject,
  managed: ManagedFields | undefined,
): KubernetesObject {
  const { managedFields: _, ...metadata } = object.metadata;
  if (managed === undefined || managed.size === 0) return { ...object, metadata };
  return { ...object, metadata: { ...metadata, managedFields: writeManagedFields(managed) } };
}

function textOf(object: JsonObject, field: string): string {
  const value = ownValue(object, field);
  return typeof value === 'string' ? value : '';
}

/** `namespace/name; group/version, Kind=kind`, as upstream names objects in messages. */
function describeObject(object: JsonObject): string {
  const metadata = ownValue(object, 'metadata');
  const [namespace, name] = ['namespace', 'name'].map((field) =>
    isJsonObject(metadata) ? textOf(metadata, field) : '',
  );
  const { group, version } = parseApiVersion(textOf(object, 'apiVersion'));
  return `${namespace}/${name}; ${formatKind({ group, version, kind: textOf(object, 'kind') })}`;
}

function formatKind({ group, version, kind }: GroupVersionKind): string {
  return `${group}/${version}, Kind=${kind}`;
}

function failure(message: string): StatusError {
  return customFailure(500, '', message);
}
