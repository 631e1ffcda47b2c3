import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { decompress, init } from '@bokuweb/zstd-wasm';
import type { Disk } from './chunks.ts';
import { distFolder } from './folders.ts';
import { digestOf, digestOfFile, filesBelow } from './inputs.ts';

interface ManifestFile {
  readonly path: string;
  readonly sha256: string;
}

interface Manifest {
  readonly kernel: ManifestFile;
  readonly bios: ManifestFile;
  readonly vgaBios: ManifestFile;
  readonly disks: Readonly<Record<string, ManifestFile>>;
  readonly images: string;
}

/**
 * Reads every committed artifact and compares it with the hash it goes by. Returns one sentence for
 * each file that is missing, changed, or named by nothing. Rebuilds nothing.
 */
export async function checkArtifacts(): Promise<string[]> {
  await init();
  const read = (file: string) => readFileSync(path.join(distFolder, file));
  const manifest = JSON.parse(read('manifest.json').toString()) as Manifest;
  const problems: string[] = [];
  const known = new Set(['manifest.json', manifest.images]);
  const expect = (file: string, holds: () => boolean) => {
    known.add(file);
    if (!existsSync(path.join(distFolder, file))) problems.push(`${file} is missing`);
    else if (!holds()) problems.push(`${file} is not what its name or the manifest says`);
  };

  for (const { path: file, sha256 } of [
    manifest.kernel,
    manifest.bios,
    manifest.vgaBios,
    ...Object.values(manifest.disks),
  ]) {
    expect(file, () => digestOfFile(path.join(distFolder, file)) === sha256);
  }
  for (const { path: file } of Object.values(manifest.disks)) {
    const disk = JSON.parse(read(file).toString()) as Disk;
    for (const name of new Set(disk.chunks)) {
      if (name === null) continue;
      const chunk = path.join(path.dirname(file), 'chunks', `${name}.zst`);
      expect(chunk, () => digestOf(Buffer.from(decompress(read(chunk)))).startsWith(name));
    }
  }
  const blobs = path.join(path.dirname(manifest.images), 'blobs', 'sha256');
  for (const digest of readdirSync(path.join(distFolder, blobs))) {
    const blob = path.join(blobs, digest);
    expect(blob, () => digestOfFile(path.join(distFolder, blob)) === digest);
  }
  for (const [, digest] of read(manifest.images)
    .toString()
    .matchAll(/"sha256:([0-9a-f]{64})"/g)) {
    if (!known.has(path.join(blobs, String(digest))))
      problems.push(`image blob ${digest} is missing`);
  }
  for (const file of filesBelow(distFolder)) {
    const name = path.relative(distFolder, file);
    if (!known.has(name) && path.basename(name) !== 'inputs.json')
      problems.push(`${name} is named by nothing`);
  }
  return problems;
}
