import { RuntimeError } from '../runtime-error.ts';
import type { Image, ImageUse } from '../types.ts';
import { shortId } from '../registry/pull-contents.ts';
import { familiarName, parseReference } from './reference.ts';

/** Docker's refusals to remove an image. Throws CONFLICT, or does nothing. */
export function imageConflict(
  image: Image,
  uses: readonly ImageUse[],
  children: readonly Image[],
  force: boolean,
): void {
  const id = shortId(image.id);
  if (children.length > 0)
    refuse(`unable to delete ${id} (cannot be forced) - image has dependent child images`);
  const running = uses.find((use) => use.running);
  if (running !== undefined) {
    refuse(
      `unable to delete ${id} (cannot be forced) - image is being used by running container ${shortId(running.containerId)}`,
    );
  }
  if (force) return;
  const repositories = new Set(
    [...image.tags, ...image.repoDigests].map((name) => familiarName(parseReference(name))),
  );
  if (image.tags.length > 1 || repositories.size > 1)
    refuse(
      `unable to delete ${id} (must be forced) - image is referenced in multiple repositories`,
    );
  const [stopped] = uses;
  if (stopped !== undefined) {
    refuse(
      `unable to delete ${id} (must be forced) - image is being used by stopped container ${shortId(stopped.containerId)}`,
    );
  }
}

/** The last tag of an image that a container uses stays, unless forced. */
export function untagConflict(reference: string, image: Image, uses: readonly ImageUse[]): void {
  const [use] = uses;
  if (use === undefined) return;
  refuse(
    `unable to remove repository reference "${reference}" (must force) - container ${shortId(use.containerId)} is using its referenced image ${shortId(image.id)}`,
  );
}

function refuse(reason: string): never {
  throw new RuntimeError('CONFLICT', `conflict: ${reason}`);
}
