/** `docker load`: a tar of images, as dockerd of any version since 1.10 saves it, and OCI image layouts. */
import { createTarDecoder } from 'modern-tar';
import { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import { collect } from '../../machine/agent/agent-client.ts';
import { isDigest } from '../../storage/digest.ts';
import { familiarReference, parseReference } from '../../runtime/images/reference.ts';
import { TarError } from '../../runtime/images/tar-reader.ts';
import type { Digest, Image, ImageConfig, Runtime } from '../../runtime/types.ts';
import { ApiError } from '../api/api-error.ts';
import { compressionOf, CompressionError, decompressed, peek } from '../archives/compression.ts';
import { ProgressLines, type WriteLine } from './progress-lines.ts';

const manifestSchema = z.array(
  z.looseObject({
    Config: z.string(),
    RepoTags: z.array(z.string()).nullish(),
    Layers: z.array(z.string()),
    Parent: z.string().nullish(),
  }),
);

/** Bytes up to which a file is taken for a description, and kept in memory. */
const MOST_JSON_BYTES = 4 * 1024 * 1024;
const TAR_MAGIC = { offset: 257, text: 'ustar' };
const TAR_HEADER = 512;

export interface LoadOptions {
  readonly quiet: boolean;
  readonly clock: Clock;
  readonly write: WriteLine;
}

/** What an archive holds, by path without leading `./`. */
interface Contents {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly layers: ReadonlyMap<string, Digest>;
  /** symbolic and hard links to other paths */
  readonly links: ReadonlyMap<string, string>;
  /** the first by name of the folders at the top */
  readonly firstFolder: string | undefined;
}

/** Loads all images of the archive and tells of each. Throws ApiError. */
export async function loadImages(
  { images }: Pick<Runtime, 'images'>,
  tar: ReadableStream<Uint8Array>,
  options: LoadOptions,
): Promise<readonly Image[]> {
  const contents = await readContents(images, tar, options);
  const text = contents.files.get('manifest.json');
  const drop = (): Promise<void> => images.dropLayers([...contents.layers.values()]);
  if (text === undefined) {
    await drop();
    // Without a manifest dockerd takes the archive for one from before version 1.10: a folder for each image.
    const { firstFolder } = contents;
    throw missing(firstFolder === undefined ? 'repositories' : `${firstFolder}/json`);
  }
  const loaded: Image[] = [];
  let named = 0;
  try {
    for (const item of manifestSchema.parse(JSON.parse(new TextDecoder().decode(text)))) {
      const image = await loadOne(images, contents, item, options.write);
      loaded.push(image);
      named += item.RepoTags?.length ?? 0;
    }
  } finally {
    await drop();
  }
  if (named === 0)
    for (const { id } of loaded) options.write({ stream: `Loaded image ID: ${id}\n` });
  return loaded;
}

async function loadOne(
  images: Runtime['images'],
  { files, layers, links }: Contents,
  {
    Config: configPath,
    RepoTags: tags,
    Layers: layerPaths,
  }: z.infer<typeof manifestSchema>[number],
  write: WriteLine,
): Promise<Image> {
  const follow = (path: string): string => links.get(path) ?? path;
  const configBytes = files.get(follow(configPath));
  if (configBytes === undefined) throw missing(configPath);
  const config = JSON.parse(new TextDecoder().decode(configBytes)) as ImageConfig;
  const expected = config.rootfs?.diff_ids ?? [];
  if (config.os !== undefined && config.os !== 'linux')
    throw new ApiError(500, `cannot load ${config.os} image on linux`);
  if (layerPaths.length !== expected.length)
    throw new ApiError(
      500,
      `invalid manifest, layers length mismatch: expected ${layerPaths.length}, got ${expected.length}`,
    );
  for (const [index, diffId] of expected.entries()) {
    const path = layerPaths[index] ?? '';
    const actual = layers.get(follow(path));
    if (actual === undefined) throw missing(path);
    if (actual !== diffId)
      throw new ApiError(
        500,
        `invalid diffID for layer ${index}: expected ${JSON.stringify(diffId)}, got ${JSON.stringify(actual)}`,
      );
  }
  const image = await images.load(configBytes);
  for (const text of tags ?? []) {
    const reference = parseReference(text);
    if (reference.tag === undefined) throw new ApiError(500, `invalid tag ${JSON.stringify(text)}`);
    const name = familiarReference(reference);
    const before = images.find(name);
    if (before !== undefined && before.id !== image.id)
      write({
        stream: `The image ${name} already exists, renaming the old one with ID ${before.id} to empty string\n`,
      });
    await images.tag(image.id, text);
    write({ stream: `Loaded image: ${name}\n` });
  }
  return image;
}

function missing(path: string): ApiError {
  return new ApiError(
    500,
    `open /var/lib/docker/tmp/docker-import/${path}: no such file or directory`,
  );
}

/** Puts layers into the store while the archive passes by, and keeps everything small. */
async function readContents(
  images: Runtime['images'],
  tar: ReadableStream<Uint8Array>,
  { quiet, clock, write }: LoadOptions,
): Promise<Contents> {
  const files = new Map<string, Uint8Array>();
  const layers = new Map<string, Digest>();
  const links = new Map<string, string>();
  const folders = new Set<string>();
  const lines = new ProgressLines(clock, write);
  try {
    const entries = (await decompressed(tar)).pipeThrough(createTarDecoder({ strict: true }));
    for await (const { header, body } of entries) {
      const path = cleanPath(header.name);
      const [top = '', ...rest] = path.split('/');
      if (top !== '' && (rest.length > 0 || header.type === 'directory')) folders.add(top);
      if (header.type === 'symlink' || header.type === 'link') {
        const base = header.type === 'symlink' ? path.split('/').slice(0, -1).join('/') : '';
        links.set(path, cleanPath(`${base}/${header.linkname ?? ''}`));
      }
      if (header.type !== 'file') {
        await body.cancel();
        continue;
      }
      const { head, whole } = await peek(body, TAR_HEADER);
      if (isLayer(head)) {
        const size = header.size;
        let read = 0;
        const watched = whole.pipeThrough(
          new TransformStream<Uint8Array, Uint8Array>({
            transform(chunk, controller) {
              read += chunk.length;
              if (!quiet) lines.tellMoving(shortId(path), 'Loading layer', read, size);
              controller.enqueue(chunk);
            },
          }),
        );
        const { diffId } = await images.addLayer(await decompressed(watched));
        layers.set(path, diffId);
      } else if (header.size <= MOST_JSON_BYTES) files.set(path, await collect(whole));
      else await whole.cancel();
    }
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw error instanceof CompressionError || isTarFailure(error) ? notATar(error) : error;
  }
  return { files, layers, links, firstFolder: [...folders].toSorted()[0] };
}

/** The library's failures have no class of their own. */
function isTarFailure(error: unknown): boolean {
  return error instanceof TarError || (error instanceof Error && error.constructor === Error);
}

/** What dockerd says, whose unpacking is a process of its own. */
export function notATar(cause: unknown): ApiError {
  const isCut = cause instanceof Error && /truncated|unexpected EOF/.test(cause.message);
  const reason = isCut ? 'unexpected EOF' : 'archive/tar: invalid tar header';
  return new ApiError(500, `Error processing tar file(exit status 1): ${reason}`, { cause });
}

function isLayer(head: Uint8Array): boolean {
  const { offset, text } = TAR_MAGIC;
  const magic = new TextDecoder().decode(head.subarray(offset, offset + text.length));
  // A layer without files is two empty blocks.
  const isEmptyTar = head.length === TAR_HEADER && head.every((byte) => byte === 0);
  return magic === text || isEmptyTar || compressionOf(head) !== 'none';
}

function cleanPath(path: string): string {
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return names.join('/');
}

/** What a layer's line is called: the beginning of its folder's name, or of its digest. */
function shortId(path: string): string {
  const name = path.replace(/^blobs\/sha256\//, '');
  return (isDigest(`sha256:${name}`) ? name : (name.split('/')[0] ?? '')).slice(0, 12);
}
