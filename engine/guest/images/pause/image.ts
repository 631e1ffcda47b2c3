import { join } from 'node:path';
import { FileTree } from '../file-tree.ts';
import { compileFreestanding, ownSource } from '../freestanding.ts';
import { type ImageRecipe, defaultPath } from '../oci-image.ts';

/** What the kubelet of the Kubernetes release in use asks for (kubeadm's constant `PauseVersion`). */
const version = '3.10.2';

/** `registry.k8s.io/pause`: what holds a Pod's namespaces. */
export async function pause(): Promise<ImageRecipe> {
  const program = await compileFreestanding(join(import.meta.dirname, 'pause.c'));
  const layer = new FileTree().file('pause', program, { mode: 0o755 });
  return {
    repository: 'registry.k8s.io/pause',
    tags: ['latest', version, '3.10', '3.9'],
    description: 'Holds the namespaces of a Kubernetes Pod',
    differences: ['A program of our own that does the same; it does not know the option -v.'],
    steps: [
      { createdBy: 'COPY pause /', layer },
      { createdBy: 'USER 65535:65535' },
      { createdBy: 'ENTRYPOINT ["/pause"]' },
    ],
    config: { User: '65535:65535', Env: [defaultPath], Entrypoint: ['/pause'], WorkingDir: '/' },
    sources: [ownSource('engine/guest/images/pause', version)],
  };
}
