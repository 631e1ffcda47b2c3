import type { HttpRequest, HttpResponse } from '../api/http-message.ts';
import type { Digest } from './content-digest.ts';
import { parseRange } from './byte-range.ts';
import type { HubParts } from './hub.ts';
import { checkedDigest, checkedReference } from './names.ts';
import { RegistryError } from './registry-error.ts';
import { json, paginate } from './reply.ts';
import type { ManifestEntry, Repository } from './repositories.ts';

/** Digests name their content for ever; tags may move. */
const immutable = 'public, max-age=31536000, immutable';
const indexType = 'application/vnd.oci.image.index.v1+json';

/** Reading: manifests, blobs, tags, referrers. Who may is decided before. */
export class PullSide {
  readonly #parts: HubParts;

  constructor(parts: HubParts) {
    this.#parts = parts;
  }

  async manifest(request: HttpRequest, name: string, text: string): Promise<HttpResponse> {
    const reference = checkedReference(text);
    const repository = await this.#repository(name);
    const byTag = 'tag' in reference;
    let digest = byTag ? repository.tags.get(reference.tag) : reference.digest;
    let entry = digest === undefined ? undefined : repository.manifests.get(digest);
    const accept = request.headers.get('accept');
    if (byTag && entry?.defaultManifest && !accepts(accept, entry.mediaType)) {
      digest = entry.defaultManifest;
      entry = repository.manifests.get(digest);
    }
    if (digest === undefined || entry === undefined)
      throw new RegistryError('MANIFEST_UNKNOWN', reference);
    if (!accepts(accept, entry.mediaType)) {
      throw new RegistryError(
        'MANIFEST_UNKNOWN',
        `${entry.mediaType} found, but the Accept header does not support it`,
      );
    }
    return this.#content(request, digest, entry, byTag ? 'no-cache' : immutable);
  }

  async blob(request: HttpRequest, name: string, text: string): Promise<HttpResponse> {
    const digest = checkedDigest(text);
    const repository = await this.#repository(name);
    const size = repository.blobs.get(digest) ?? repository.manifests.get(digest)?.size;
    if (size === undefined) throw new RegistryError('BLOB_UNKNOWN', { digest });
    const entry = { mediaType: 'application/octet-stream', size };
    return this.#content(request, digest, entry, immutable);
  }

  async tags(name: string, parameters: URLSearchParams): Promise<HttpResponse> {
    const repository = await this.#repository(name);
    const sorted = [...repository.tags.keys()].sort();
    const { items, headers } = paginate(sorted, `/v2/${name}/tags/list`, parameters);
    return json({ name, tags: items }, headers);
  }

  /** An index of the manifests whose subject this is; empty when there are none, also for what does not exist. */
  async referrers(name: string, text: string, parameters: URLSearchParams): Promise<HttpResponse> {
    const subject = checkedDigest(text);
    const repository = await this.#parts.find(name);
    const wanted = parameters.get('artifactType');
    const manifests = [...(repository?.manifests ?? [])]
      .filter(([, entry]) => entry.subject === subject)
      .filter(([, entry]) => wanted === null || entry.artifactType === wanted)
      .map(([digest, { mediaType, size, artifactType, annotations }]) => ({
        mediaType,
        digest,
        size,
        ...(artifactType === undefined ? {} : { artifactType }),
        ...(annotations === undefined ? {} : { annotations }),
      }));
    const headers: Record<string, string> = { 'content-type': indexType };
    if (wanted !== null) headers['oci-filters-applied'] = 'artifactType';
    return json({ schemaVersion: 2, mediaType: indexType, manifests }, headers);
  }

  async #repository(name: string): Promise<Repository> {
    const found = await this.#parts.find(name);
    if (found === undefined) throw new RegistryError('NAME_UNKNOWN', { name });
    return found;
  }

  async #content(
    request: HttpRequest,
    digest: Digest,
    entry: ManifestEntry,
    cacheControl: string,
  ): Promise<HttpResponse> {
    const { mediaType, size } = entry;
    const headers = new Headers({
      'content-type': mediaType,
      'docker-content-digest': digest,
      'cache-control': cacheControl,
      'accept-ranges': 'bytes',
      etag: `"${digest}"`,
    });
    if (request.headers.get('if-none-match')?.includes(`"${digest}"`))
      return { status: 304, headers, body: null };
    const isHead = request.method === 'HEAD';
    const range = isHead ? 'whole' : parseRange(request.headers.get('range'), size);
    if (range === 'unsatisfiable') {
      headers.set('content-range', `bytes */${size}`);
      return { status: 416, headers, body: new Uint8Array(0) };
    }
    const part = range === 'whole' ? { start: 0, end: size } : range;
    headers.set('content-length', String(part.end - part.start));
    if (range !== 'whole')
      headers.set('content-range', `bytes ${part.start}-${part.end - 1}/${size}`);
    return {
      status: range === 'whole' ? 200 : 206,
      headers,
      body: isHead ? null : await this.#parts.contents.open(digest, part),
    };
  }
}

/** Without an Accept header, or with a wildcard, everything will do. Weights are not looked at. */
function accepts(header: string | null, mediaType: string): boolean {
  const types = (header ?? '').split(',').map((part) => part.split(';')[0]?.trim() ?? '');
  return (
    header === null ||
    types.some((type) => type === '*/*' || type === 'application/*' || type === mediaType)
  );
}
