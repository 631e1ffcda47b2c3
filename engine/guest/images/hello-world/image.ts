import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { FileTree } from '../file-tree.ts';
import { type ImageRecipe, defaultPath } from '../oci-image.ts';

/** `hello-world`: one static program that says which parts of Docker it took to print its text. */
export async function helloWorld(): Promise<ImageRecipe> {
  const layer = new FileTree().file('hello', await compile(), { mode: 0o755 });
  return {
    name: 'hello-world',
    tags: ['latest', 'linux'],
    description: 'Says which parts of Docker worked together to print its text',
    steps: [{ createdBy: 'COPY hello /', layer }, { createdBy: 'CMD ["/hello"]' }],
    config: { Env: [defaultPath], Cmd: ['/hello'], WorkingDir: '/' },
    sources: [
      {
        name: 'engine/guest/images/hello-world',
        version: '1',
        source: 'drydock',
        sourceVersion: '1',
        licence: 'Apache-2.0',
      },
    ],
  };
}

async function compile(): Promise<Uint8Array<ArrayBuffer>> {
  const directory = await mkdtemp(join(tmpdir(), 'hello-world-'));
  const output = join(directory, 'hello');
  const flags =
    '-m32 -march=i686 -Os -static -nostdlib -nostartfiles -ffreestanding -fno-pic -no-pie -fno-stack-protector';
  const quiet =
    '-fno-asynchronous-unwind-tables -fno-ident -Wl,--build-id=none -Wl,-z,noseparate-code -s';
  try {
    const source = join(import.meta.dirname, 'hello.c');
    await promisify(execFile)('gcc', [
      ...`${flags} ${quiet}`.split(' '),
      '-Wall',
      '-Werror',
      '-o',
      output,
      source,
    ]);
    return new Uint8Array(await readFile(output));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
