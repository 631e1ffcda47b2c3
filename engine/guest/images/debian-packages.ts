/**
 * Debian packages by lock file: `packages.lock.json` pins version, file name and SHA-256 of each;
 * apt fetches them with its own signature checks, and we check the sum again.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { unpackTar } from 'modern-tar';
import type { SourceEntry } from '../../hub/image-index.ts';

const run = promisify(execFile);
const lockPath = join(import.meta.dirname, 'packages.lock.json');
const megabyte = 1 << 20;

export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly source: string;
  readonly filename: string;
  readonly size: number;
  readonly sha256: string;
}

export async function readLock(): Promise<readonly LockedPackage[]> {
  return JSON.parse(await readFile(lockPath, 'utf8')) as LockedPackage[];
}

/** Writes the lock file with the versions apt offers now. */
export async function writeLock(names: Iterable<string>): Promise<void> {
  const locked: LockedPackage[] = [];
  for (const name of [...new Set(names)].sort()) locked.push(await describe(name));
  await writeFile(lockPath, `${JSON.stringify(locked, null, 2)}\n`);
}

async function describe(name: string): Promise<LockedPackage> {
  for (const candidate of [`${name}:i386`, name]) {
    const { stdout } = await run('apt-cache', ['show', '--no-all-versions', candidate]).catch(() => ({ stdout: '' }));
    const fields = Object.fromEntries([...stdout.matchAll(/^([A-Z][\w-]*): (.*)$/gm)].map(([, key, value]) => [key, value]));
    if (fields['Architecture'] !== 'i386' && fields['Architecture'] !== 'all') continue;
    const source = fields['Source'] ?? name;
    return {
      name,
      version: fields['Version'] ?? '',
      architecture: fields['Architecture'],
      source: source.includes('(') ? source : `${source} (${fields['Version']})`,
      filename: fields['Filename'] ?? '',
      size: Number(fields['Size']),
      sha256: fields['SHA256'] ?? '',
    };
  }
  throw new Error(`apt knows no package ${name} for i386: run dpkg --add-architecture i386 && apt-get update`);
}

/** Packages on the local disk, fetched when needed. */
export class PackageCache {
  readonly #directory: string;
  readonly #lock: ReadonlyMap<string, LockedPackage>;

  constructor(directory: string, lock: readonly LockedPackage[]) {
    this.#directory = directory;
    this.#lock = new Map(lock.map((entry) => [entry.name, entry]));
  }

  locked(name: string): LockedPackage {
    const entry = this.#lock.get(name);
    if (!entry) throw new Error(`${name} is not in packages.lock.json`);
    return entry;
  }

  /** Path of the checked .deb file. */
  async path(name: string): Promise<string> {
    const entry = this.locked(name);
    const path = join(this.#directory, `${entry.sha256}.deb`);
    const present = await readFile(path).catch(() => undefined);
    if (present && sha256(present) === entry.sha256) return path;
    const scratch = join(this.#directory, `fetch-${name}`);
    await mkdir(scratch, { recursive: true });
    const wanted = entry.architecture === 'all' ? name : `${name}:${entry.architecture}`;
    try {
      await run('apt-get', ['-qq', '-o', 'APT::Sandbox::User=root', 'download', `${wanted}=${entry.version}`], { cwd: scratch });
      const [file = ''] = await readdir(scratch);
      const found = sha256(await readFile(join(scratch, file)));
      if (found !== entry.sha256) throw new Error(`sha256 is ${found}, the lock file says ${entry.sha256}`);
      await rename(join(scratch, file), path);
    } catch (cause) {
      throw new Error(
        `cannot fetch ${wanted} ${entry.version}; if Debian has replaced it, get ${entry.filename} from snapshot.debian.org and save it as ${path}`,
        { cause },
      );
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
    return path;
  }

  /** The package's files as a tar. */
  async files(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const { stdout } = await run('dpkg-deb', ['--fsys-tarfile', await this.path(name)], {
      encoding: 'buffer',
      maxBuffer: 256 * megabyte,
    });
    return new Uint8Array(stdout);
  }

  /** Licence names in the package's copyright file (DEP 5), or one that says where to look. */
  async licences(name: string): Promise<string[]> {
    const suffix = `usr/share/doc/${name}/copyright`;
    const entries = await unpackTar(await this.files(name), { filter: (header) => header.name.endsWith(suffix) });
    const text = new TextDecoder().decode(entries[0]?.data ?? new Uint8Array());
    const names = [...text.matchAll(/^License: *(\S.*)$/gm)].map(([, licence]) => licence?.trim() ?? '');
    const known = [...new Set(names)].sort();
    return known.length > 0 ? known : [`see ${suffix}`];
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export async function debianSource(packages: PackageCache, name: string): Promise<SourceEntry> {
  const { version, source } = packages.locked(name);
  return { name, version, source, licences: await packages.licences(name) };
}
