/** `docker import`: the files of a tar as an image of one layer. */
import type { Clock } from '../../base/clock.ts';
import { parseReference } from '../../runtime/images/reference.ts';
import type { Image, Runtime } from '../../runtime/types.ts';
import { ApiError, badRequest } from '../api/api-error.ts';
import { decompressed } from '../archives/compression.ts';
import { applyChanges } from '../builder/apply-changes.ts';
import { notATar } from './load-images.ts';
import type { WriteLine } from './progress-lines.ts';
import { joinReference } from './pull-image.ts';

export interface ImportOptions {
  /** `-` for the request's body */
  readonly source: string;
  readonly repository: string;
  readonly tag: string;
  readonly message: string;
  /** instructions as a Dockerfile has them */
  readonly changes: readonly string[];
}

/** Throws 400 for names and changes that make no sense, 500 for what is no tar. */
export async function importImage(
  { images }: Pick<Runtime, 'images'>,
  clock: Clock,
  tar: ReadableStream<Uint8Array>,
  { source, repository, tag, message, changes }: ImportOptions,
  write: WriteLine,
): Promise<Image> {
  if (source !== '-')
    throw new ApiError(
      500,
      `${source} cannot be downloaded: this engine has no way out to the internet. Import a file or standard input instead`,
    );
  const reference = repository === '' ? undefined : joinReference(repository, tag);
  if (reference !== undefined && parseReference(reference).digest !== undefined)
    throw badRequest('cannot import digest reference');
  const config = await applyChanges({}, changes);
  const { diffId } = await images.addLayer(await decompressed(tar)).catch((cause: unknown) => {
    throw notATar(cause);
  });
  const created = new Date(clock.now()).toISOString();
  const comment = message === '' ? `Imported from ${source}` : message;
  const image = await images.add({
    config: {
      architecture: '386',
      os: 'linux',
      created,
      docker_version: '20.10.24',
      comment,
      config,
      rootfs: { type: 'layers', diff_ids: [diffId] },
      history: [{ created, comment }],
    },
    layers: [diffId],
  });
  if (reference !== undefined) await images.tag(image.id, reference);
  write({ status: image.id });
  return image;
}
