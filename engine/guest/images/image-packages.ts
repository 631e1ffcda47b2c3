import type { SourceEntry } from '../../api/image-index.ts';
import { fetchPackage, type LockedPackage, readLock } from '../build/debian.ts';
import { BuildError, run } from '../build/run.ts';

/** The Debian packages that images are made of: part `images` of `rootfs/packages.json`, pinned like the others. */
export class ImagePackages {
  readonly #locked: ReadonlyMap<string, LockedPackage>;

  constructor(locked: readonly LockedPackage[] = readLock()['images'] ?? []) {
    this.#locked = new Map(locked.map((each) => [each.package, each]));
  }

  get(name: string): LockedPackage {
    const locked = this.#locked.get(name);
    if (locked) return locked;
    throw new BuildError(
      `${name} is not pinned: add it to part images of rootfs/packages.json and run node scripts/guest.mjs lock`,
    );
  }

  /** What went in: label → version and SHA-256. */
  inputs(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      [...this.#locked.values()].map((each) => [
        `package ${each.package}`,
        `${each.version} ${each.sha256}`,
      ]),
    );
  }

  /** Path of the checked .deb file. */
  path(name: string): string {
    return fetchPackage(this.get(name));
  }

  /** The package's files as a tar, with owners and times. */
  files(name: string): Uint8Array {
    return run('dpkg-deb', ['--fsys-tarfile', this.path(name)]);
  }

  sources(names: readonly string[]): readonly SourceEntry[] {
    return names.map((name) => {
      const { version, source, sourceVersion, licence } = this.get(name);
      return { name, version, source, sourceVersion, licence };
    });
  }
}
