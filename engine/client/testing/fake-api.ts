import type { HttpRequest, HttpResponse } from '../../api/http-message.ts';
import { readAll } from '../../http/index.ts';
import type { KubernetesObject } from '../../objects/kubernetes-object.ts';
import * as errors from '../../objects/status/status-error.ts';
import type { Transport } from '../transport.ts';

type Body = KubernetesObject & Readonly<Record<string, unknown>>;

interface Change {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: Body;
  readonly collection: string;
}

interface Watch {
  readonly collection: string;
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
}

const encoder = new TextEncoder();

/**
 * As much of an API server as tests of clients need: any resource, stored as it is sent; versions
 * and conflicts, watches with their past, merge patches. No schemas, no selectors.
 */
export class FakeApi {
  /** `GET /api/v1/pods`, without the query */
  readonly requests: string[] = [];
  /** whole URLs with their query, and what was sent */
  readonly received: { readonly url: URL; readonly headers: Headers; readonly body: unknown }[] =
    [];
  /** What to answer instead; undefined for what it would answer. */
  intercept: (request: string) => errors.StatusError | Error | undefined = () => undefined;
  readonly #objects = new Map<string, Body>();
  readonly #watches = new Set<Watch>();
  #changes: Change[] = [];
  #version = 1;
  /** watches from before it are told that they are too late */
  #oldest = 0;

  readonly transport: Transport = async (request) => {
    const url = new URL(request.url);
    const name = `${request.method} ${decodeURIComponent(url.pathname)}`;
    const bytes = await readAll(request.body);
    const body = bytes.length === 0 ? {} : (JSON.parse(new TextDecoder().decode(bytes)) as Body);
    this.requests.push(name);
    this.received.push({ url, headers: request.headers, body });
    try {
      const failure = this.intercept(name);
      if (failure !== undefined) throw failure;
      return this.#answer(request, url, body as Body);
    } catch (error) {
      if (!(error instanceof errors.StatusError)) throw error;
      const { retryAfterSeconds } = error.status.details ?? {};
      const headers = new Headers(
        retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) },
      );
      return { ...json(error.status, error.code), headers };
    }
  };

  /** Watches end, as when the server closes them in time. */
  endWatches(): void {
    for (const { controller } of this.#watches) controller.close();
    this.#watches.clear();
  }

  /** Forgets the past: whoever wants to go on from it has to list again. */
  forgetHistory(): void {
    this.#oldest = this.#version;
    this.#changes = [];
  }

  /** Tells all watches of a version without a change. */
  bookmark(): void {
    const metadata = { resourceVersion: String(++this.#version) };
    for (const { controller } of this.#watches)
      controller.enqueue(line({ type: 'BOOKMARK', object: { metadata } }));
  }

  get watches(): number {
    return this.#watches.size;
  }

  #answer(request: HttpRequest, url: URL, body: Body): HttpResponse {
    const { collection, path } = parse(url.pathname);
    switch (request.method) {
      case 'GET':
        if (path !== undefined) return json(this.#existing(path));
        return url.searchParams.get('watch') === 'true'
          ? this.#watch(collection, Number(url.searchParams.get('resourceVersion')), request)
          : this.#list(collection);
      case 'POST':
        return json(this.#create(`${url.pathname}/${body.metadata.name}`, collection, body), 201);
      case 'PUT': {
        const old = this.#existing(path ?? '');
        const { resourceVersion } = body.metadata;
        if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion)
          throw errors.conflict(about(path), body.metadata.name ?? '', 'it was changed');
        return json(this.#store('MODIFIED', path ?? '', collection, { ...old, ...body }));
      }
      case 'PATCH': {
        const merged = merge(this.#existing(path ?? ''), body) as Body;
        return json(this.#store('MODIFIED', path ?? '', collection, merged));
      }
      case 'DELETE': {
        const old = this.#existing(path ?? '');
        this.#objects.delete(path ?? '');
        return json(this.#change('DELETED', collection, old));
      }
      default:
        throw errors.methodNotAllowed();
    }
  }

  #existing(path: string): Body {
    const found = this.#objects.get(path);
    if (found === undefined) throw errors.notFound(about(path), path.split('/').at(-1) ?? '');
    return found;
  }

  #create(path: string, collection: string, body: Body): Body {
    if (this.#objects.has(path)) throw errors.alreadyExists(about(path), body.metadata.name ?? '');
    const metadata = { ...body.metadata, uid: `uid-${this.#version}` };
    return this.#store('ADDED', path, collection, { ...body, metadata });
  }

  #store(type: 'ADDED' | 'MODIFIED', path: string, collection: string, object: Body): Body {
    const stored = this.#change(type, collection, object);
    this.#objects.set(path, stored);
    return stored;
  }

  #change(type: Change['type'], collection: string, object: Body): Body {
    const version = ++this.#version;
    const metadata = { ...object.metadata, resourceVersion: String(version) };
    const change = { version, type, object: { ...object, metadata }, collection };
    this.#changes.push(change);
    for (const watch of this.#watches)
      if (watch.collection === collection) watch.controller.enqueue(line(change));
    return change.object;
  }

  /** As a server, without the type of each item. */
  #list(collection: string): HttpResponse {
    const items: unknown[] = [];
    for (const [path, { apiVersion: _version, kind: _kind, ...item }] of this.#objects)
      if (parse(path).collection === collection) items.push(item);
    return json({ kind: 'List', metadata: { resourceVersion: String(this.#version) }, items });
  }

  #watch(collection: string, since: number, { signal }: HttpRequest): HttpResponse {
    let watch: Watch | undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        if (since < this.#oldest) {
          const { status } = errors.resourceExpired(`too old resource version: ${since}`);
          controller.enqueue(line({ type: 'ERROR', object: status }));
          controller.close();
          return;
        }
        for (const change of this.#changes)
          if (change.version > since && change.collection === collection)
            controller.enqueue(line(change));
        watch = { collection, controller };
        this.#watches.add(watch);
        signal?.addEventListener('abort', () => {
          if (watch !== undefined && this.#watches.delete(watch)) controller.error(signal.reason);
        });
      },
      cancel: () => {
        if (watch !== undefined) this.#watches.delete(watch);
      },
    });
    return { status: 200, headers: new Headers(), body };
  }
}

function json(value: unknown, status = 200): HttpResponse {
  return { status, headers: new Headers(), body: encoder.encode(JSON.stringify(value)) };
}

function line({ type, object }: { readonly type: string; readonly object: unknown }): Uint8Array {
  return encoder.encode(`${JSON.stringify({ type, object })}\n`);
}

/** The collection over all namespaces, and the path of the object itself, if it is one. */
function parse(pathname: string): {
  readonly collection: string;
  readonly path: string | undefined;
} {
  const match =
    /^(\/api|\/apis\/[^/]+)\/([^/]+)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?/.exec(
      pathname,
    );
  const [whole, root = '', version = '', , plural = '', name] = match ?? [];
  return {
    collection: `${root}/${version}/${plural}`,
    path: name === undefined ? undefined : whole,
  };
}

function about(path = ''): errors.Qualified {
  return { group: '', name: path.split('/').at(-2) ?? '' };
}

/** RFC 7396 */
function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result = { ...(target as Record<string, unknown> | undefined) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merge(result[key], value);
  }
  return result;
}
