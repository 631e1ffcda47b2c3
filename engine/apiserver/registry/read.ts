import { EtcdError, prefixEnd, type Etcd, type KeyValue } from '../../api/etcd.ts';
import {
  badRequest,
  internalError,
  notFound,
  resourceExpired,
  tooLargeResourceVersion,
  type StatusError,
} from '../../objects/status/status-error.ts';
import { parseResourceVersion, type ListOptions } from '../request/list-options.ts';
import { decodeContinue, encodeContinue } from '../store/continue-token.ts';
import { isCompacted } from '../store/object-storage.ts';
import { StoredObject } from '../store/stored-object.ts';
import type { Selection } from './selection.ts';
import { keyOf, qualifiedResource, type StoredResource } from './served-resource.ts';
import { namespacePrefix } from './storage-keys.ts';

/** A list, or a page of one. */
export interface ListResult {
  readonly revision: number;
  readonly objects: readonly StoredObject[];
  /** token for the next page; empty at the end */
  readonly continue: string;
  /** how many come after this page, where that is known */
  readonly remaining: number | undefined;
}

export interface ReadContext {
  readonly etcd: Etcd;
}

const EXPIRED = 'The resourceVersion for the provided list is too old.';
const EXPIRED_TOKEN =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

/** Keys asked of etcd at once when a page of a past revision is looked for. */
const CHUNK = 10_000;

/** Errors: `NotFound`; `Timeout` for a resource version that is not there yet. */
export async function getObject(
  resource: StoredResource,
  namespace: string,
  name: string,
  resourceVersion: string,
): Promise<StoredObject> {
  const key = keyOf(resource, namespace, name);
  let stored: StoredObject | undefined;
  if (resourceVersion === '') stored = await resource.storage.get(key);
  else {
    await resource.cache.catchUp(parseResourceVersion(resourceVersion));
    stored = resource.cache.get(key);
  }
  if (stored === undefined) throw notFound(qualifiedResource(resource), name);
  return stored;
}

interface Range {
  readonly prefix: string;
  readonly from: string;
}

function rangeOf(resource: StoredResource, namespace: string, selection: Selection): Range {
  const within = namespace === '' ? selection.namespace : namespace;
  const prefix = namespacePrefix(resource.prefix, resource.definition.namespaced ? within : '');
  return { prefix, from: prefix };
}

/** Cuts a page out of all objects from `range.from` on. */
function page(
  objects: readonly StoredObject[],
  revision: number,
  limit: number,
  { prefix }: Range,
  selection: Selection,
): ListResult {
  const picked: StoredObject[] = [];
  for (let index = 0; index < objects.length; index++) {
    const stored = objects[index];
    if (stored === undefined || !selection.matches(stored)) continue;
    picked.push(stored);
    const more = index < objects.length - 1;
    if (limit === 0 || picked.length < limit || !more) continue;
    return {
      revision,
      objects: picked,
      continue: encodeContinue({ key: `${stored.key}\0`, revision }, prefix),
      remaining: selection.everything ? objects.length - picked.length : undefined,
    };
  }
  return { revision, objects: picked, continue: '', remaining: undefined };
}

async function opened(
  { codec }: StoredResource,
  kvs: readonly KeyValue[],
): Promise<readonly StoredObject[]> {
  const stored = kvs.map((kv) => new StoredObject(kv));
  return codec === undefined ? stored : codec.open(stored);
}

/** A past revision, from etcd's history. */
async function listAt(
  { etcd }: ReadContext,
  resource: StoredResource,
  revision: number,
  limit: number,
  range: Range,
  selection: Selection,
): Promise<ListResult> {
  const end = prefixEnd(range.prefix);
  if (limit === 0 || !selection.everything) {
    const all: StoredObject[] = [];
    for (let from = range.from; ;) {
      const { kvs, more } = await etcd.range({ key: from, rangeEnd: end, revision, limit: CHUNK });
      for (const stored of await opened(resource, kvs)) all.push(stored);
      const last = kvs.at(-1);
      if (!more || last === undefined) break;
      from = `${last.key}\0`;
    }
    return page(all, revision, limit, range, selection);
  }
  const { kvs, more, count } = await etcd.range({
    key: range.from,
    rangeEnd: end,
    revision,
    limit,
  });
  const last = kvs.at(-1);
  return {
    revision,
    objects: await opened(resource, kvs),
    continue:
      more && last !== undefined
        ? encodeContinue({ key: `${last.key}\0`, revision }, range.prefix)
        : '',
    remaining: more ? count - kvs.length : undefined,
  };
}

function explain(error: unknown, token: { key: string } | undefined, prefix: string): unknown {
  if (isCompacted(error))
    return token === undefined
      ? resourceExpired(EXPIRED)
      : resourceExpired(EXPIRED_TOKEN, encodeContinue({ key: token.key, revision: -1 }, prefix));
  if (error instanceof EtcdError && error.code !== 'FUTURE_REVISION') return internalError(error);
  return error;
}

/**
 * Lists as `ListOptions` ask: the newest state unless a resource version says otherwise; pages of
 * one list all show the same moment. Errors: `BadRequest`, `Expired`, `Timeout`.
 */
export async function listObjects(
  context: ReadContext,
  resource: StoredResource,
  namespace: string,
  options: ListOptions,
  selection: Selection,
): Promise<ListResult> {
  const { cache } = resource;
  const whole = rangeOf(resource, namespace, selection);
  const asked = parseVersion(options.resourceVersion);
  let token: { readonly key: string; readonly revision: number } | undefined;
  if (options.continue !== '') {
    token = decodeToken(options.continue, whole.prefix);
    if (asked > 0)
      throw badRequest('specifying resource version is not allowed when using continue');
  }
  const range = token === undefined ? whole : { ...whole, from: token.key };
  // What is at hand is not cut into pages.
  const limit = options.continue === '' && options.resourceVersion === '0' ? 0 : options.limit;
  const exact =
    token !== undefined && token.revision > 0
      ? token.revision
      : asked > 0 && (options.exact || (limit > 0 && !options.notOlderThan))
        ? asked
        : 0;
  if (exact === 0) {
    if (token === undefined && options.resourceVersion === '0') await cache.ready();
    else await cache.catchUp(asked > 0 ? asked : await resource.storage.revision());
    const { revision, objects } = cache.snapshot(range.prefix, range.from);
    return page(objects, revision, limit, range, selection);
  }
  // The cache shows the past as long as nothing has changed since.
  await cache.ready();
  if (cache.revision >= exact && cache.changedAt <= exact)
    return page(cache.snapshot(range.prefix, range.from).objects, exact, limit, range, selection);
  try {
    return await listAt(context, resource, exact, limit, range, selection);
  } catch (error) {
    if (error instanceof EtcdError && error.code === 'FUTURE_REVISION')
      throw tooLarge(exact, await resource.storage.revision());
    throw explain(error, token, range.prefix);
  }
}

function tooLarge(asked: number, current: number): StatusError {
  return tooLargeResourceVersion(asked, current, 1);
}

function parseVersion(text: string): number {
  try {
    return parseResourceVersion(text);
  } catch (error) {
    throw badRequest(`invalid resource version: ${(error as Error).message}`);
  }
}

function decodeToken(
  token: string,
  prefix: string,
): { readonly key: string; readonly revision: number } {
  try {
    return decodeContinue(token, prefix);
  } catch (error) {
    throw badRequest(`invalid continue token: ${(error as Error).message}`);
  }
}
