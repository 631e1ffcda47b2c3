import type { TreeNode } from '../../api/image-tree.ts';
import { messageOf } from '../../base/message-of.ts';
import { fullName, parseReference } from '../images/reference.ts';
import { RegistryFailure } from '../registry/registry-failure.ts';
import { registryUrl } from '../registry/registry-session.ts';
import { RuntimeError } from '../runtime-error.ts';
import type { Image, Images } from '../types.ts';
import { CriError, type CriAuth, type CriImage } from './types.ts';

/** The image of the process that holds a shared process-id namespace; never collected. */
const PAUSE = 'registry.k8s.io/pause:3.10';

/** Images under the names containerd gives them: `docker.io/library/nginx:latest`. */
export class CriImages {
  readonly #images: Images;
  /** files of each image, by its id: to count them, all its layers have to be merged */
  readonly #inodes = new Map<string, number>();

  constructor(images: Images) {
    this.#images = images;
  }

  list(): CriImage[] {
    return this.#images.list().map(describe);
  }

  status(image: string): CriImage | undefined {
    const found = this.find(image);
    return found === undefined ? undefined : describe(found);
  }

  find(image: string): Image | undefined {
    try {
      return this.#images.find(image);
    } catch (error) {
      if (error instanceof RuntimeError && error.code === 'INVALID') return undefined;
      throw error;
    }
  }

  async pull(image: string, auth?: CriAuth): Promise<string> {
    const name = qualified(image);
    const options = auth === undefined || auth.username === '' ? {} : { credentials: auth };
    try {
      return (await this.#images.pull(image, options)).id;
    } catch (error) {
      throw pullFailure(error, name);
    }
  }

  /** With all its names, whichever is given. */
  async remove(image: string): Promise<void> {
    const found = this.find(image);
    if (found === undefined) return;
    await this.#images.remove(found.id, { force: true });
  }

  async pause(): Promise<Image> {
    return this.find(PAUSE) ?? this.#images.pull(PAUSE);
  }

  /** Bytes and files of all images, layers that several share once. */
  async usage(): Promise<{ readonly usedBytes: number; readonly inodesUsed: number }> {
    const images = this.#images.list();
    const layers = new Map(
      images.flatMap((image) => image.layers.map((layer) => [layer.diffId, layer])),
    );
    for (const id of this.#inodes.keys())
      if (!images.some((image) => image.id === id)) this.#inodes.delete(id);
    let inodesUsed = 0;
    for (const image of images) inodesUsed += await this.#inodesOf(image);
    const usedBytes = [...layers.values()].reduce((sum, { size }) => sum + size, 0);
    return { usedBytes, inodesUsed };
  }

  async #inodesOf({ id, layers }: Image): Promise<number> {
    const known = this.#inodes.get(id);
    if (known !== undefined) return known;
    const { tree } = await this.#images.tree(layers.map(({ diffId }) => diffId));
    const inodes = count(tree.root);
    this.#inodes.set(id, inodes);
    return inodes;
  }
}

function count({ children = [] }: TreeNode): number {
  return children.reduce((sum, child) => sum + count(child), 1);
}

/** An image's repository and tag or digest as containerd shows it. */
function qualified(text: string): string {
  try {
    const reference = parseReference(text);
    const { digest, tag } = reference;
    return fullName(reference) + (digest === undefined ? `:${tag ?? 'latest'}` : `@${digest}`);
  } catch (error) {
    throw new CriError(
      'INVALID_ARGUMENT',
      `failed to parse image reference "${text}": ${messageOf(error)}`,
      { cause: error },
    );
  }
}

function describe(image: Image): CriImage {
  const [user = ''] = (image.config.config?.User ?? '').split(':');
  const isNumber = /^\d+$/.test(user);
  const repoTags = image.tags.map(qualified);
  return {
    id: image.id,
    repoTags,
    repoDigests: image.repoDigests.map(qualified),
    size: image.size,
    ...(isNumber ? { uid: Number(user) } : {}),
    username: isNumber ? '' : user,
    pinned: repoTags.includes(PAUSE),
  };
}

/** Why an image cannot be had, in containerd's words. */
function pullFailure(error: unknown, name: string): CriError {
  const resolve = `failed to pull and unpack image "${name}": failed to resolve reference "${name}"`;
  const failure = rootFailure(error);
  if (failure !== undefined) {
    if (failure.status === 404)
      return new CriError('NOT_FOUND', `${resolve}: ${name}: not found`, { cause: error });
    if (failure.status === 401 || failure.status === 403)
      return new CriError(
        'UNKNOWN',
        `${resolve}: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`,
        { cause: error },
      );
    return new CriError('UNKNOWN', `${resolve}: ${failure.message}`, { cause: error });
  }
  if (error instanceof RuntimeError && error.code === 'NOT_FOUND')
    return new CriError('NOT_FOUND', `${resolve}: ${name}: not found`, { cause: error });
  const [, unreachable] = /^Get "[^"]*": (.*)$/s.exec(messageOf(error)) ?? [];
  if (unreachable !== undefined) {
    const { domain, path, digest, tag = 'latest' } = parseReference(name);
    const url = `${registryUrl(domain)}/v2/${path}/manifests/${digest ?? tag}`;
    return new CriError(
      'UNKNOWN',
      `${resolve}: failed to do request: Head "${url}": ${unreachable}`,
      { cause: error },
    );
  }
  return new CriError('UNKNOWN', `failed to pull and unpack image "${name}": ${messageOf(error)}`, {
    cause: error,
  });
}

function rootFailure(error: unknown): RegistryFailure | undefined {
  for (let one = error; one instanceof Error; one = one.cause)
    if (one instanceof RegistryFailure) return one;
  return undefined;
}
