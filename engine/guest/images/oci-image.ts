/** Writes images as the registry serves them: gzip layers, OCI config, manifest and index (image-spec 1.0). */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { ImageIndex, RepositoryEntry, SourceEntry } from '../../api/image-index.ts';
import type { Digest } from '../../storage/digest.ts';
import { type FileTree, sourceDateEpoch } from './file-tree.ts';

/** One line of `docker history`; with a layer when it changed files. */
export interface BuildStep {
  readonly createdBy: string;
  readonly layer?: FileTree;
}

export interface ImageRecipe {
  /** `library/nginx` */
  readonly repository: string;
  readonly tags: readonly string[];
  readonly description: string;
  /** from the image that Docker Hub has under this name, for people */
  readonly differences: readonly string[];
  readonly steps: readonly BuildStep[];
  /** Docker's `Config` */
  readonly config: Readonly<Record<string, unknown>>;
  readonly sources: readonly SourceEntry[];
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
}

const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const;

const platform = { architecture: '386', os: 'linux' } as const;
const created = new Date(sourceDateEpoch * 1000).toISOString().replace('.000', '');

/** The search path that Docker's own base images set. */
export const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export class ImageWriter {
  readonly #directory: string;
  readonly #repositories: Record<string, RepositoryEntry> = {};

  /** `directory` receives `index.json` and `blobs/sha256/`. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  async add(recipe: ImageRecipe): Promise<void> {
    const layers: Descriptor[] = [];
    const described: { digest: Digest; size: number; createdBy: string }[] = [];
    const diffIds: string[] = [];
    for (const { layer, createdBy } of recipe.steps) {
      if (!layer) continue;
      const tar = await layer.toTar();
      diffIds.push(digestOf(tar));
      const descriptor = await this.#blob(mediaTypes.layer, await gzip(tar));
      layers.push(descriptor);
      described.push({ digest: descriptor.digest, size: descriptor.size, createdBy });
    }
    const config = await this.#json(mediaTypes.config, {
      ...platform,
      created,
      config: recipe.config,
      rootfs: { type: 'layers', diff_ids: diffIds },
      history: recipe.steps.map(({ createdBy, layer }) => ({
        created,
        created_by: createdBy,
        ...(layer ? {} : { empty_layer: true }),
      })),
    });
    const manifest = await this.#json(mediaTypes.manifest, {
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config,
      layers,
    });
    const index = await this.#json(mediaTypes.index, {
      schemaVersion: 2,
      mediaType: mediaTypes.index,
      manifests: [{ ...manifest, platform }],
    });
    const manifests: RepositoryEntry['manifests'] = {
      [index.digest]: {
        mediaType: index.mediaType,
        size: index.size,
        defaultManifest: manifest.digest,
      },
      [manifest.digest]: { mediaType: manifest.mediaType, size: manifest.size },
    };
    this.#repositories[recipe.repository] = {
      description: recipe.description,
      differences: recipe.differences,
      tags: Object.fromEntries(recipe.tags.map((tag) => [tag, index.digest])),
      manifests,
      blobs: Object.fromEntries([config, ...layers].map(({ digest, size }) => [digest, size])),
      layers: described,
      sources: recipe.sources,
    };
  }

  async finish(): Promise<ImageIndex> {
    const repositories = Object.fromEntries(
      Object.entries(this.#repositories).sort(([a], [b]) => (a < b ? -1 : 1)),
    );
    const index: ImageIndex = { repositories };
    await writeFile(join(this.#directory, 'index.json'), `${JSON.stringify(index, null, 2)}\n`);
    return index;
  }

  #json(mediaType: string, value: unknown): Promise<Descriptor> {
    return this.#blob(mediaType, new TextEncoder().encode(JSON.stringify(value)));
  }

  async #blob(mediaType: string, bytes: Uint8Array): Promise<Descriptor> {
    const digest = digestOf(bytes);
    const directory = join(this.#directory, 'blobs/sha256');
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, digest.slice('sha256:'.length)), bytes);
    return { mediaType, digest, size: bytes.byteLength };
  }
}

function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Debian's gzip, not zlib of the Node at hand: the same bytes whatever Node builds. `-n`: no name, no time. */
async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  const child = spawn('gzip', ['-9', '-n', '-c'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const output = buffer(child.stdout);
  child.stdin.end(bytes);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`gzip ended with ${code}`);
  return output;
}
