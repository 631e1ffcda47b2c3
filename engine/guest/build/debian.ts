import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
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
}
/** Part → its packages, in the order of `packages.json`. */
export type PackageLock = Readonly<Record<string, readonly LockedPackage[]>>;

const wantedFile = path.join(guestFolder, 'rootfs', 'packages.json');
const lockFile = path.join(guestFolder, 'rootfs', 'packages.lock.json');
const architecture = 'i386';

export function readLock(): PackageLock {
  return JSON.parse(readFileSync(lockFile, 'utf8')) as PackageLock;
}

/** Pins every package of `packages.json` to the newest version that apt knows. */
export function updateLock(): PackageLock {
  const wanted = JSON.parse(readFileSync(wantedFile, 'utf8')) as Record<string, readonly string[]>;
  const lock: PackageLock = Object.fromEntries(
    Object.entries(wanted).map(([part, names]) => [part, names.map((name) => resolvePackage(name))]),
  );
  writeFileSync(lockFile, `${JSON.stringify(lock, null, 2)}\n`);
  return lock;
}

function resolvePackage(name: string): LockedPackage {
  const records = [`${name}:${architecture}`, name].map((query) => {
    try {
      return run('apt-cache', ['show', '--no-all-versions', query]).toString();
    } catch {
      return '';
    }
  });
  const fields = parseControl(records.find((record) => /^Package: /m.test(record)) ?? '');
  const field = (key: string): string => {
    const value = fields.get(key);
    if (value === undefined) throw new BuildError(`apt knows no package ${name}: dpkg --add-architecture i386; apt-get update`);
    return value;
  };
  const source = /^(\S+)(?: \((.*)\))?$/.exec(fields.get('Source') ?? name);
  return {
    package: name,
    version: field('Version'),
    architecture: field('Architecture'),
    sha256: field('SHA256'),
    size: Number(field('Size')),
    source: source?.[1] ?? name,
    // A rebuild without changes to the source (+b1) keeps the source's version.
    sourceVersion: source?.[2] ?? field('Version').replace(/\+b\d+$/, ''),
  };
}

export function parseControl(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const match of text.matchAll(/^([A-Za-z0-9-]+): (.*)$/gm)) {
    if (match[1] !== undefined && !fields.has(match[1])) fields.set(match[1], match[2] ?? '');
  }
  return fields;
}

/** Path of the package's file, downloaded through apt when it is not in the cache. Its hash is checked. */
export function fetchPackage(locked: LockedPackage): string {
  mkdirSync(packageCache, { recursive: true });
  const file = path.join(packageCache, `${locked.package}_${locked.version.replaceAll(':', '%3a')}_${locked.architecture}.deb`);
  if (!existsSync(file)) {
    const name = locked.architecture === 'all' ? locked.package : `${locked.package}:${locked.architecture}`;
    run('apt-get', ['download', '-q', `${name}=${locked.version}`], { cwd: packageCache });
  }
  const digest = createHash('sha256').update(readFileSync(file)).digest('hex');
  if (digest !== locked.sha256) {
    throw new BuildError(`${file} has sha256 ${digest}; packages.lock.json says ${locked.sha256}: remove the file and try again`);
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
  return name.replace(/^\.?\//, '').replace(/\/$/, '').replace(mergedIntoUsr, 'usr/$1$2');
}
