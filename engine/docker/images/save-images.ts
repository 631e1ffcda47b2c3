/** `docker save`: images as one tar, in the form that dockerd 20.10 writes and every later one loads. */
import { createSHA256 } from 'hash-wasm';
import { createTarPacker } from 'modern-tar';
import { familiarName, familiarReference, parseReference } from '../../runtime/images/reference.ts';
import type { Digest, Image, Runtime } from '../../runtime/types.ts';
import { ApiError, notFound } from '../api/api-error.ts';

interface Saved {
  readonly image: Image;
  /** familiar references that were asked for */
  readonly tags: string[];
}

/** One entry of the archive, by path. */
interface Entry {
  /** a directory when absent */
  readonly content?: Uint8Array | Digest;
  readonly size: number;
  readonly mtime: Date;
}

const VERSION = '1.0';
const epoch = new Date(0);
const encoder = new TextEncoder();

/** Throws 404 for an unknown name, 400 for what is no name. */
export async function saveImages(
  { images, content }: Pick<Runtime, 'images' | 'content'>,
  names: readonly string[],
): Promise<{ readonly tar: ReadableStream<Uint8Array>; readonly saved: readonly Image[] }> {
  const chosen = new Map<Digest, Saved>();
  for (const name of names) {
    const image = images.find(name);
    // Unlike elsewhere, by the name as it was given.
    if (image === undefined) throw notFound(`No such image: ${name}`);
    const saved = chosen.get(image.id) ?? { image, tags: [] };
    chosen.set(image.id, saved);
    for (const tag of tagsOf(image, name)) if (!saved.tags.includes(tag)) saved.tags.push(tag);
  }
  const entries = await archiveEntries([...chosen.values()]);
  const { readable, controller } = createTarPacker();
  const write = async (): Promise<void> => {
    for (const [name, { content: body, size, mtime }] of [...entries].toSorted(byPath)) {
      const isDirectory = body === undefined;
      const stream = controller.add({
        name,
        type: isDirectory ? 'directory' : 'file',
        mode: isDirectory ? 0o755 : 0o644,
        size,
        mtime,
      });
      if (body instanceof Uint8Array) await new Blob([body.slice()]).stream().pipeTo(stream);
      else if (body === undefined) await stream.close();
      else await (await content.read(body)).pipeTo(stream);
    }
  };
  write().then(
    () => controller.finalize(),
    (error: unknown) => controller.error(error),
  );
  return { tar: readable, saved: [...chosen.values()].map(({ image }) => image) };
}

/** All tags of a repository when only that was named; none for an id or a digest. */
function tagsOf(image: Image, name: string): readonly string[] {
  if (/^(sha256:)?[0-9a-f]{64}$/.test(name)) return [];
  const reference = parseReference(name);
  if (reference.digest !== undefined) return [];
  if (reference.tag !== undefined)
    return image.tags.filter((tag) => tag === familiarReference(reference));
  return image.tags.filter((tag) => familiarName(parseReference(tag)) === familiarName(reference));
}

async function archiveEntries(all: readonly Saved[]): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  const add = (path: string, bytes: Uint8Array, mtime: Date): void =>
    void entries.set(path, { content: bytes, size: bytes.length, mtime });
  const manifest: object[] = [];
  const repositories: Record<string, Record<string, string>> = {};
  for (const { image, tags } of all) {
    const { layers, config, configBytes, id } = image;
    if (layers.length === 0) throw new ApiError(500, 'empty export - not implemented');
    const created = new Date(config.created ?? 0);
    const folders: string[] = [];
    for (const [index, layer] of layers.entries()) {
      const parent = folders.at(-1);
      const isTop = index === layers.length - 1;
      // A name that stands for the layer and all below it, and for the image at the top.
      const folder = await sha256(JSON.stringify([layer.diffId, parent ?? '', isTop ? id : '']));
      folders.push(folder);
      entries.set(`${folder}/`, { size: 0, mtime: created });
      add(`${folder}/VERSION`, encoder.encode(VERSION), created);
      add(`${folder}/json`, legacyConfig(image, folder, parent, isTop), created);
      entries.set(`${folder}/layer.tar`, {
        content: layer.diffId,
        size: layer.size,
        mtime: created,
      });
    }
    const configName = `${id.slice('sha256:'.length)}.json`;
    add(configName, configBytes, created);
    manifest.push({
      Config: configName,
      RepoTags: tags.length === 0 ? null : tags,
      Layers: folders.map((folder) => `${folder}/layer.tar`),
    });
    for (const tag of tags) {
      const { tag: name = 'latest', ...repository } = parseReference(tag);
      (repositories[familiarName(repository)] ??= {})[name] = folders.at(-1) ?? '';
    }
  }
  const line = (value: object): Uint8Array => encoder.encode(`${JSON.stringify(value)}\n`);
  add('manifest.json', line(manifest), epoch);
  if (Object.keys(repositories).length > 0) add('repositories', line(repositories), epoch);
  return entries;
}

/** The `json` of a layer in Docker's first image format, for clients that still read it. */
function legacyConfig(
  { config }: Image,
  id: string,
  parent: string | undefined,
  isTop: boolean,
): Uint8Array {
  const { rootfs: _rootfs, history: _history, ...own } = config;
  return encoder.encode(
    JSON.stringify({
      id,
      ...(parent === undefined ? {} : { parent }),
      ...(isTop ? own : { created: '1970-01-01T00:00:00Z', os: config.os }),
    }),
  );
}

async function sha256(text: string): Promise<string> {
  return (await createSHA256()).init().update(text).digest('hex');
}

function byPath([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1;
}
