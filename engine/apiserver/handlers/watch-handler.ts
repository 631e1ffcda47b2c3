import type { HttpResponse } from '../../api/http-message.ts';
import { resourceExpired, StatusError, toStatus } from '../../objects/status/status-error.ts';
import { makeSelection } from '../registry/selection.ts';
import { namespacePrefix } from '../registry/storage-keys.ts';
import { representationFor } from '../representation/encoder.ts';
import { parseListOptions, parseResourceVersion } from '../request/list-options.ts';
import { negotiateStream } from '../request/negotiation.ts';
import type { StoredObject } from '../store/stored-object.ts';
import { watchStream } from '../watch/watch-stream.ts';
import { TRANSFORMS, type ResourceRequest } from './resource-request.ts';

/** Milliseconds a watch lasts at least unless the client says; up to twice as long, by chance (`--min-request-timeout`). */
const TIMEOUT_MS = 1_800_000;

function streamResponse(body: ReadableStream<Uint8Array> | Uint8Array): HttpResponse {
  return { status: 200, headers: new Headers({ 'content-type': 'application/json' }), body };
}

/** A watch that fails once it was accepted says so by an event. */
function errorEvent(error: StatusError): HttpResponse {
  const event = { type: 'ERROR', object: toStatus(error) };
  return streamResponse(new TextEncoder().encode(`${JSON.stringify(event)}\n`));
}

/** GET with `watch=true`: everything that happens from a resource version on. */
export async function handleWatch(request: ResourceRequest): Promise<HttpResponse> {
  const { context, services, resource } = request;
  const { parameters, query } = context;
  const { clock, random } = services;
  const restrictions = { transforms: TRANSFORMS };
  const format = negotiateStream(context.request.headers, query, restrictions);
  const options = parseListOptions(parameters, true);
  const selection = makeSelection(resource, options, request.name);
  const encoder = representationFor(resource, format, parameters, () => clock.now(), false);
  const { cache, storage } = resource;
  const asked = parseResourceVersion(options.resourceVersion);
  const timeout =
    options.timeoutSeconds > 0
      ? options.timeoutSeconds * 1000
      : Math.round(TIMEOUT_MS * (1 + random.next()));
  try {
    const initialEvents = options.sendInitialEvents === true;
    if (options.resourceVersion === '') await cache.catchUp(await storage.revision());
    else if (initialEvents) await cache.catchUp(asked);
    else await cache.ready();
    const namespace = request.namespace === '' ? selection.namespace : request.namespace;
    const prefix = namespacePrefix(
      resource.prefix,
      resource.definition.namespaced ? namespace : '',
    );
    const matches = (stored: StoredObject): boolean =>
      stored.key.startsWith(prefix) && selection.matches(stored);
    // From no version, and without what is there: from now on.
    let revision = asked === 0 ? cache.revision : asked;
    let initial: readonly StoredObject[] = [];
    if (initialEvents) {
      const snapshot = cache.snapshot(prefix);
      ({ revision } = snapshot);
      initial = snapshot.objects.filter((stored) => selection.matches(stored));
    } else if (revision < cache.log.since)
      return errorEvent(resourceExpired(`too old resource version: ${asked} (${cache.log.since})`));
    return streamResponse(
      watchStream({
        cache,
        clock,
        initial,
        revision,
        matches,
        encoder,
        bookmarks: options.allowWatchBookmarks,
        markInitialEnd: initialEvents && options.allowWatchBookmarks,
        timeout,
        meter: context.exchange.meter(),
      }),
    );
  } catch (error) {
    if (error instanceof StatusError) return errorEvent(error);
    throw error;
  }
}
