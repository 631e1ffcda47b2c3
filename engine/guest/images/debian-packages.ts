/**
 * Debian packages by lock file: `packages.lock.json` pins version, file name and SHA-256 of each;
 * apt fetches them with its own signature checks, and we check the sum again.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
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
  const wanted = [...new Set(names)].sort();
  const { stdout } = await run(
    'apt-cache',
    ['show', '--no-all-versions', ...wanted.map((name) => `${name}:i386`), ...wanted],
    {
      maxBuffer: 64 * megabyte,
    },
  ).catch((error: unknown) => error as { stdout: string });
  const records = stdout.split('\n\n').map(fieldsOf);
  const locked = wanted.map((name): LockedPackage => {
    const fields = records.find(
      (each) => each['Package'] === name && /^(i386|all)$/.test(each['Architecture'] ?? ''),
    );
    if (!fields)
      throw new Error(
        `apt knows no package ${name} for i386: run dpkg --add-architecture i386 && apt-get update`,
      );
    const version = fields['Version'] ?? '';
    const source = fields['Source'] ?? name;
    return {
      name,
      version,
      architecture: fields['Architecture'] ?? '',
      source: source.includes('(') ? source : `${source} (${version})`,
      filename: fields['Filename'] ?? '',
      size: Number(fields['Size']),
      sha256: fields['SHA256'] ?? '',
    };
  });
  await writeFile(lockPath, `${JSON.stringify(locked, null, 2)}\n`);
}

function fieldsOf(record: string): Record<string, string> {
  return Object.fromEntries(
    [...record.matchAll(/^([A-Z][\w-]*): (.*)$/gm)].map(([, key, value]) => [key, value]),
  );
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

  /** Fetches what is missing or damaged, in one call of apt. */
  async fetch(names: Iterable<string>): Promise<void> {
    const missing: LockedPackage[] = [];
    for (const name of new Set(names)) {
      const present = await readFile(this.path(name)).catch(() => undefined);
      if (!present || sha256(present) !== this.locked(name).sha256) missing.push(this.locked(name));
    }
    if (missing.length === 0) return;
    const scratch = join(this.#directory, 'fetching');
    await mkdir(scratch, { recursive: true });
    try {
      const wanted = missing.map(
        ({ name, architecture, version }) =>
          `${architecture === 'all' ? name : `${name}:${architecture}`}=${version}`,
      );
      await run('apt-get', ['-qq', '-o', 'APT::Sandbox::User=root', 'download', ...wanted], {
        cwd: scratch,
      });
      for (const file of await readdir(scratch)) {
        const found = sha256(await readFile(join(scratch, file)));
        await rename(join(scratch, file), join(this.#directory, `${found}.deb`));
      }
    } catch (cause) {
      const list = missing
        .map((entry) => `${entry.filename} → ${this.path(entry.name)}`)
        .join('\n');
      throw new Error(
        `cannot fetch packages; what Debian has replaced is at snapshot.debian.org:\n${list}`,
        { cause },
      );
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
    const wrong = missing.find(({ name }) => !existsSync(this.path(name)));
    if (wrong)
      throw new Error(
        `${wrong.name} ${wrong.version}: its sha256 is not the one in packages.lock.json`,
      );
  }

  /** Path of the .deb file. `fetch` comes first. */
  path(name: string): string {
    return join(this.#directory, `${this.locked(name).sha256}.deb`);
  }

  /** The package's files as a tar. */
  async files(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const { stdout } = await run('dpkg-deb', ['--fsys-tarfile', this.path(name)], {
      encoding: 'buffer',
      maxBuffer: 256 * megabyte,
    });
    return new Uint8Array(stdout);
  }

  /** Licence names in the package's copyright file (DEP 5), or one that says where to look. */
  async licences(name: string): Promise<string[]> {
    const suffix = `usr/share/doc/${name}/copyright`;
    const entries = await unpackTar(await this.files(name), {
      filter: (header) => header.name.endsWith(suffix),
    });
    const text = new TextDecoder().decode(entries[0]?.data ?? new Uint8Array());
    const names = [...text.matchAll(/^License: *(\S.*)$/gm)].map(
      ([, licence]) => licence?.trim() ?? '',
    );
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
