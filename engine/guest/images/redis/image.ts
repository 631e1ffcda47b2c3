import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromSource, sourceEntry, type SourceRecipe } from '../from-source.ts';
import type { ImagePackages } from '../image-packages.ts';
import { addUser } from '../layer-stack.ts';
import { type ImageRecipe, defaultPath } from '../oci-image.ts';
import type { BaseImages } from '../slim-debian.ts';
import { releaseOf } from '../versions.ts';

/** Debian's Redis without systemd and TLS, which would bring seven libraries along. */
export const redisSource: SourceRecipe = {
  source: {
    name: 'redis',
    version: '5:7.0.15-1~deb12u10',
    files: {
      'redis_7.0.15.orig.tar.gz':
        '4b1dc4ee6d622a09fff9c6777191209750fb5e5a725ef78ea012d6eef4c22982',
      'redis_7.0.15-1~deb12u10.debian.tar.xz':
        '77d8423c427657bb2f5b635f51184e8064a51c93fcbd7519146da587a8361bbc',
    },
    buildPart: 'images-build',
  },
  licence: 'BSD-3-Clause',
  options: ['MALLOC=libc', 'USE_SYSTEMD=no', 'BUILD_TLS=no', 'OPTIMIZATION=-O2', 'DEBUG='],
  build({ make, install }) {
    make('-C', 'src', ...this.options, 'redis-server', 'redis-cli');
    install('src/redis-server', 'usr/local/bin/redis-server');
    install('src/redis-cli', 'usr/local/bin/redis-cli');
  },
};

const USER = 999;

/** `redis`: server and client, arranged as the image of Docker Hub is. */
export async function redis(
  packages: ImagePackages,
  { debian }: BaseImages,
  cache: string,
): Promise<ImageRecipe> {
  const program = await fromSource(redisSource, cache);
  const { full, minor, major } = releaseOf(redisSource.source.version);
  const entrypoint = await readFile(
    join(import.meta.dirname, 'files/docker-entrypoint.sh'),
    'utf8',
  );
  const server = await debian
    .note(`ENV REDIS_VERSION=${full}`)
    .layer('ADD redis.tar / # built from Debian’s source', (tree) => {
      addUser(tree, 'redis', USER, '/data');
      tree.addTree(program).directory('data', { uid: USER, gid: USER });
    });
  const image = await server.layer('COPY docker-entrypoint.sh /usr/local/bin/', (tree) =>
    tree.file('usr/local/bin/docker-entrypoint.sh', entrypoint, { mode: 0o755 }),
  );
  return {
    repository: 'library/redis',
    tags: ['latest', 'bookworm', full, minor, major],
    description: 'In-memory data store with persistence, used as database, cache and queue',
    differences: [
      'Built from Debian’s source; without TLS, and with the C library’s memory allocator instead of jemalloc.',
      'Without redis-benchmark and redis-sentinel.',
    ],
    ...image
      .note(
        'VOLUME [/data]',
        'WORKDIR /data',
        'ENTRYPOINT ["docker-entrypoint.sh"]',
        'EXPOSE 6379',
        'CMD ["redis-server"]',
      )
      .contents(packages, [sourceEntry(redisSource)]),
    config: {
      ExposedPorts: { '6379/tcp': {} },
      Env: [defaultPath, `REDIS_VERSION=${full}`],
      Entrypoint: ['docker-entrypoint.sh'],
      Cmd: ['redis-server'],
      Volumes: { '/data': {} },
      WorkingDir: '/data',
    },
  };
}
