import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { run } from './run.ts';

/** Bytes of a chunk: small enough that little is fetched in vain, large enough to compress well. */
export const chunkSize = 256 * 1024;
const compressionLevel = 19;
/** hexadecimal digits of a chunk's SHA-256 that name it */
const nameLength = 32;

/** Contents of `disk.json`: chunks in order, named by their hash; null for one that holds only zeros. */
export interface Disk {
  readonly size: number;
  readonly chunkSize: number;
  readonly chunks: readonly (string | null)[];
}

/**
 * Cuts an image into chunks, compresses those not yet stored into `<folder>/chunks/<name>.zst`,
 * removes chunks that nothing names any more and writes `<folder>/disk.json`.
 */
export function storeDisk(image: Iterable<Buffer>, folder: string): Disk {
  const store = path.join(folder, 'chunks');
  mkdirSync(store, { recursive: true });
  const temporary = mkdtempSync(path.join(tmpdir(), 'drydock-chunks-'));
  const present = new Set(readdirSync(store).map((file) => file.replace(/\.zst$/, '')));
  const chunks: (string | null)[] = [];
  const missing = new Set<string>();
  for (const chunk of image) {
    const name = chunkName(chunk);
    chunks.push(name);
    if (name === null || present.has(name) || missing.has(name)) continue;
    writeFileSync(path.join(temporary, name), chunk);
    missing.add(name);
  }
  if (missing.size > 0) {
    run('zstd', ['-q', `-${compressionLevel}`, '--no-check', '--rm', ...missing], {
      cwd: temporary,
    });
    for (const name of missing) {
      writeFileSync(
        path.join(store, `${name}.zst`),
        readFileSync(path.join(temporary, `${name}.zst`)),
      );
    }
  }
  rmSync(temporary, { recursive: true });
  const named = new Set(chunks);
  for (const name of present) if (!named.has(name)) rmSync(path.join(store, `${name}.zst`));
  const disk: Disk = { size: chunks.length * chunkSize, chunkSize, chunks };
  writeFileSync(path.join(folder, 'disk.json'), `${JSON.stringify(disk)}\n`);
  return disk;
}

function chunkName(chunk: Buffer): string | null {
  if (chunk.equals(zeros.subarray(0, chunk.length))) return null;
  return createHash('sha256').update(chunk).digest('hex').slice(0, nameLength);
}

const zeros = Buffer.alloc(chunkSize);

/** An image in memory, cut into chunks. */
export function* cut(image: Buffer): Generator<Buffer> {
  for (let at = 0; at < image.length; at += chunkSize) yield image.subarray(at, at + chunkSize);
}
