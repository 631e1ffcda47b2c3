/**
 * A read-only registry: the pull side of the OCI Distribution specification 1.1 as one function
 * from request to response, over static files. It holds no state but the catalogue, so it can
 * run in the page, in any worker and in Node. Pushing, deleting and referrers are left out: they
 * answer UNSUPPORTED.
 */
import { parseRange } from './byte-range.ts';
import { type ByteRange, type HubSource, HubSourceError } from './hub-source.ts';
import type { ImageIndex, ManifestEntry, RepositoryEntry } from './image-index.ts';
import { RegistryError } from './registry-error.ts';

export type Hub = (request: Request) => Promise<Response>;

/** From the specification: a repository name, a tag, a digest. */
const namePattern =
  /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const longestName = 255;
const digestPattern = /^sha256:[0-9a-f]{64}$/;
const routePattern = /^\/v2\/(.+)\/(manifests|blobs|tags)\/([^/]+)$/;

/** Digests name their content for ever; tags may move. */
const immutable = 'public, max-age=31536000, immutable';

/** The catalogue is read once, at the first request; a failure to read it is tried again at the next. */
export function createHub(source: HubSource): Hub {
  const registry = new Registry(source);
  return async (request) => {
    const withBody = request.method !== 'HEAD';
    let response: Response;
    try {
      response = await registry.answer(request);
    } catch (error) {
      response = asRegistryError(error).toResponse(withBody);
    }
    response.headers.set('docker-distribution-api-version', 'registry/2.0');
    return response;
  };
}

class Registry {
  readonly #source: HubSource;
  #index: Promise<ImageIndex> | undefined;

  constructor(source: HubSource) {
    this.#source = source;
  }

  async answer(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (request.method !== 'GET' && request.method !== 'HEAD')
      throw new RegistryError('UNSUPPORTED');
    if (pathname === '/v2' || pathname === '/v2/') return json({}, request);
    if (pathname === '/v2/_catalog') return this.#catalog(request, searchParams);
    const [, name, kind, reference] = routePattern.exec(pathname) ?? [];
    if (!name || !kind || !reference) return new Response('404 page not found\n', { status: 404 });
    const repository = await this.#repository(decode(name));
    switch (kind) {
      case 'manifests':
        return this.#manifest(request, repository, decode(reference));
      case 'blobs':
        return this.#blob(request, repository, decode(reference));
      default:
        if (reference !== 'list') return new Response('404 page not found\n', { status: 404 });
        return tagList(request, decode(name), repository, searchParams);
    }
  }

  #catalogue(): Promise<ImageIndex> {
    this.#index ??= this.#source
      .open('index.json')
      .then(
        async (stream) =>
          (await new Response(
            stream as ReadableStream<Uint8Array<ArrayBuffer>>,
          ).json()) as ImageIndex,
      );
    const index = this.#index;
    index.catch(() => {
      if (this.#index === index) this.#index = undefined;
    });
    return index;
  }

  async #repository(name: string): Promise<RepositoryEntry> {
    if (name.length > longestName || !namePattern.test(name))
      throw new RegistryError('NAME_INVALID', { name });
    const { repositories } = await this.#catalogue();
    const found = own(repositories, name) ?? own(repositories, `library/${name}`);
    // Docker Hub does not tell an absent repository from a private one; clients word their message after that.
    if (!found) throw new RegistryError('DENIED', { name });
    return found;
  }

  async #catalog(request: Request, parameters: URLSearchParams): Promise<Response> {
    const names = Object.keys((await this.#catalogue()).repositories).sort();
    const page = paginate(names, parameters);
    return json(
      { repositories: page.items },
      request,
      page.next ? link('/v2/_catalog', page.next) : {},
    );
  }

  async #manifest(
    request: Request,
    repository: RepositoryEntry,
    reference: string,
  ): Promise<Response> {
    const named = reference.includes(':')
      ? checkedDigest(reference)
      : own(repository.tags, reference);
    const byTag = named !== reference;
    let digest = named;
    let entry = digest === undefined ? undefined : own(repository.manifests, digest);
    const accept = request.headers.get('accept');
    if (byTag && entry?.defaultManifest && !accepts(accept, entry.mediaType)) {
      digest = entry.defaultManifest;
      entry = own(repository.manifests, digest);
    }
    if (!digest || !entry)
      throw new RegistryError(
        'MANIFEST_UNKNOWN',
        byTag ? { tag: reference } : { digest: reference },
      );
    if (!accepts(accept, entry.mediaType)) {
      throw new RegistryError(
        'MANIFEST_UNKNOWN',
        `${entry.mediaType} found, but the Accept header does not support it`,
      );
    }
    return this.#content(request, digest, entry, byTag ? 'no-cache' : immutable);
  }

  async #blob(request: Request, repository: RepositoryEntry, reference: string): Promise<Response> {
    const digest = checkedDigest(reference);
    const size = own(repository.blobs, digest);
    if (size === undefined) throw new RegistryError('BLOB_UNKNOWN', { digest });
    return this.#content(
      request,
      digest,
      { mediaType: 'application/octet-stream', size },
      immutable,
    );
  }

  async #content(
    request: Request,
    digest: string,
    entry: ManifestEntry,
    cacheControl: string,
  ): Promise<Response> {
    const headers: Record<string, string> = {
      'content-type': entry.mediaType,
      'docker-content-digest': digest,
      'cache-control': cacheControl,
      'accept-ranges': 'bytes',
      etag: `"${digest}"`,
    };
    if (request.headers.get('if-none-match')?.includes(`"${digest}"`))
      return new Response(null, { status: 304, headers });
    const range =
      request.method === 'GET' ? parseRange(request.headers.get('range'), entry.size) : 'whole';
    if (range === 'unsatisfiable') {
      return new Response(null, {
        status: 416,
        headers: { ...headers, 'content-range': `bytes */${entry.size}` },
      });
    }
    const part: ByteRange | undefined = range === 'whole' ? undefined : range;
    headers['content-length'] = String(part ? part.end - part.start : entry.size);
    if (part) headers['content-range'] = `bytes ${part.start}-${part.end - 1}/${entry.size}`;
    if (request.method === 'HEAD') return new Response(null, { headers });
    const stream = await this.#source.open(`blobs/sha256/${digest.slice('sha256:'.length)}`, part);
    const body = stream as ReadableStream<Uint8Array<ArrayBuffer>>;
    return new Response(body, { status: part ? 206 : 200, headers });
  }
}

function tagList(
  request: Request,
  name: string,
  repository: RepositoryEntry,
  parameters: URLSearchParams,
): Response {
  const page = paginate(Object.keys(repository.tags).sort(), parameters);
  return json(
    { name, tags: page.items },
    request,
    page.next ? link(`/v2/${name}/tags/list`, page.next) : {},
  );
}

/** Pages of the specification: `n` entries after `last`. */
function paginate(
  sorted: readonly string[],
  parameters: URLSearchParams,
): { items: readonly string[]; next?: string } {
  const wanted = parameters.get('n');
  const last = parameters.get('last');
  if (wanted !== null && !/^\d{1,6}$/.test(wanted))
    throw new RegistryError('PAGINATION_NUMBER_INVALID', { n: wanted });
  const rest = last === null ? sorted : sorted.filter((item) => item > last);
  const count = wanted === null ? rest.length : Number(wanted);
  const items = rest.slice(0, count);
  const final = items.at(-1);
  return items.length < rest.length && final !== undefined
    ? { items, next: new URLSearchParams({ last: final, n: String(count) }).toString() }
    : { items };
}

function link(path: string, query: string): Record<string, string> {
  return { link: `<${path}?${query}>; rel="next"` };
}

function json(value: unknown, request: Request, headers: Record<string, string> = {}): Response {
  const body = new TextEncoder().encode(JSON.stringify(value));
  return new Response(request.method === 'HEAD' ? null : body, {
    headers: {
      'content-type': 'application/json',
      'content-length': String(body.byteLength),
      ...headers,
    },
  });
}

/** Without an Accept header, or with a wildcard, everything will do. Weights are not looked at. */
function accepts(header: string | null, mediaType: string): boolean {
  const types = (header ?? '').split(',').map((part) => part.split(';')[0]?.trim() ?? '');
  return (
    header === null ||
    types.some((type) => type === '*/*' || type === 'application/*' || type === mediaType)
  );
}

function checkedDigest(text: string): string {
  if (!digestPattern.test(text)) throw new RegistryError('DIGEST_INVALID', { digest: text });
  return text;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Names come from the network: `constructor` must not find what every object has. */
function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function asRegistryError(error: unknown): RegistryError {
  if (error instanceof RegistryError) return error;
  const detail = error instanceof HubSourceError ? error.message : undefined;
  return new RegistryError('UNAVAILABLE', detail, { cause: error });
}
