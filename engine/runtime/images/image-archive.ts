/**
 * Images as they travel with a saved machine: a tar of `images.json`, the configurations below
 * `configs/` and the uncompressed layers below `layers/`, the last two named by SHA-256.
 * Not the format of `docker save`, which knows neither untagged parents nor layers without an image.
 */
import { createTarDecoder, createTarPacker, type TarPackController } from 'modern-tar';
import { z } from 'zod';
import { isDigest } from '../../storage/digest.ts';
import { RuntimeError } from '../runtime-error.ts';
import type { ContentStore, Digest } from '../types.ts';
import type { LayerStore } from './layer-store.ts';

const RECORDS = 'images.json';
const CONFIGS = 'configs/';
const LAYERS = 'layers/';

const digest = z.custom<Digest>((value) => typeof value === 'string' && isDigest(value));

const imageRecord = z.object({
  id: digest,
  tags: z.array(z.string()).readonly(),
  repoDigests: z.array(z.string()).readonly(),
  parent: digest.exactOptional(),
  taggedAt: z.number().exactOptional(),
});

/** What is remembered of an image beside its configuration. */
export type ImageRecord = Readonly<z.infer<typeof imageRecord>>;

/** `layers` bottom or top first, as they come; each once. */
export function packImages(
  records: readonly ImageRecord[],
  layers: Iterable<Digest>,
  content: ContentStore,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { readable, controller } = createTarPacker();
  const pack = async (): Promise<void> => {
    const json = new TextEncoder().encode(JSON.stringify(records));
    const writer = controller.add({ name: RECORDS, size: json.length, type: 'file' }).getWriter();
    await writer.write(json);
    await writer.close();
    for (const { id } of records) await packBlob(controller, CONFIGS, id, content);
    for (const layer of new Set(layers)) await packBlob(controller, LAYERS, layer, content);
    controller.finalize();
  };
  pack().catch((error: unknown) => controller.error(error));
  return readable;
}

async function packBlob(
  controller: TarPackController,
  directory: string,
  blob: Digest,
  content: ContentStore,
): Promise<void> {
  const size = await content.size(blob);
  if (size === undefined) throw new RuntimeError('NOT_FOUND', `content ${blob} not found`);
  const name = directory + blob.slice('sha256:'.length);
  await (await content.read(blob)).pipeTo(controller.add({ name, size, type: 'file' }));
}

/**
 * Stores what `packImages` packed; what is there already is left alone. Returns the images' records,
 * which are the caller's to store. Throws INVALID when it is something else, DIGEST_MISMATCH when it is
 * damaged, STORAGE when there is no room.
 */
export async function unpackImages(
  tar: ReadableStream<Uint8Array>,
  content: ContentStore,
  layers: LayerStore,
): Promise<readonly ImageRecord[]> {
  let records: readonly ImageRecord[] | undefined;
  for await (const { header, body } of tar.pipeThrough(createTarDecoder({ strict: true }))) {
    const hash = `sha256:${header.name.slice(header.name.indexOf('/') + 1)}`;
    if (header.name === RECORDS) {
      const parsed = z.array(imageRecord).safeParse(await new Response(body).json());
      if (parsed.success) records = parsed.data;
    } else if (header.name.startsWith(CONFIGS) && isDigest(hash)) {
      await content.write(body, hash);
    } else if (header.name.startsWith(LAYERS) && isDigest(hash)) {
      if (await layers.has(hash)) await body.cancel();
      else await layers.add(body, hash);
    } else {
      throw new RuntimeError('INVALID', `There is no place for ${header.name} among images.`);
    }
  }
  if (records === undefined) throw new RuntimeError('INVALID', 'The archive describes no images.');
  return records;
}
