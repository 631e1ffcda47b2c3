import { formatTime } from '../../objects/time.ts';
import { conflict, internalError, notFound } from '../../objects/status/status-error.ts';
import type { Status } from '../../objects/status/status.ts';
import type { DeleteOptions, Preconditions } from '../request/options.ts';
import { encodeForStorage, StoredObject } from '../store/stored-object.ts';
import { fieldAt, withMetadata, type ApiObject } from './api-object.ts';
import { preconditionsHold } from './preconditions.ts';
import { keyOf, qualifiedResource, served, type StoredResource } from './served-resource.ts';
import type { WriteContext } from './write-context.ts';

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';

export interface DeleteRequest {
  readonly namespace: string;
  readonly name: string;
  readonly options: DeleteOptions;
  /** validating admission of the deletion, for each version that is seen */
  readonly admit: (object: ApiObject) => Promise<void>;
}

export interface DeleteResult {
  /** the object is gone, not only on its way */
  readonly deleted: boolean;
  /** what the client is told */
  readonly answer: StoredObject | Status;
}

/** What one look at an object decides. */
type Step =
  | { readonly kind: 'update'; readonly object: ApiObject; readonly thenDelete: boolean }
  | { readonly kind: 'pending' }
  | { readonly kind: 'delete' };

/** Seconds a Pod is given to end: none for one that never ran or is over. */
function podGrace(pod: ApiObject, asked: number | undefined): number {
  const nodeName = fieldAt(pod, ['spec', 'nodeName']) ?? '';
  const phase = fieldAt(pod, ['status', 'phase']);
  if (nodeName === '' || phase === 'Failed' || phase === 'Succeeded') return 0;
  const own = fieldAt(pod, ['spec', 'terminationGracePeriodSeconds']);
  const period = asked ?? (typeof own === 'number' ? own : 0);
  return period < 0 ? 1 : period;
}

/** Finalizers that make the garbage collector treat dependents first. */
function finalizersFor(
  { dependents }: StoredResource,
  object: ApiObject,
  { orphanDependents, propagationPolicy }: DeleteOptions,
): readonly string[] {
  const before = object.metadata.finalizers ?? [];
  if (dependents === undefined) return before;
  const others = before.filter((name) => name !== ORPHAN && name !== FOREGROUND);
  const policy =
    orphanDependents === undefined ? propagationPolicy : orphanDependents ? 'Orphan' : 'Background';
  if (policy === 'Orphan') return [...others, ORPHAN];
  if (policy === 'Foreground') return [...others, FOREGROUND];
  if (policy === 'Background') return others;
  if (before.includes(ORPHAN)) return [...others, ORPHAN];
  if (before.includes(FOREGROUND)) return [...others, FOREGROUND];
  return dependents === 'orphan' ? [...others, ORPHAN] : others;
}

function markDeleting(object: ApiObject, now: number): ApiObject {
  const { deletionTimestamp, generation = 0 } = object.metadata;
  const past =
    deletionTimestamp !== undefined && Date.parse(deletionTimestamp) <= now
      ? deletionTimestamp
      : formatTime(now);
  return withMetadata(object, {
    deletionTimestamp: past,
    deletionGracePeriodSeconds: 0,
    ...(deletionTimestamp === undefined && generation > 0 ? { generation: generation + 1 } : {}),
  });
}

/** Graceful deletion, for Pods only: `pending` when an earlier deletion is not to be shortened. */
function graceful(
  object: ApiObject,
  asked: number | undefined,
  now: number,
): { readonly object: ApiObject; readonly grace: number } | 'pending' | 'none' {
  const { deletionTimestamp, deletionGracePeriodSeconds: left, generation = 0 } = object.metadata;
  if (deletionTimestamp === undefined) {
    const grace = podGrace(object, asked);
    return {
      grace,
      object: withMetadata(object, {
        deletionTimestamp: formatTime(now + grace * 1000),
        deletionGracePeriodSeconds: grace,
        ...(generation > 0 ? { generation: generation + 1 } : {}),
      }),
    };
  }
  if (left === undefined || left === 0) return 'none';
  if (asked === undefined || asked >= left) return 'pending';
  const at = Date.parse(deletionTimestamp) - left * 1000 + asked * 1000;
  const grace = at < now && asked !== 0 ? 1 : asked;
  return {
    grace,
    object: withMetadata(object, {
      deletionTimestamp: formatTime(Math.max(at, now)),
      deletionGracePeriodSeconds: grace,
    }),
  };
}

function prepared({ beforeDelete }: StoredResource, object: ApiObject, now: number): ApiObject {
  const { deletionTimestamp } = object.metadata;
  if (beforeDelete === undefined || deletionTimestamp !== undefined) return object;
  return beforeDelete(object, now);
}

function decide(
  resource: StoredResource,
  object: ApiObject,
  options: DeleteOptions,
  now: number,
): Step {
  const asked =
    options.gracePeriodSeconds !== undefined && options.gracePeriodSeconds < 0
      ? 1
      : options.gracePeriodSeconds;
  const isPod = resource.definition.kind === 'Pod' && resource.definition.group === '';
  const first = isPod ? graceful(object, asked, now) : 'none';
  if (first === 'pending') return { kind: 'pending' };
  const begun = first === 'none' ? prepared(resource, object, now) : first.object;
  const finalizers = finalizersFor(resource, begun, options);
  const pending = finalizers.length > 0;
  const next = withMetadata(begun, { finalizers: pending ? finalizers : undefined });
  if (first !== 'none')
    return { kind: 'update', object: next, thenDelete: !pending && first.grace === 0 };
  if (pending) return { kind: 'update', object: markDeleting(next, now), thenDelete: false };
  return { kind: 'delete' };
}

/** Stops `storage.update` with what was decided instead. */
class Decided extends Error {
  readonly step: Step;
  readonly current: StoredObject;
  constructor(step: Step, current: StoredObject) {
    super(step.kind);
    this.step = step;
    this.current = current;
  }
}

function deletionStatus(resource: StoredResource, { metadata }: ApiObject): Status {
  const { group, plural } = resource.definition;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name: metadata.name ?? '',
      ...(group === '' ? {} : { group }),
      kind: plural,
      ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
    },
    code: 200,
  };
}

function answerFor(resource: StoredResource, stored: StoredObject): StoredObject | Status {
  return resource.returnsDeleted ? stored : deletionStatus(resource, served(resource, stored));
}

/**
 * Deletes an object, or begins to: with finalizers left, or with time given to a Pod, it only gets
 * a deletion timestamp. Errors: `NotFound`, `Conflict` with preconditions, and what admission says.
 */
export async function deleteObject(
  resource: StoredResource,
  context: WriteContext,
  request: DeleteRequest,
): Promise<DeleteResult> {
  const { namespace, name, options } = request;
  const key = keyOf(resource, namespace, name);
  let preconditions: Preconditions | undefined = options.preconditions;
  let thenDelete = false;
  const look = async (stored: StoredObject | undefined): Promise<ApiObject> => {
    if (stored === undefined) throw notFound(qualifiedResource(resource), name);
    const { object } = stored;
    preconditionsHold(resource, object, preconditions);
    await request.admit(served(resource, stored));
    const step = decide(resource, object, options, context.clock.now());
    if (step.kind !== 'update') throw new Decided(step, stored);
    ({ thenDelete } = step);
    return step.object;
  };
  let updated: StoredObject;
  try {
    updated = context.dryRun
      ? await dryRunUpdate(resource, key, look)
      : await resource.storage.update(key, look);
  } catch (error) {
    if (!(error instanceof Decided)) throw error;
    if (error.step.kind === 'pending') return { deleted: false, answer: error.current };
    updated = error.current;
    thenDelete = true;
  }
  if (!thenDelete) return { deleted: false, answer: updated };
  if (context.dryRun) return { deleted: true, answer: answerFor(resource, updated) };
  if (preconditions?.resourceVersion !== undefined)
    preconditions = { ...preconditions, resourceVersion: String(updated.revision) };
  const gone = await resource.storage.delete(key, async (stored) => {
    preconditionsHold(resource, stored.object, preconditions);
    await request.admit(served(resource, stored));
  });
  if (gone !== undefined) await resource.allocator?.release(served(resource, gone));
  // Another component may have been faster; what was seen last is the best there is to tell.
  return { deleted: true, answer: answerFor(resource, gone ?? updated) };
}

async function dryRunUpdate(
  { storage }: StoredResource,
  key: string,
  look: (stored: StoredObject | undefined) => Promise<ApiObject>,
): Promise<StoredObject> {
  const current = await storage.get(key);
  const value = encodeForStorage(await look(current));
  return new StoredObject({ key, value, modRevision: current?.revision ?? 0 });
}

/** Namespaces end in two steps: their contents go first, and somebody empties `spec.finalizers`. */
export async function deleteNamespace(
  resource: StoredResource,
  context: WriteContext,
  request: DeleteRequest,
): Promise<DeleteResult> {
  const { name, options } = request;
  const stored = await resource.storage.get(keyOf(resource, '', name));
  if (stored === undefined) throw notFound(qualifiedResource(resource), name);
  const { uid, resourceVersion, deletionTimestamp } = stored.object.metadata;
  const asked = options.preconditions;
  if (uid === undefined) throw internalError(new Error(`namespace ${name} has no uid`));
  if (asked?.uid !== undefined && asked.uid !== uid)
    throw conflict(
      qualifiedResource(resource),
      name,
      `Precondition failed: UID in precondition: ${asked.uid}, UID in object meta: ${uid}`,
    );
  if (asked?.resourceVersion !== undefined && asked.resourceVersion !== resourceVersion)
    throw conflict(
      qualifiedResource(resource),
      name,
      `Precondition failed: ResourceVersion in precondition: ${asked.resourceVersion}, ResourceVersion in object meta: ${resourceVersion ?? ''}`,
    );
  const finalizers = fieldAt(stored.object, ['spec', 'finalizers']);
  if (deletionTimestamp !== undefined) {
    if (Array.isArray(finalizers) && finalizers.length > 0)
      return { deleted: false, answer: stored };
    return deleteObject(resource, context, {
      ...request,
      options: { ...options, preconditions: { ...asked, uid } },
    });
  }
  const terminate = async (current: StoredObject | undefined): Promise<ApiObject> => {
    if (current === undefined) throw notFound(qualifiedResource(resource), name);
    preconditionsHold(resource, current.object, { ...asked, uid });
    await request.admit(current.object);
    const { object } = current;
    const kept = finalizersFor(resource, object, options);
    return withMetadata(
      { ...object, status: { ...(object['status'] as object), phase: 'Terminating' } },
      {
        deletionTimestamp: object.metadata.deletionTimestamp ?? formatTime(context.clock.now()),
        finalizers: kept.length === 0 ? undefined : kept,
      },
    );
  };
  const key = keyOf(resource, '', name);
  const answer = context.dryRun
    ? await dryRunUpdate(resource, key, terminate)
    : await resource.storage.update(key, terminate);
  return { deleted: false, answer };
}
