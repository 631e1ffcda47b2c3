import { createSHA256 } from 'hash-wasm';
import type { KeyedLock } from '../../base/keyed-lock.ts';
import { RuntimeError } from '../runtime-error.ts';
import type { ContentStore, Digest, ImageConfig, Layer, PullEvent } from '../types.ts';
import type { Descriptor, ImageManifest, RegistryClient } from './registry-client.ts';

/** Layers downloaded at a time, as Docker does. */
const CONCURRENT_LAYERS = 3;

export interface PullContext {
  readonly client: RegistryClient;
  readonly content: ContentStore;
  readonly hasLayer: (diffId: Digest) => Promise<boolean>;
  readonly addLayer: (tar: ReadableStream<Uint8Array>, expected: Digest) => Promise<Layer>;
  /** a layer is there, under this name at the registry */
  readonly onLayer: (diffId: Digest, layer: Descriptor) => Promise<void>;
  readonly onProgress: (event: PullEvent) => void;
  /** by `diffId`, of all pulls into the store: what one of them is fetching, others wait for */
  readonly pulling: KeyedLock;
}

/** Fetches config and layers of a manifest into the store; every digest is checked on the way. */
export async function pullContents(
  manifest: ImageManifest,
  context: PullContext,
): Promise<ImageConfig> {
  const { client, content } = context;
  await content.write(await client.blob(manifest.config), manifest.config.digest);
  const config = JSON.parse(
    new TextDecoder().decode(await content.readAll(manifest.config.digest)),
  ) as ImageConfig;
  const diffIds = config.rootfs.diff_ids;
  if (diffIds.length !== manifest.layers.length) {
    throw new RuntimeError(
      'REGISTRY',
      'number of layers in the manifest and in the image configuration differ',
    );
  }

  const missing: { readonly layer: Descriptor; readonly diffId: Digest }[] = [];
  for (const [index, layer] of manifest.layers.entries()) {
    const diffId = diffIds[index];
    if (diffId === undefined) continue;
    const present = await context.hasLayer(diffId);
    context.onProgress({
      kind: 'layer',
      id: shortId(layer.digest),
      state: present ? 'exists' : 'pulling',
      current: 0,
      total: layer.size,
    });
    if (present) await context.onLayer(diffId, layer);
    else missing.push({ layer, diffId });
  }
  for (const { layer } of missing.slice(CONCURRENT_LAYERS)) {
    context.onProgress({
      kind: 'layer',
      id: shortId(layer.digest),
      state: 'waiting',
      current: 0,
      total: layer.size,
    });
  }
  const queue = missing.values();
  const work = async (): Promise<void> => {
    for (const { layer, diffId } of queue)
      await context.pulling.run(diffId, () => pullLayer(layer, diffId, context));
  };
  await Promise.all(Array.from({ length: CONCURRENT_LAYERS }, work));
  return config;
}

async function pullLayer(layer: Descriptor, diffId: Digest, context: PullContext): Promise<void> {
  const id = shortId(layer.digest);
  const total = layer.size;
  const report = (state: Extract<PullEvent, { kind: 'layer' }>['state'], current: number): void =>
    context.onProgress({ kind: 'layer', id, state, current, total });
  if (await context.hasLayer(diffId)) {
    await context.onLayer(diffId, layer);
    report('done', total);
    return;
  }
  const hash = (await createSHA256()).init();
  let received = 0;
  const compressed = (await context.client.blob(layer)).pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        hash.update(chunk);
        received += chunk.length;
        report('downloading', received);
        controller.enqueue(chunk);
      },
      flush() {
        report('verifying', received);
        if (`sha256:${hash.digest('hex')}` !== layer.digest) {
          throw new RuntimeError(
            'DIGEST_MISMATCH',
            `filesystem layer verification failed for digest ${layer.digest}`,
          );
        }
        report('downloaded', received);
        report('extracting', received);
      },
    }),
  );
  await context.addLayer(decompressed(compressed, layer.mediaType), diffId);
  await context.onLayer(diffId, layer);
  report('done', total);
}

function decompressed(
  stream: ReadableStream<Uint8Array>,
  mediaType: string,
): ReadableStream<Uint8Array> {
  if (mediaType.endsWith('gzip')) {
    // lib.dom types the pair over BufferSource; both ends carry Uint8Array.
    return stream.pipeThrough(
      new DecompressionStream('gzip') as unknown as TransformStream<Uint8Array, Uint8Array>,
    );
  }
  if (mediaType.endsWith('tar')) return stream;
  throw new RuntimeError('REGISTRY', `unsupported layer media type ${mediaType}`);
}

/** The 12 digits Docker shows of a digest. */
export function shortId(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}
