import { join } from 'node:path';
import { FileTree } from '../file-tree.ts';
import { compileFreestanding, ownSource } from '../freestanding.ts';
import { type ImageRecipe, defaultPath } from '../oci-image.ts';

/** `hello-world`: one static program that says which parts of Docker it took to print its text. */
export async function helloWorld(): Promise<ImageRecipe> {
  const program = await compileFreestanding(join(import.meta.dirname, 'hello.c'));
  const layer = new FileTree().file('hello', program, { mode: 0o755 });
  return {
    repository: 'library/hello-world',
    tags: ['latest', 'linux'],
    description: 'Says which parts of Docker worked together to print its text',
    differences: ['A program of our own, whose text tells what happened here.'],
    steps: [{ createdBy: 'COPY hello /', layer }, { createdBy: 'CMD ["/hello"]' }],
    config: { Env: [defaultPath], Cmd: ['/hello'], WorkingDir: '/' },
    sources: [ownSource('engine/guest/images/hello-world', '1')],
  };
}
