import { withoutIdleTimes } from '../../objects/apply/idle-times.ts';
import { goQuote } from '../../objects/go-text.ts';
import { conflict, customFailure, notFound } from '../../objects/status/status-error.ts';
import { FieldError, invalidObject } from '../../objects/validation/field-error.ts';
import { encodeForStorage, StoredObject } from '../store/stored-object.ts';
import { withMetadata, type ApiObject } from './api-object.ts';
import {
  nothingToSettle,
  prepareCreation,
  timeToLive,
  withoutSystemFields,
  type Prepared,
} from './create.ts';
import { preconditionsHold } from './preconditions.ts';
import {
  keyOf,
  qualifiedResource,
  refuse,
  inServedVersion,
  type StoredResource,
} from './served-resource.ts';
import { strategyContext, type WriteContext } from './write-context.ts';

export interface UpdateRequest {
  readonly namespace: string;
  readonly name: string;
  /** empty for the object itself */
  readonly subresource: string;
  /** create what is not there (apply patches; PUT of some kinds) */
  readonly allowCreate: boolean;
  /** what shall be, given what is (undefined: nothing); runs again when somebody was faster */
  readonly next: (current: ApiObject | undefined) => Promise<ApiObject>;
  /** what the object must be */
  readonly uid?: string;
}

export interface UpdateResult {
  readonly stored: StoredObject;
  readonly created: boolean;
}

export const LOCK_MESSAGE =
  'the object has been modified; please apply your changes to the latest version and try again';

/** Ends the update because the object goes for good: its last finalizer was removed. */
class Emptied extends Error {
  readonly object: ApiObject;
  constructor(object: ApiObject) {
    super('the last finalizer was removed');
    this.object = object;
  }
}

/** The object with the version it replaces. Errors: `Conflict`, `Invalid`. */
function atVersion(resource: StoredResource, next: ApiObject, current: ApiObject): ApiObject {
  const { resourceVersion = '', name = '' } = next.metadata;
  if (resourceVersion === '' || resourceVersion === '0') {
    if (resource.kind.updatesUnconditionally)
      return withMetadata(next, { resourceVersion: current.metadata.resourceVersion });
    const why = 'must be specified for an update';
    throw invalidObject(qualifiedResource(resource), name, [
      new FieldError('FieldValueInvalid', 'metadata.resourceVersion', 0, why),
    ]);
  }
  if (!/^\d+$/.test(resourceVersion))
    throw customFailure(
      500,
      '',
      `strconv.ParseUint: parsing ${goQuote(resourceVersion)}: invalid syntax`,
    );
  if (resourceVersion !== current.metadata.resourceVersion)
    throw conflict(qualifiedResource(resource), name, LOCK_MESSAGE);
  return next;
}

/** Errors: `Conflict` when another object has taken the place of the one that was meant, in the words of upstream's storage. */
function sameUid(
  resource: StoredResource,
  key: string,
  { metadata }: ApiObject,
  uid: string | undefined,
): void {
  if (uid === undefined || uid === metadata.uid) return;
  throw conflict(
    qualifiedResource(resource),
    metadata.name ?? '',
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid ?? ''}`,
  );
}

function goesNow(next: ApiObject, current: ApiObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = current.metadata;
  if ((next.metadata.finalizers ?? []).length > 0 || deletionTimestamp === undefined) return false;
  if (next.kind === 'Namespace' && next.apiVersion === 'v1') {
    const spec = next['spec'] as { readonly finalizers?: readonly unknown[] } | undefined;
    if ((spec?.finalizers ?? []).length > 0) return false;
  }
  return deletionGracePeriodSeconds === 0;
}

async function change(
  resource: StoredResource,
  context: WriteContext,
  request: UpdateRequest,
  stored: ApiObject,
): Promise<Prepared> {
  const { kind, allocator } = resource;
  const { subresource } = request;
  const current = inServedVersion(resource, stored);
  const given = atVersion(resource, await request.next(current), current);
  const allocation =
    subresource === '' ? await allocator?.allocate(given, current, context.dryRun) : undefined;
  const settle = allocation?.settle ?? nothingToSettle;
  try {
    const wanted = allocation?.object ?? given;
    const prepared = kind.prepareForUpdate(wanted, stored, subresource, strategyContext(context));
    refuse(resource, prepared, kind.validateUpdate(prepared, stored, subresource));
    for (const warning of kind.warningsOnUpdate(prepared, stored, subresource))
      context.warn(warning);
    const object = withoutIdleTimes(prepared, stored) as ApiObject;
    await context.validate(inServedVersion(resource, object), current);
    if (goesNow(object, stored)) throw new Emptied(object);
    return { object, settle };
  } catch (error) {
    await settle(false);
    throw error;
  }
}

/** Changes a stored object. Errors: `NotFound`, `Conflict`, `Invalid`, and what `next` and admission say. */
export async function updateObject(
  resource: StoredResource,
  context: WriteContext,
  request: UpdateRequest,
): Promise<UpdateResult> {
  const key = keyOf(resource, request.namespace, request.name);
  let created = false;
  let settle = nothingToSettle;
  const next = async (stored: StoredObject | undefined): Promise<ApiObject> => {
    // What was prepared for a version that somebody has changed meanwhile comes to nothing.
    await settle(false);
    settle = nothingToSettle;
    created = stored === undefined;
    const prepared = await prepare(resource, context, request, key, stored);
    ({ settle } = prepared);
    return prepared.object;
  };
  try {
    const stored = context.dryRun
      ? await dryRun(resource, key, next)
      : await resource.storage.update(key, next, timeToLive(resource));
    await settle(true);
    return { stored, created };
  } catch (error) {
    await settle(false);
    if (!(error instanceof Emptied)) throw error;
    return { stored: await remove(resource, context, key, error.object), created: false };
  }
}

async function prepare(
  resource: StoredResource,
  context: WriteContext,
  request: UpdateRequest,
  key: string,
  stored: StoredObject | undefined,
): Promise<Prepared> {
  if (stored !== undefined) {
    sameUid(resource, key, stored.object, request.uid);
    return change(resource, context, request, stored.object);
  }
  if (!request.allowCreate) throw notFound(qualifiedResource(resource), request.name);
  return prepareCreation(resource, context, withoutSystemFields(await request.next(undefined)));
}

async function dryRun(
  { storage }: StoredResource,
  key: string,
  next: (stored: StoredObject | undefined) => Promise<ApiObject>,
): Promise<StoredObject> {
  const current = await storage.get(key);
  const value = encodeForStorage(await next(current));
  return new StoredObject({ key, value, modRevision: current?.revision ?? 0 });
}

/** Deletes what an update has set free; the client is told of its last state. */
async function remove(
  resource: StoredResource,
  context: WriteContext,
  key: string,
  object: ApiObject,
): Promise<StoredObject> {
  if (!context.dryRun) {
    await resource.storage.delete(key, (current) => {
      preconditionsHold(resource, current.object, { uid: object.metadata.uid ?? '' });
      return Promise.resolve();
    });
    await resource.allocator?.release(object);
  }
  const modRevision = Number(object.metadata.resourceVersion ?? 0);
  return new StoredObject({ key, value: encodeForStorage(object), modRevision });
}
