/** Builds every image of the registry. Used by `npm run guest:build` and, to compare, by `npm run guest:verify`. */
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOfFile, digestOfFolder, type Inputs } from '../build/inputs.ts';
import { versionOf } from '../build/run.ts';
import { busybox } from './busybox/image.ts';
import { coreDns } from './coredns/image.ts';
import { curl, curlSource } from './curl/image.ts';
import { debian } from './debian/image.ts';
import { recipeInputs } from './from-source.ts';
import { helloWorld } from './hello-world/image.ts';
import { ImagePackages } from './image-packages.ts';
import { nginx } from './nginx/image.ts';
import { ImageWriter, type ImageRecipe } from './oci-image.ts';
import { pause } from './pause/image.ts';
import { postgres, postgresSource } from './postgres/image.ts';
import { python } from './python/image.ts';
import { redis, redisSource } from './redis/image.ts';
import { registry } from './registry/image.ts';
import { baseImages } from './slim-debian.ts';
import { stress } from './stress/image.ts';
import { type CompileGo, whoami } from './whoami/image.ts';

const agentFolder = join(import.meta.dirname, '../agent');

/**
 * Writes `index.json` and `blobs/sha256/` to `directory`, in place of what is there; `cache` keeps downloads and
 * compiled programs. Returns what went in: two builds with equal inputs give equal images.
 */
export async function buildImages(
  directory: string,
  cache: string,
  compile: CompileGo,
): Promise<Inputs> {
  const packages = new ImagePackages();
  const base = await baseImages(packages);
  const recipes: readonly (() => Promise<ImageRecipe>)[] = [
    () => helloWorld(),
    () => busybox(packages),
    () => debian(packages, base),
    () => nginx(packages, base),
    () => redis(packages, base, cache),
    () => postgres(packages, base, cache),
    () => python(packages, base),
    () => curl(packages, base, cache),
    () => stress(packages, base),
    () => pause(),
    () => coreDns(cache),
    () => registry(packages, base),
    () => whoami(compile),
  ];
  // Beside it first: whoever serves the directory meanwhile keeps whole images.
  const scratch = `${directory}.new`;
  await rm(scratch, { recursive: true, force: true });
  const writer = new ImageWriter(scratch);
  for (const recipe of recipes) await writer.add(await recipe());
  await writer.finish();
  await rm(directory, { recursive: true, force: true });
  await rename(scratch, directory);
  return {
    ...packages.inputs(),
    ...recipeInputs(curlSource),
    ...recipeInputs(postgresSource),
    ...recipeInputs(redisSource),
    'folder images': digestOfFolder(import.meta.dirname, (file) => !file.endsWith('.test.ts')),
    'recipe coredns.ts': digestOfFile(join(import.meta.dirname, '../build/coredns.ts')),
    'file agent/go.mod': digestOfFile(join(agentFolder, 'go.mod')),
    'folder agent/cmd/whoami': digestOfFolder(
      join(agentFolder, 'cmd/whoami'),
      (file) => !file.endsWith('_test.go'),
    ),
    'tool go': versionOf('go', ['env', 'GOVERSION']),
    'tool gcc': versionOf('gcc'),
    'tool gzip': versionOf('gzip'),
    'tool ldconfig': versionOf('/sbin/ldconfig'),
  };
}
