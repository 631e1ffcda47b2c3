/** Builds every image of the registry. Used by `npm run guest:build` and, to compare, by `npm run guest:verify`. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { packageCache } from '../build/folders.ts';
import { versionOf } from '../build/run.ts';
import { busybox, busyboxPackages } from './busybox/image.ts';
import { debian, debianPackages } from './debian/image.ts';
import { PackageCache, readLock, writeLock } from './debian-packages.ts';
import { helloWorld } from './hello-world/image.ts';
import { nginx, nginxPackages } from './nginx/image.ts';
import { ImageWriter } from './oci-image.ts';
import { slimDebian } from './slim-debian.ts';
import { type CompileGo, whoami } from './whoami/image.ts';

const recipes = import.meta.dirname;

const imagePackages = [...busyboxPackages, ...debianPackages, ...nginxPackages];

/** Everything the images are made of: name → SHA-256. Two builds with equal inputs give equal images. */
export type ImageInputs = Readonly<Record<string, string>>;

/** Writes `index.json` and `blobs/sha256/` to `directory`, in place of what is there. Returns the inputs. */
export async function buildImages(directory: string, compile: CompileGo): Promise<ImageInputs> {
  const lock = await readLock();
  await mkdir(packageCache, { recursive: true });
  const packages = new PackageCache(packageCache, lock);
  await packages.fetch(imagePackages);
  // Beside it first: whoever serves the directory meanwhile keeps whole images.
  const scratch = `${directory}.new`;
  await rm(scratch, { recursive: true, force: true });
  const writer = new ImageWriter(scratch);
  await writer.add(await helloWorld());
  await writer.add(await busybox(packages));
  await writer.add(await debian(packages));
  await writer.add(await nginx(packages, await slimDebian(packages)));
  await writer.add(await whoami(compile));
  await writer.finish();
  await rm(directory, { recursive: true, force: true });
  await rename(scratch, directory);
  return imageInputs();
}

async function imageInputs(): Promise<ImageInputs> {
  const inputs: Record<string, string> = {};
  for (const { name, version, sha256 } of await readLock())
    inputs[`package ${name} ${version}`] = sha256;
  for (const entry of await readdir(recipes, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || path.endsWith('.test.ts') || path.endsWith('.lock.json')) continue;
    inputs[relative(join(recipes, '../../..'), path)] = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  }
  const agent = join(recipes, '../agent');
  for (const file of ['go.mod', 'go.sum', 'cmd/whoami/main.go']) {
    inputs[`engine/guest/agent/${file}`] = createHash('sha256')
      .update(await readFile(join(agent, file)))
      .digest('hex');
  }
  inputs['tool go'] = versionOf('go', ['env', 'GOVERSION']);
  inputs['tool gcc'] = versionOf('gcc');
  inputs['tool gzip'] = versionOf('gzip');
  inputs['tool ldconfig'] = versionOf('/sbin/ldconfig');
  return Object.fromEntries(Object.entries(inputs).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Takes the versions Debian offers today into the lock file. */
export async function updateLock(): Promise<void> {
  await writeLock(imagePackages);
}
