import { packTar } from 'modern-tar';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../base/fake-clock.ts';
import { digestOf } from '../../storage/digest.ts';
import { StoredContent } from '../content-store.ts';
import { MemoryStorage } from '../../storage/memory-storage.ts';
import type { Digest, ImageConfig, PullEvent, RegistryFetch } from '../types.ts';
import { ImageStore } from './image-store.ts';

const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const gzip = async (bytes: Uint8Array): Promise<Uint8Array> =>
  new Uint8Array(
    await new Response(
      new Blob([bytes.slice()]).stream().pipeThrough(new CompressionStream('gzip')),
    ).arrayBuffer(),
  );

/** A registry with one repository, as the distribution specification has it. */
class Registry {
  readonly blobs = new Map<string, Uint8Array>();
  readonly manifests = new Map<string, Uint8Array>();
  readonly requested: string[] = [];

  readonly fetch: RegistryFetch = (request) => {
    const path = new URL(request.url).pathname;
    this.requested.push(path);
    const match = /^\/v2\/library\/app\/(manifests|blobs)\/(.+)$/.exec(path);
    if (path === '/v2/') return Promise.resolve(new Response('{}'));
    if (match === null) {
      const headers = { 'www-authenticate': 'Bearer realm="x",error="insufficient_scope"' };
      return Promise.resolve(new Response('{}', { status: 401, headers }));
    }
    const found = (match[1] === 'blobs' ? this.blobs : this.manifests).get(match[2] ?? '');
    return Promise.resolve(
      found === undefined
        ? new Response('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}', {
            status: 404,
          })
        : new Response(found.slice()),
    );
  };

  async put(
    tag: string,
    options: { readonly architecture?: string; readonly files: readonly string[] },
  ): Promise<{ id: Digest; digest: Digest }> {
    const layers = [];
    const diffIds: Digest[] = [];
    for (const name of options.files) {
      const tar = await packTar([{ header: { name, size: 4, mtime: new Date(0) }, body: 'data' }]);
      const packed = await gzip(tar);
      diffIds.push(await digestOf(tar));
      layers.push({
        mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
        digest: await this.#blob(packed),
        size: packed.length,
      });
    }
    const config = json({
      architecture: '386',
      os: 'linux',
      config: { Cmd: [tag] },
      rootfs: { type: 'layers', diff_ids: diffIds },
    });
    const id = await this.#blob(config);
    const manifest = json({
      schemaVersion: 2,
      config: {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        digest: id,
        size: config.length,
      },
      layers,
    });
    const manifestDigest = await digestOf(manifest);
    this.manifests.set(manifestDigest, manifest);
    const index = json({
      schemaVersion: 2,
      manifests: [
        {
          mediaType: 'application/vnd.oci.image.manifest.v1+json',
          digest: manifestDigest,
          size: manifest.length,
          platform: { os: 'linux', architecture: options.architecture ?? '386' },
        },
      ],
    });
    this.manifests.set(tag, index);
    return { id, digest: await digestOf(index) };
  }

  async #blob(bytes: Uint8Array): Promise<Digest> {
    const digest = await digestOf(bytes);
    this.blobs.set(digest, bytes);
    return digest;
  }
}

async function setUp() {
  const registry = new Registry();
  const storage = new MemoryStorage();
  const open = () =>
    ImageStore.open({
      storage,
      content: new StoredContent(storage),
      registry: registry.fetch,
      clock: new FakeClock(),
    });
  return { registry, storage, open, images: await open() };
}

describe('pull', () => {
  it('chooses the platform, checks, stores and survives a restart', async () => {
    const { registry, images, open } = await setUp();
    const { id, digest } = await registry.put('latest', { files: ['one', 'two'] });
    const events: PullEvent[] = [];
    const image = await images.pull('app', { onProgress: (event) => events.push(event) });
    expect(image).toMatchObject({
      id,
      tags: ['app:latest'],
      repoDigests: [`app@${digest}`],
      size: 8,
    });
    expect(events[0]).toEqual({
      kind: 'resolving',
      repository: 'library/app',
      reference: 'latest',
    });
    expect(events.at(-1)).toEqual({
      kind: 'resolved',
      digest,
      upToDate: false,
    });
    const states = new Set(
      events.flatMap((event) => (event.kind === 'layer' ? [event.state] : [])),
    );
    expect([...states]).toEqual([
      'pulling',
      'downloading',
      'verifying',
      'downloaded',
      'extracting',
      'done',
    ]);
    const { tree } = await images.tree(image.layers.map((layer) => layer.diffId));
    expect(tree.root.children?.map((node) => node.name)).toEqual(['one', 'two']);
    expect((await open()).get(id.slice(7, 19))).toEqual(image);
  });

  it('fetches no layer twice and says when nothing changed', async () => {
    const { registry, images } = await setUp();
    await registry.put('latest', { files: ['one', 'two'] });
    await images.pull('app');
    await registry.put('next', { files: ['one', 'three'] });
    const events: PullEvent[] = [];
    await images.pull('app:next', { onProgress: (event) => events.push(event) });
    expect(
      events.flatMap((event) =>
        event.kind === 'layer' && event.state === 'exists' ? [event.id] : [],
      ),
    ).toHaveLength(1);
    await images.pull('app:next', { onProgress: (event) => events.push(event) });
    expect(events.at(-1)).toMatchObject({ kind: 'resolved', upToDate: true });
  });

  it('fetches a layer once for two pulls at the same time', async () => {
    const { registry, images } = await setUp();
    await registry.put('latest', { files: ['one'] });
    const events: PullEvent[] = [];
    const [first, second] = await Promise.all([
      images.pull('app'),
      images.pull('app', { onProgress: (event) => events.push(event) }),
    ]);
    expect(second).toEqual(first);
    const blobs = registry.requested.filter((path) => path.includes('/blobs/'));
    // The configuration, which says what the layers are, twice.
    expect(blobs).toHaveLength(3);
    expect(new Set(blobs).size).toBe(2);
    expect(events.filter(({ kind }) => kind === 'layer').at(-1)).toMatchObject({ state: 'done' });
  });

  it("refuses as Docker does, in Docker's words", async () => {
    const { registry, images } = await setUp();
    await registry.put('other', { architecture: 'amd64', files: [] });
    await expect(images.pull('app:other')).rejects.toThrow(
      'no matching manifest for linux/386 in the manifest list entries',
    );
    await expect(images.pull('app:none')).rejects.toThrow(
      'manifest for app:none not found: manifest unknown: manifest unknown',
    );
    await expect(images.pull('nobody/nothing')).rejects.toThrow(
      "pull access denied for nobody/nothing, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    );
    expect(() => images.get('absent')).toThrow('No such image: absent:latest');
  });

  it('keeps nothing of a layer that was tampered with', async () => {
    const { registry, images, storage } = await setUp();
    await registry.put('latest', { files: ['one'] });
    const manifests = [...registry.manifests.values()].map((bytes) =>
      new TextDecoder().decode(bytes),
    );
    const layer = /"layers":\[\{[^}]*"digest":"([^"]+)"/.exec(manifests.join())?.[1] ?? '';
    registry.blobs.set(layer, await gzip(await packTar([{ header: { name: 'evil', size: 0 } }])));
    await expect(images.pull('app')).rejects.toThrow(
      `filesystem layer verification failed for digest ${layer}`,
    );
    expect(images.list()).toEqual([]);
    expect(await storage.list('layers/')).toEqual([]);
  });
});

describe('tags and removal', () => {
  const config = (name: string, layers: readonly Digest[] = []): ImageConfig => ({
    architecture: '386',
    os: 'linux',
    author: name,
    rootfs: { type: 'layers', diff_ids: layers },
  });

  it('a tag belongs to one image', async () => {
    const { images } = await setUp();
    const first = await images.add({ config: config('1'), layers: [], tags: ['a'] });
    const second = await images.add({ config: config('2'), layers: [], tags: ['a:latest'] });
    expect(images.get('a').id).toBe(second.id);
    expect(images.get(first.id).tags).toEqual([]);
  });

  it('removes the tag, not the image, when a tag reads like the beginning of its id', async () => {
    const { images } = await setUp();
    const { id } = await images.add({ config: config('1'), layers: [], tags: ['other'] });
    const tag = id.slice('sha256:'.length, 'sha256:'.length + 4);
    await images.tag(id, tag);
    expect(await images.remove(tag)).toEqual([{ untagged: `${tag}:latest` }]);
    expect(images.get(`sha256:${tag}`).tags).toEqual(['other:latest']);
    expect(await images.remove(tag)).toEqual([{ untagged: 'other:latest' }, { deleted: id }]);
  });

  it('untags, and removes the last tag with image, unused layers and untagged parents', async () => {
    const { images, storage } = await setUp();
    const tar = (name: string) => packTar([{ header: { name, size: 0, mtime: new Date(0) } }]);
    const base = (await images.addLayer(await tar('base'))).diffId;
    const top = (await images.addLayer(await tar('top'))).diffId;
    const parent = await images.add({ config: config('parent', [base]), layers: [base] });
    const child = await images.add({
      config: config('child', [base, top]),
      layers: [base, top],
      tags: ['c', 'd:1'],
      parent: parent.id,
    });
    await expect(images.remove(parent.id)).rejects.toThrow('image has dependent child images');
    await expect(images.remove(child.id)).rejects.toThrow(
      '(must be forced) - image is referenced in multiple repositories',
    );
    expect(await images.remove('c')).toEqual([{ untagged: 'c:latest' }]);
    const use = { image: child.id, containerId: '1'.repeat(64), running: false };
    await expect(images.remove('d:1', { inUse: [use] })).rejects.toThrow(
      `conflict: unable to remove repository reference "d:1" (must force) - container 111111111111 is using its referenced image ${child.id.slice(7, 19)}`,
    );
    expect(await images.remove('d:1')).toEqual([
      { untagged: 'd:1' },
      { deleted: child.id },
      { deleted: top },
      { deleted: parent.id },
      { deleted: base },
    ]);
    expect(images.list()).toEqual([]);
    expect(await storage.list('blobs/')).toEqual([]);
  });
});

describe('images of a saved machine', () => {
  it('come back elsewhere: tags, parents, layers, and nothing else', async () => {
    const here = await setUp();
    await here.registry.put('latest', { files: ['one', 'two'] });
    const image = await here.images.pull('app');
    await here.images.tag('app', 'mine:1');
    const packed = await new Response(here.images.pack()).blob();

    const there = await setUp();
    await there.registry.put('latest', { files: ['other'] });
    const other = await there.images.pull('app');
    const content = new StoredContent(there.storage);
    await ImageStore.unpack(packed.stream(), { storage: there.storage, content });
    const images = await there.open();
    expect(images.list()).toEqual(here.images.list());
    expect(images.get('mine:1').tags).toEqual(['app:latest', 'mine:1']);
    const { tree } = await images.tree(image.layers.map((layer) => layer.diffId));
    expect(tree.root.children?.map((node) => node.name)).toEqual(['one', 'two']);
    await images.collectLayers();
    expect(await content.has(other.layers[0]?.diffId ?? other.id)).toBe(false);
    expect(await content.has(other.id)).toBe(false);
  });

  it('change nothing when they are damaged', async () => {
    const { registry, images, storage, open } = await setUp();
    await registry.put('latest', { files: ['one'] });
    const image = await images.pull('app');
    const bytes = new Uint8Array(await new Response(images.pack()).arrayBuffer());
    const at = Buffer.from(bytes).lastIndexOf('data');
    await images.remove('app', { force: true });
    const content = new StoredContent(storage);
    bytes.fill(7, at, at + 4);
    const unpacking = ImageStore.unpack(new Blob([bytes]).stream(), { storage, content });
    await expect(unpacking).rejects.toThrow('digest');
    expect((await open()).find(image.id)).toBeUndefined();
  });

  it('refuse what is no archive of images', async () => {
    const { storage } = await setUp();
    const content = new StoredContent(storage);
    const tar = await packTar([{ header: { name: '../evil', size: 1 }, body: 'x' }]);
    await expect(
      ImageStore.unpack(new Blob([tar]).stream(), { storage, content }),
    ).rejects.toMatchObject({ code: 'INVALID' });
  });
});
