import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const flags =
  '-m32 -march=i686 -Os -static -nostdlib -nostartfiles -ffreestanding -fno-pic -no-pie -fno-stack-protector';
const quiet =
  '-fno-asynchronous-unwind-tables -fno-ident -Wl,--build-id=none -Wl,-z,noseparate-code -s';

/** Compiles a C file that needs no C library: a program of a few hundred bytes. */
export async function compileFreestanding(source: string): Promise<Uint8Array<ArrayBuffer>> {
  const directory = await mkdtemp(join(tmpdir(), 'freestanding-'));
  const output = join(directory, 'program');
  try {
    const options = [...`${flags} ${quiet}`.split(' '), '-Wall', '-Werror', '-o', output];
    await promisify(execFile)('gcc', [...options, source]);
    return new Uint8Array(await readFile(output));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Where a program of this repository comes from. */
export function ownSource(name: string, version: string) {
  return { name, version, source: 'drydock', sourceVersion: version, licence: 'Apache-2.0' };
}
