import type { ImagePackages } from '../image-packages.ts';
import { type ImageRecipe, defaultPath } from '../oci-image.ts';
import type { BaseImages } from '../slim-debian.ts';
import { releaseOf } from '../versions.ts';

/** `polinux/stress`: what Kubernetes' documentation takes to show limits. */
export async function stress(
  packages: ImagePackages,
  { debian }: BaseImages,
): Promise<ImageRecipe> {
  const image = await debian.install(packages, ['stress']);
  const { full, minor } = releaseOf(packages.get('stress').version);
  return {
    repository: 'polinux/stress',
    tags: ['latest', full, minor],
    description: 'Keeps processors, memory and disk busy, as much as it is told to',
    differences: ['Debian’s stress on a slim Debian instead of Alpine.'],
    ...image.note('CMD ["stress"]').contents(packages),
    config: { Env: [defaultPath], Cmd: ['stress'] },
  };
}
