import { streamOf } from '../http/index.ts';
import type { HttpRequest, HttpResponse } from '../api/http-message.ts';
import { putBytes } from '../storage/storage.ts';
import { algorithmOf, digestOf, type Digest } from './content-digest.ts';
import { contentPath } from './contents.ts';
import type { HubParts } from './hub.ts';
import { largestManifest, readManifest, type Descriptor } from './manifests.ts';
import { checkedDigest, checkedReference } from './names.ts';
import { readAtMost } from './read-at-most.ts';
import { RegistryError } from './registry-error.ts';
import { empty } from './reply.ts';
import type { Repository, RepositoryDraft } from './repositories.ts';
import { rangeOf, type Piece } from './uploads.ts';

/** Writing: uploads, manifests, tags, deletion. Who may is decided before. */
export class PushSide {
  readonly #parts: HubParts;

  constructor(parts: HubParts) {
    this.#parts = parts;
  }

  /** Begins an upload, or does it all at once: with `mount` from another repository, with `digest` from the body. */
  async startUpload(
    request: HttpRequest,
    name: string,
    parameters: URLSearchParams,
  ): Promise<HttpResponse> {
    const mount = parameters.get('mount');
    const from = parameters.get('from');
    if (mount !== null) {
      const digest = checkedDigest(mount);
      if (await this.#mount(name, from, digest)) return created(name, 'blobs', digest);
    }
    const digest = parameters.get('digest');
    if (digest !== null && mount === null) checkedDigest(digest);
    const id = await this.#parts.uploads.start(name);
    if (digest !== null && mount === null) return this.finishUpload(request, name, id, parameters);
    return uploading(202, name, id, 0);
  }

  async uploadStatus(name: string, id: string): Promise<HttpResponse> {
    return uploading(204, name, id, await this.#parts.uploads.size(name, id));
  }

  async addToUpload(request: HttpRequest, name: string, id: string): Promise<HttpResponse> {
    const size = await this.#parts.uploads.append(name, id, pieceOf(request));
    return uploading(202, name, id, size);
  }

  async finishUpload(
    request: HttpRequest,
    name: string,
    id: string,
    parameters: URLSearchParams,
  ): Promise<HttpResponse> {
    const { repositories, uploads } = this.#parts;
    const digest = checkedDigest(parameters.get('digest'));
    await uploads.finish(name, id, pieceOf(request), digest, (size) =>
      repositories.update(name, ({ blobs }) => void blobs.set(digest, size)),
    );
    return created(name, 'blobs', digest);
  }

  async cancelUpload(name: string, id: string): Promise<HttpResponse> {
    await this.#parts.uploads.cancel(name, id);
    return empty(204);
  }

  async putManifest(request: HttpRequest, name: string, text: string): Promise<HttpResponse> {
    const { repositories, contents } = this.#parts;
    const reference = checkedReference(text);
    const bytes = await readAtMost(request.body, largestManifest);
    const digest = await digestOf(
      bytes,
      'digest' in reference ? algorithmOf(reference.digest) : 'sha256',
    );
    if ('digest' in reference && reference.digest !== digest)
      throw new RegistryError('DIGEST_INVALID', { digest: reference.digest, found: digest });
    const { blobs, manifests, mediaType, ...rest } = readManifest(
      bytes,
      request.headers.get('content-type'),
    );
    const check = (known: Repository | undefined): void => {
      for (const blob of blobs) checkPresent(blob, known?.blobs.get(blob.digest));
      for (const one of manifests) checkPresent(one, known?.manifests.get(one.digest)?.size);
    };
    check(repositories.find(name));
    await contents.exclusively(digest, async () => {
      if (!(await contents.isStored(digest)))
        await putBytes(this.#parts.storage, contentPath(digest), bytes);
      await repositories.update(name, (draft) => {
        check(draft);
        draft.manifests.set(digest, { mediaType, size: bytes.length, ...rest });
        if ('tag' in reference) draft.tags.set(reference.tag, digest);
      });
    });
    const response = created(name, 'manifests', digest);
    if (rest.subject !== undefined) response.headers.set('oci-subject', rest.subject);
    return response;
  }

  /** By tag, only the tag goes; by digest, its tags go too. */
  async deleteManifest(name: string, text: string): Promise<HttpResponse> {
    const reference = checkedReference(text);
    await this.#change(name, (draft) => {
      const found =
        'tag' in reference
          ? draft.tags.delete(reference.tag)
          : draft.manifests.delete(reference.digest);
      if (!found) throw new RegistryError('MANIFEST_UNKNOWN', reference);
      if ('tag' in reference) return;
      for (const [tag, digest] of draft.tags)
        if (digest === reference.digest) draft.tags.delete(tag);
    });
    if ('digest' in reference) await this.#forget(reference.digest);
    return empty(202);
  }

  async deleteBlob(name: string, text: string): Promise<HttpResponse> {
    const digest = checkedDigest(text);
    await this.#change(name, ({ blobs }) => {
      if (!blobs.delete(digest)) throw new RegistryError('BLOB_UNKNOWN', { digest });
    });
    await this.#forget(digest);
    return empty(202);
  }

  /** From one repository, or from any when none is named: all may be read. False when there is nothing to mount: the client then uploads. */
  async #mount(name: string, from: string | null, digest: Digest): Promise<boolean> {
    const { repositories, builtIn, contents, find } = this.#parts;
    const size =
      from === null
        ? (repositories.sizeOf(digest) ?? (await builtIn.sizeOf(digest)))
        : (await find(from))?.blobs.get(digest);
    if (size === undefined) return false;
    await contents.exclusively(digest, async () => {
      await contents.keep(digest);
      await repositories.update(name, ({ blobs }) => void blobs.set(digest, size));
    });
    return true;
  }

  /** A change of a repository that must exist. */
  async #change(name: string, change: (draft: RepositoryDraft) => void): Promise<void> {
    const { repositories } = this.#parts;
    if (repositories.find(name) === undefined) throw new RegistryError('NAME_UNKNOWN', { name });
    await repositories.update(name, change);
  }

  /** Removes content that no repository names any more. */
  #forget(digest: Digest): Promise<void> {
    const { repositories, contents } = this.#parts;
    return contents.forget(digest, (one) => repositories.uses(one));
  }
}

function checkPresent({ digest, size }: Descriptor, found: number | undefined): void {
  if (found === undefined) throw new RegistryError('MANIFEST_BLOB_UNKNOWN', { digest });
  if (found !== size) throw new RegistryError('SIZE_INVALID', { digest, size, found });
}

/** Throws SIZE_INVALID for a length or range that contradicts itself. */
function pieceOf(request: HttpRequest): Piece {
  const { body, headers } = request;
  const announced = headers.get('content-length');
  const length = announced === null ? undefined : Number(announced);
  const range = headers.get('content-range');
  const [, first, last] = /^(?:bytes[ =])?(\d{1,15})-(\d{1,15})(?:\/\S+)?$/.exec(range ?? '') ?? [];
  if (range !== null && first === undefined) throw new RegistryError('RANGE_INVALID');
  const start = first === undefined ? undefined : Number(first);
  const spanned = start === undefined ? undefined : Number(last) - start + 1;
  if (spanned !== undefined && (spanned < 1 || (length !== undefined && length !== spanned)))
    throw new RegistryError('SIZE_INVALID');
  const expected = length ?? spanned;
  return {
    body: body instanceof Uint8Array ? streamOf(body) : body,
    ...(expected === undefined ? {} : { length: expected }),
    ...(start === undefined ? {} : { start }),
  };
}

function created(name: string, kind: 'blobs' | 'manifests', digest: Digest): HttpResponse {
  return empty(201, {
    location: `/v2/${name}/${kind}/${digest}`,
    'docker-content-digest': digest,
    'content-length': '0',
  });
}

function uploading(status: number, name: string, id: string, size: number): HttpResponse {
  return empty(status, {
    location: `/v2/${name}/blobs/uploads/${id}`,
    'docker-upload-uuid': id,
    range: rangeOf(size),
    ...(status === 204 ? {} : { 'content-length': '0' }),
  });
}
