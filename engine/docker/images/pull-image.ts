import type { Clock } from '../../base/clock.ts';
import { RuntimeError } from '../../runtime/runtime-error.ts';
import type { Image, Images } from '../../runtime/types.ts';
import { badRequest } from '../api/api-error.ts';
import { PullProgress } from './pull-progress.ts';

type Write = (line: Readonly<Record<string, unknown>>) => void;

/** Pulls and tells it as `docker pull` does. */
export function pullImage(
  images: Images,
  clock: Clock,
  reference: string,
  write: Write,
  options: { readonly platform?: string; readonly signal?: AbortSignal },
): Promise<Image> {
  const progress = new PullProgress(clock, write);
  return images.pull(reference, { ...options, onProgress: progress.onEvent });
}

/** The reference that `fromImage` and `tag` (a tag or a digest) mean together. Throws 400. */
export function joinReference(name: string, tag: string): string {
  if (name === '') throw badRequest('invalid reference format');
  if (tag === '') return name;
  return tag.includes(':') ? `${name}@${tag}` : `${name}:${tag}`;
}

/** An image by what the user typed. Throws 404 as dockerd says it. */
export function getImage(images: Images, reference: string): Image {
  try {
    return images.get(reference);
  } catch (error) {
    if (error instanceof RuntimeError && error.code === 'NOT_FOUND') {
      throw new RuntimeError('NOT_FOUND', `No such image: ${reference}`, { cause: error });
    }
    throw error;
  }
}
