import { formatTime } from '../../objects/time.ts';
import { toHex } from '../../base/hex.ts';
import type { Random } from '../../base/random.ts';
import {
  alreadyExists,
  badRequest,
  customFailure,
  forbidden,
  generateNameConflict,
  StatusError,
} from '../../objects/status/status-error.ts';
import { encodeForStorage, StoredObject } from '../store/stored-object.ts';
import { withMetadata, type ApiObject } from './api-object.ts';
import {
  inServedVersion,
  keyOf,
  qualifiedResource,
  refuse,
  type StoredResource,
} from './served-resource.ts';
import { strategyContext, type WriteContext } from './write-context.ts';

/** No vowels and none of 0, 1, 3, so that no words come about (apimachinery `util/rand`). */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIX = 5;
/** Characters of a generated name (apiserver `names/generate.go`). */
const NAME = 63;
const ATTEMPTS = 8;
const TERMINATING = 'create not allowed while custom resource definition is terminating';
/** Seconds an Event is kept (kube-apiserver `--event-ttl`). */
const EVENT_TTL = 3600;

export function generateName(base: string, random: Random): string {
  const suffix = Array.from(
    { length: SUFFIX },
    () => ALPHABET[Math.floor(random.next() * ALPHABET.length)],
  );
  return base.slice(0, NAME - SUFFIX) + suffix.join('');
}

/** A UUID of version 4 (RFC 9562). */
export function newUid(random: Random): string {
  const bytes = random.bytes(16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = toHex(bytes);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}

/** Removes what only the server says, whatever the client sent. */
export function withoutSystemFields(object: ApiObject): ApiObject {
  return withMetadata(object, {
    creationTimestamp: undefined,
    deletionTimestamp: undefined,
    deletionGracePeriodSeconds: undefined,
    selfLink: undefined,
    uid: undefined,
  });
}

/** Errors: `BadRequest` when the object says another namespace than the path. */
export function inNamespace(
  resource: StoredResource,
  object: ApiObject,
  namespace: string,
): ApiObject {
  const { namespace: own = '' } = object.metadata;
  if (!resource.definition.namespaced)
    return own === '' ? object : withMetadata(object, { namespace: undefined });
  return inNamespaceOf(object, namespace);
}

/** The same for the body of a request about something that has a namespace. */
export function inNamespaceOf(object: ApiObject, namespace: string): ApiObject {
  const { namespace: own = '' } = object.metadata;
  if (own === namespace) return object;
  if (own !== '')
    throw badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  return withMetadata(object, { namespace });
}

/** Seconds until an object goes by itself; 0 for never. */
export function timeToLive({ definition }: StoredResource): number {
  return definition.kind === 'Event' ? EVENT_TTL : 0;
}

/** Metadata, defaults of the server, checks: an object as it will be stored for the first time. */
export async function prepareCreation(
  resource: StoredResource,
  context: WriteContext,
  given: ApiObject,
): Promise<Prepared> {
  const { kind } = resource;
  if (resource.terminating === true)
    throw forbidden(qualifiedResource(resource), given.metadata.name ?? '', TERMINATING);
  const { generateName: base = '', name = '' } = given.metadata;
  const named =
    name === '' && base !== ''
      ? withMetadata(given, { name: generateName(base, context.random) })
      : given;
  const identified = withMetadata(named, {
    uid: newUid(context.random),
    creationTimestamp: formatTime(context.clock.now()),
    resourceVersion: undefined,
  });
  const allocation = await resource.allocator?.allocate(identified, undefined, context.dryRun);
  const settle = allocation?.settle ?? nothingToSettle;
  try {
    const wanted = allocation?.object ?? identified;
    const object = kind.prepareForCreate(wanted, strategyContext(context));
    refuse(resource, object, kind.validateCreate(object));
    for (const warning of kind.warningsOnCreate(object)) context.warn(warning);
    await context.validate(inServedVersion(resource, object), undefined);
    return { object, settle };
  } catch (error) {
    await settle(false);
    throw error;
  }
}

/** An object that is ready to be stored, and whom to tell whether it was. */
export interface Prepared {
  readonly object: ApiObject;
  readonly settle: (written: boolean) => Promise<void>;
}

export const nothingToSettle: Prepared['settle'] = () => Promise.resolve();

async function createOnce(
  resource: StoredResource,
  context: WriteContext,
  given: ApiObject,
): Promise<StoredObject> {
  if ((given.metadata.resourceVersion ?? '') !== '')
    throw customFailure(500, '', 'resourceVersion should not be set on objects to be created');
  const { object, settle } = await prepareCreation(resource, context, given);
  const { name = '', namespace = '', generateName: base = '' } = object.metadata;
  const key = keyOf(resource, namespace, name);
  let stored: StoredObject | undefined;
  try {
    stored = context.dryRun
      ? await dryRun(resource, key, object)
      : await resource.storage.create(key, object, timeToLive(resource));
  } finally {
    await settle(stored !== undefined);
  }
  if (stored !== undefined) return stored;
  const exists = qualifiedResource(resource);
  if (base !== '') throw generateNameConflict(exists, name);
  const there = await resource.storage.get(key);
  const deleting = there?.object.metadata.deletionTimestamp !== undefined;
  throw alreadyExists(exists, name, deleting ? 'object is being deleted: ' : '');
}

async function dryRun(
  { storage }: StoredResource,
  key: string,
  object: ApiObject,
): Promise<StoredObject | undefined> {
  if ((await storage.get(key)) !== undefined) return undefined;
  return new StoredObject({ key, value: encodeForStorage(object), modRevision: 0 });
}

/**
 * Stores a new object. A generated name that is taken is generated again. Errors: `Invalid`,
 * `AlreadyExists`, and what admission says.
 */
export async function createObject(
  resource: StoredResource,
  context: WriteContext,
  object: ApiObject,
): Promise<StoredObject> {
  const { name = '', generateName: base = '' } = object.metadata;
  const attempts = name === '' && base !== '' ? ATTEMPTS : 1;
  for (let attempt = 1; ; attempt++) {
    try {
      return await createOnce(resource, context, object);
    } catch (error) {
      const taken = error instanceof StatusError && error.reason === 'AlreadyExists';
      if (!taken || attempt >= attempts) throw error;
    }
  }
}
