import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { extract } from 'tar-stream';
import type { FileTree } from './file-tree.ts';
import { guestFolder, packageCache } from './folders.ts';
import { BuildError, run } from './run.ts';

/** One binary package, pinned. */
export interface LockedPackage {
  readonly package: string;
  readonly version: string;
  readonly architecture: string;
  readonly sha256: string;
  readonly size: number;
  readonly source: string;
  readonly sourceVersion: string;
  /** licences named in its copyright file */
  readonly licence: string;
}
/** Part → its packages, in the order of `packages.json`. */
export type PackageLock = Readonly<Record<string, readonly LockedPackage[]>>;

export const lockFile = path.join(guestFolder, 'rootfs', 'packages.lock.json');

export function readLock(): PackageLock {
  return JSON.parse(readFileSync(lockFile, 'utf8')) as PackageLock;
}

/** Path of the package's file, downloaded through apt when it is not in the cache. Its hash is checked. */
export function fetchPackage(locked: LockedPackage): string {
  mkdirSync(packageCache, { recursive: true });
  const file = path.join(
    packageCache,
    `${locked.package}_${locked.version.replaceAll(':', '%3a')}_${locked.architecture}.deb`,
  );
  if (!existsSync(file)) {
    const name =
      locked.architecture === 'all' ? locked.package : `${locked.package}:${locked.architecture}`;
    run('apt-get', ['download', '-q', `${name}=${locked.version}`], { cwd: packageCache });
  }
  const digest = createHash('sha256').update(readFileSync(file)).digest('hex');
  if (digest !== locked.sha256) {
    throw new BuildError(
      `${file} has sha256 ${digest}; packages.lock.json says ${locked.sha256}: remove the file and try again`,
    );
  }
  return file;
}

/** `/bin`, `/sbin` and `/lib` are links into `/usr`, as in every Debian 12 system. */
const mergedIntoUsr = /^(bin|sbin|lib)(\/|$)/;

/** Adds the files of a package. Maintainer scripts do not run: the recipe does what they would. */
export async function unpackPackage(file: string, tree: FileTree): Promise<void> {
  const archive = extract();
  Readable.from(run('dpkg-deb', ['--fsys-tarfile', file])).pipe(archive);
  for await (const entry of archive) {
    const { header } = entry;
    const name = mergedPath(header.name);
    const owner = { mode: (header.mode ?? 0) & 0o7777, uid: header.uid ?? 0, gid: header.gid ?? 0 };
    if (header.type === 'directory') {
      if (name !== '') Object.assign(tree.directory(name), owner);
    } else if (header.type === 'symlink') {
      tree.symlink(name, header.linkname ?? '');
    } else if (header.type === 'link') {
      const target = tree.get(mergedPath(header.linkname ?? ''));
      if (target) tree.set(name, target);
    } else if (header.type === 'file') {
      const pieces: Buffer[] = [];
      for await (const piece of entry) pieces.push(piece as Buffer);
      tree.set(name, { kind: 'file', ...owner, content: Buffer.concat(pieces) });
    }
    entry.resume();
  }
}

function mergedPath(name: string): string {
  return name
    .replace(/^\.?\//, '')
    .replace(/\/$/, '')
    .replace(mergedIntoUsr, 'usr/$1$2');
}
