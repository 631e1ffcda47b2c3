import type { Clock } from '../../base/clock.ts';
import { familiarName, familiarReference, parseReference } from '../../runtime/images/reference.ts';
import { RuntimeError } from '../../runtime/runtime-error.ts';
import type { Image, Images, RegistryOptions } from '../../runtime/types.ts';
import { badRequest } from '../api/api-error.ts';
import type { WriteLine } from './progress-lines.ts';
import { PullProgress } from './pull-progress.ts';

/** Pulls and tells it as `docker pull` does. */
export async function pullImage(
  images: Images,
  clock: Clock,
  reference: string,
  write: WriteLine,
  options: RegistryOptions & { readonly platform?: string },
): Promise<Image> {
  const progress = new PullProgress(clock, write);
  const image = await images.pull(reference, { ...options, onProgress: progress.onEvent });
  const parsed = parseReference(reference);
  progress.finish(familiarReference(parsed));
  const { os, architecture } = image.config;
  if (options.platform !== undefined && !isPlatform(options.platform, os, architecture)) {
    write({
      status: `WARNING: image with reference ${familiarReference(parsed)} was found but does not match the specified platform: wanted ${options.platform}, actual: ${os}/${architecture}`,
    });
  }
  return image;
}

/** Pulls every tag of a repository, as `docker pull --all-tags` does. */
export async function pullAllTags(
  images: Images,
  clock: Clock,
  name: string,
  write: WriteLine,
  options: RegistryOptions & { readonly platform?: string },
): Promise<void> {
  const progress = new PullProgress(clock, write);
  for (const tag of await images.remoteTags(name, options))
    await images.pull(`${name}:${tag}`, { ...options, onProgress: progress.onEvent });
  progress.finish(familiarName(parseReference(name)));
}

/** Systems that a platform may name alone. */
const SYSTEMS = ['linux', 'windows', 'darwin', 'freebsd'];
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  i386: '386',
  i686: '386',
  aarch64: 'arm64',
  armhf: 'arm',
};

/** `linux/386`, from what `--platform` may be: also only a system or only an architecture. Throws 400. */
export function parsePlatform(text: string): string {
  const parts = text.toLowerCase().split('/');
  const isValid = parts.length <= 3 && parts.every((part) => /^[a-z0-9_.-]+$/.test(part));
  if (!isValid)
    throw badRequest(`${JSON.stringify(text)}: cannot parse platform specifier: invalid argument`);
  const [first = '', second, variant] = parts;
  if (second === undefined && SYSTEMS.includes(first)) return `${first}/386`;
  const [os, architecture] = second === undefined ? ['linux', first] : [first, second];
  return [os, ARCHITECTURES[architecture] ?? architecture, ...(variant ? [variant] : [])].join('/');
}

function isPlatform(wanted: string, os: string, architecture: string): boolean {
  const [wantedOs, wantedArchitecture] = wanted.split('/');
  return wantedOs === os && wantedArchitecture === architecture;
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
      throw new RuntimeError('NOT_FOUND', `No such image: ${withTag(reference)}`, { cause: error });
    }
    throw error;
  }
}

/** As dockerd names what it did not find: with the default tag, unless it is an identifier. */
function withTag(text: string): string {
  if (/^(?:sha256:)?[0-9a-f]{64}$/.test(text)) return text;
  const reference = parseReference(text);
  const { tag, digest } = reference;
  return tag === undefined && digest === undefined
    ? `${familiarName(reference)}:latest`
    : familiarReference(reference);
}
