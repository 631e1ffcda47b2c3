import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run as runProgram } from '../../build/run.ts';
import type { FileTree } from '../file-tree.ts';
import { fromSource, sourceEntry, type SourceRecipe } from '../from-source.ts';
import type { ImagePackages } from '../image-packages.ts';
import { addUser } from '../layer-stack.ts';
import { type ImageRecipe, defaultPath } from '../oci-image.ts';
import type { BaseImages } from '../slim-debian.ts';
import { releaseOf } from '../versions.ts';

const PREFIX = 'usr/lib/postgresql/15';

/** Debian's PostgreSQL without ICU, LLVM, LDAP, Kerberos, PAM and systemd: those are 60 MB of libraries. */
export const postgresSource: SourceRecipe = {
  source: {
    name: 'postgresql-15',
    version: '15.18-0+deb12u1',
    files: {
      'postgresql-15_15.18.orig.tar.bz2':
        '11df0df97fe3ea4ba9a791faaf39cee1d2fe571e78885b5b55d8517d27c323b4',
      'postgresql-15_15.18-0+deb12u1.debian.tar.xz':
        'efe6fc2007229a2cc7b087d75cb1213d49e275ec47c4b896d5e0880b4904f8b3',
    },
    buildPart: 'images-build',
  },
  licence: 'PostgreSQL',
  options:
    `--host=i686-linux-gnu --prefix=/${PREFIX} --without-icu --without-llvm --disable-nls --without-ldap
    --without-gssapi --without-pam --without-systemd --with-readline --with-zlib --without-lz4
    --without-zstd`
      .split(/\s+/)
      // For size: what is smaller is also fetched and translated sooner.
      .concat('CFLAGS=-Os -march=i686 -msse2 -mfpmath=sse -g0'),
  build({ run, make }, output) {
    run('./configure', ...this.options);
    make('-s');
    make('-s', 'install', `DESTDIR=${output}`);
    const programs = ['bin', 'lib'].map((folder) => join(output, PREFIX, folder));
    const strip = 'strip --strip-unneeded -R .comment "$1"/* 2>/dev/null; chmod 755 "$1"/*';
    for (const folder of programs) runProgram('sh', ['-c', strip, 'sh', folder]);
  },
};

/** What a server needs, and what one administers it with. */
const wanted = [
  /\/bin\/(postgres|initdb|pg_ctl|pg_controldata|psql|pg_dump|pg_restore|pg_isready|createdb|dropdb|createuser)$/,
  /\/lib\/(libpq\.so\.5.*|libpqwalreceiver\.so|plpgsql\.so|dict_snowball\.so)$/,
  /\/share\/(?!man|doc)/,
];

const USER = 999;
const DATA = '/var/lib/postgresql/data';

/** `postgres`: server and client, arranged as the image of Docker Hub is. */
export async function postgres(
  packages: ImagePackages,
  { debian }: BaseImages,
  cache: string,
): Promise<ImageRecipe> {
  const built = await fromSource(postgresSource, cache);
  const { minor: full, major } = releaseOf(postgresSource.source.version);
  const entrypoint = await readFile(
    join(import.meta.dirname, 'files/docker-entrypoint.sh'),
    'utf8',
  );
  const server = await debian
    .note('ENV LANG=C.UTF-8', `ENV PG_MAJOR=${major}`, `ENV PGDATA=${DATA}`)
    .install(packages, ['libreadline8', 'zlib1g'], (tree) => addServer(tree, built));
  const image = await server.layer('COPY docker-entrypoint.sh /usr/local/bin/', (tree) =>
    tree
      .file('usr/local/bin/docker-entrypoint.sh', entrypoint, { mode: 0o755 })
      .directory('docker-entrypoint-initdb.d'),
  );
  return {
    repository: 'library/postgres',
    tags: ['latest', 'bookworm', full, major],
    description: 'Relational database',
    differences: [
      'Built from Debian’s source; without ICU, just-in-time compilation, TLS, LDAP and Kerberos.',
      'The locale is C.UTF-8, the language of messages English; without contrib modules and replication tools.',
    ],
    ...image
      .note(
        `VOLUME [${DATA}]`,
        'ENTRYPOINT ["docker-entrypoint.sh"]',
        'STOPSIGNAL SIGINT',
        'EXPOSE 5432',
        'CMD ["postgres"]',
      )
      .contents(packages, [sourceEntry(postgresSource)]),
    config: {
      ExposedPorts: { '5432/tcp': {} },
      Env: [
        `${defaultPath}:/${PREFIX}/bin`,
        'LANG=C.UTF-8',
        `PG_MAJOR=${major}`,
        `PG_VERSION=${postgresSource.source.version}`,
        `PGDATA=${DATA}`,
      ],
      Entrypoint: ['docker-entrypoint.sh'],
      Cmd: ['postgres'],
      Volumes: { [DATA]: {} },
      StopSignal: 'SIGINT',
    },
  };
}

function addServer(tree: FileTree, built: FileTree): void {
  addUser(tree, 'postgres', USER, '/var/lib/postgresql');
  for (const path of built.paths()) {
    const file = built.get(path);
    if (file && file.kind !== 'directory' && wanted.some((pattern) => pattern.test(path)))
      tree.set(path, file);
  }
  tree
    .symlink('usr/lib/i386-linux-gnu/libpq.so.5', `/${PREFIX}/lib/libpq.so.5`)
    .directory('var/lib/postgresql', { uid: USER, gid: USER })
    .directory(DATA, { uid: USER, gid: USER, mode: 0o700 })
    .directory('var/run/postgresql', { uid: USER, gid: USER, mode: 0o3777 });
}
