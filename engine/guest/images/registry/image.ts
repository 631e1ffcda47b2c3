import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImagePackages } from '../image-packages.ts';
import { type ImageRecipe, defaultPath } from '../oci-image.ts';
import type { BaseImages } from '../slim-debian.ts';
import { releaseOf } from '../versions.ts';

/** Where it keeps images, and what it serves unless told otherwise. */
const DATA = '/var/lib/registry';
const CONFIGURATION = '/etc/docker/registry/config.yml';

/** Debian's own configuration asks for a password and keeps images elsewhere. */
const wanted = /^usr\/(bin\/docker-registry|share\/doc\/docker-registry\/copyright)$/;

/** `registry`: Debian's docker-registry on a slim Debian, arranged as the image of Docker Hub is. */
export async function registry(
  packages: ImagePackages,
  { debian }: BaseImages,
): Promise<ImageRecipe> {
  const { full, minor, major } = releaseOf(packages.get('docker-registry').version);
  const configuration = await own('config.yml');
  const entrypoint = await own('docker-entrypoint.sh');
  const server = await debian.install(
    packages,
    ['docker-registry'],
    (tree) => tree.symlink('usr/bin/registry', 'docker-registry').directory(DATA),
    (path) => wanted.test(path),
  );
  const configured = await server.layer(`COPY config.yml ${CONFIGURATION}`, (tree) =>
    tree.file(CONFIGURATION, configuration),
  );
  const image = await configured
    .note(`VOLUME [${DATA}]`, 'EXPOSE 5000')
    .layer('COPY docker-entrypoint.sh /entrypoint.sh', (tree) =>
      tree.file('entrypoint.sh', entrypoint, { mode: 0o755 }),
    );
  return {
    repository: 'library/registry',
    tags: ['latest', full, minor, major],
    description: 'Registry that keeps images of your own',
    differences: [
      'Debian’s registry on a slim Debian instead of Alpine; “latest” is version 2 too.',
      'Without certificates: it reaches no other registry, because the network ends at this page.',
    ],
    ...image.note('ENTRYPOINT ["/entrypoint.sh"]', `CMD ["${CONFIGURATION}"]`).contents(packages),
    config: {
      ExposedPorts: { '5000/tcp': {} },
      Env: [defaultPath],
      Entrypoint: ['/entrypoint.sh'],
      Cmd: [CONFIGURATION],
      Volumes: { [DATA]: {} },
    },
  };
}

function own(name: string): Promise<string> {
  return readFile(join(import.meta.dirname, 'files', name), 'utf8');
}
