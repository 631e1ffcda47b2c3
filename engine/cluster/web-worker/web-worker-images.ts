import { fnv32a } from '../../base/fnv.ts';
import type { CriImage } from '../../runtime/cri/types.ts';

/** Ends ids of this runtime, which tells them from others on its node: `webwrk`. What lists show is their beginning. */
const MARK = '77656277726b';

/** A further part of an id, so many hexadecimal digits. */
export function webWorkerId(rest: string): string {
  return rest + MARK;
}

export function isWebWorkerId(id: string): boolean {
  return id.endsWith(MARK);
}

const ID_DIGITS = 64;

/** `sha256:…`, always the same for a name. */
function imageId(name: string): string {
  const digits = Array.from({ length: 7 }, (_, index) =>
    fnv32a(new TextEncoder().encode(`${index}/${name}`))
      .toString(16)
      .padStart(8, '0'),
  );
  return `sha256:${webWorkerId(digits.join('').slice(0, ID_DIGITS - MARK.length))}`;
}

/** An image that stands for a program of this project: there is nothing to pull. @param name with its tag */
export function webWorkerImage(name: string): CriImage {
  const id = imageId(name);
  const repository = name.replace(/:[^:/]*$/, '');
  return {
    id,
    repoTags: [name],
    repoDigests: [`${repository}@${id}`],
    size: 0,
    uid: 0,
    username: '',
    pinned: true,
  };
}
