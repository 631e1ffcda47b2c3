import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { versionOf } from '../../build/run.ts';
import { FileTree } from '../file-tree.ts';
import { ownSource } from '../freestanding.ts';
import { type ImageRecipe, defaultPath } from '../oci-image.ts';

/** Compiles `cmd/<name>` of the agent's Go module into a static program. */
export type CompileGo = (name: string, output: string) => void;

/** `whoami`: one static Go program on nothing, which answers every request with where it ran and what it was asked. */
export async function whoami(compile: CompileGo): Promise<ImageRecipe> {
  const layer = new FileTree().file('whoami', await compiled(compile), { mode: 0o755 });
  return {
    repository: 'library/whoami',
    tags: ['latest', '1', '1.0'],
    differences: ['Docker Hub has no image of this name; it does what traefik/whoami does.'],
    description: 'Web server that answers with its host name, addresses and the request',
    steps: [
      { createdBy: 'COPY whoami /', layer },
      { createdBy: 'ENTRYPOINT ["/whoami"]' },
      { createdBy: 'EXPOSE 80' },
    ],
    config: {
      Env: [defaultPath],
      Entrypoint: ['/whoami'],
      ExposedPorts: { '80/tcp': {} },
      WorkingDir: '/',
    },
    sources: [
      ownSource('engine/guest/agent/cmd/whoami', '1.0'),
      {
        name: 'go (standard library)',
        version: versionOf('go', ['env', 'GOVERSION']),
        source: 'golang',
        sourceVersion: versionOf('go', ['env', 'GOVERSION']),
        licence: 'BSD-3-Clause',
      },
    ],
  };
}

async function compiled(compile: CompileGo): Promise<Uint8Array<ArrayBuffer>> {
  const directory = await mkdtemp(join(tmpdir(), 'whoami-'));
  try {
    const output = join(directory, 'whoami');
    compile('whoami', output);
    return new Uint8Array(await readFile(output));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
