/**
 * `debian`: a minimal Debian that can install packages, as the slim images of Docker Hub are.
 * Unpacked and configured by Debian's own dpkg in a chroot, so building it needs root and a
 * kernel that runs i386 programs.
 */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type FileTree, sourceDateEpoch } from '../file-tree.ts';
import type { ImagePackages } from '../image-packages.ts';
import { type ImageRecipe, defaultPath } from '../oci-image.ts';
import type { BaseImages } from '../slim-debian.ts';
import { readTree } from './read-tree.ts';

const run = promisify(execFile);

/** Everything essential, apt, and what these depend on. */
const debianPackages =
  `adduser apt base-files base-passwd bash bsdutils coreutils dash debconf debian-archive-keyring debianutils
  diffutils dpkg findutils gcc-12-base gpgv grep gzip hostname init-system-helpers libacl1 libapt-pkg6.0 libattr1
  libaudit-common libaudit1 libblkid1 libbz2-1.0 libc-bin libc6 libcap-ng0 libcap2 libcrypt1 libdb5.3
  libdebconfclient0 libffi8 libgcc-s1 libgcrypt20 libgmp10 libgnutls30 libgpg-error0 libhogweed6 libidn2-0 liblz4-1
  liblzma5 libmd0 libmount1 libnettle8 libp11-kit0 libpam-modules libpam-modules-bin libpam-runtime libpam0g
  libpcre2-8-0 libseccomp2 libselinux1 libsemanage-common libsemanage2 libsepol2 libsmartcols1 libstdc++6 libsystemd0
  libtasn1-6 libtinfo6 libudev1 libunistring2 libuuid1 libxxhash0 libzstd1 login mawk ncurses-base ncurses-bin passwd
  perl-base sed sysvinit-utils tar usr-is-merged util-linux util-linux-extra zlib1g`.split(/\s+/);

/** What a slim image leaves out; dpkg keeps to it when packages are added later. */
const dpkgConfiguration = `path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/man/*
path-exclude /usr/share/info/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/lintian/*
path-exclude /usr/lib/i386-linux-gnu/gconv/*
`;

const sources = `Types: deb
URIs: http://deb.debian.org/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://deb.debian.org/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`;

/** Logs, caches and backups, which hold the time of the build or nothing of use. */
const leftovers = [
  /^packages(\/|$)/,
  /^usr\/share\/doc\/(?![^/]+(\/copyright)?$)/,
  /^usr\/share\/(man|info|locale|lintian)\/./,
  /\/gconv(\/|$)/,
  /^var\/log\/./,
  /^var\/cache\/(apt|ldconfig|debconf)\/./,
  /^var\/lib\/(dpkg|shells\.state).*-old$/,
  /^etc\/(passwd|group|shadow|gshadow|machine-id)-?$(?<=-|machine-id)/,
  /^(dev|proc|sys|tmp|run)\/./,
];

/** Perl, what is written in it, and what asks debconf. dpkg counts it as installed, or apt would find packages broken. */
const perl = [
  /^usr\/bin\/(perl|debconf|deb-systemd-)/,
  /^usr\/sbin\/((add|del)(user|group)|dpkg-(preconfigure|reconfigure|fsys-usrunmess)|pam-auth-update|pam_getenv|update-rc\.d)$/,
  /^usr\/lib\/i386-linux-gnu\/perl-base(\/|$)/,
  /^usr\/share\/(perl5|debconf)(\/|$)/,
  /^etc\/apt\/apt\.conf\.d\/70debconf$/,
  /^var\/lib\/dpkg\/info\/.*\.templates$/,
];

/** Accounts in Berkeley DB, and what only compilers, debuggers and builders of packages and locales open. */
const useless = [
  /^usr\/lib\/i386-linux-gnu\/(libdb-5\.3|security\/pam_userdb)\.so$/,
  /^usr\/share\/(gcc|gdb)(\/|$)/,
  /^usr\/bin\/localedef$/,
  /^var\/lib\/dpkg\/info\/.*\.symbols$/,
];

export async function debian(packages: ImagePackages, base: BaseImages): Promise<ImageRecipe> {
  const root = await mkdtemp(join(tmpdir(), 'debian-image-'));
  try {
    const tree = await install(packages, root);
    // What other images have too is their layer, so that it is stored and pulled once.
    const stack = await base.debian.layer('ADD debian.tar /', (files) => files.addTree(tree));
    return {
      repository: 'library/debian',
      tags: ['latest', 'bookworm', 'bookworm-slim', '12', '12-slim', 'stable', 'stable-slim'],
      description: 'Debian 12, small, with apt',
      differences: [
        'For i386, as slim as the tags with “slim”; also under the other tags.',
        'In two layers: the first is what the other images here stand on.',
        'apt finds no mirror: the network ends at this page.',
        'Without Perl and what is written in it, such as adduser (useradd is there), debconf and update-rc.d, though dpkg lists them.',
      ],
      steps: stack.note('CMD ["bash"]').steps,
      config: { Env: [defaultPath], Cmd: ['bash'] },
      sources: packages.sources(debianPackages),
    };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function install(packages: ImagePackages, root: string): Promise<FileTree> {
  const started = Math.floor(Date.now() / 1000);
  for (const name of ['bin', 'sbin', 'lib']) {
    await mkdir(join(root, 'usr', name), { recursive: true });
    await symlink(`usr/${name}`, join(root, name));
  }
  await mkdir(join(root, 'packages'));
  for (const name of debianPackages) {
    const path = packages.path(name);
    await copyFile(path, join(root, 'packages', `${name}.deb`));
    await run('sh', [
      '-c',
      'dpkg-deb --fsys-tarfile "$1" | tar -x -p --keep-directory-symlink -C "$2"',
      'sh',
      path,
      root,
    ]);
  }
  await mkdir(join(root, 'var/lib/dpkg'), { recursive: true });
  for (const file of ['status', 'available']) await writeFile(join(root, 'var/lib/dpkg', file), '');
  await mkdir(join(root, 'etc/dpkg/dpkg.cfg.d'), { recursive: true });
  await writeFile(join(root, 'etc/dpkg/dpkg.cfg.d/docker-slim'), dpkgConfiguration);
  // Nothing may start a service while packages are configured.
  await writeFile(join(root, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  await configure(root);
  await writeFile(join(root, 'etc/apt/sources.list.d/debian.sources'), sources);
  const tree = await readTree(root, started);
  return tree
    .remove((path) => [...leftovers, ...perl, ...useless].some((pattern) => pattern.test(path)))
    .directory('var/log/apt')
    .directory('var/cache/apt/archives/partial', { mode: 0o700 });
}

/** Twice: the second call configures what the first could not for the order of dependencies. */
async function configure(root: string): Promise<void> {
  const env = {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    LC_ALL: 'C',
    TZ: 'UTC',
    DEBIAN_FRONTEND: 'noninteractive',
    DEBCONF_NONINTERACTIVE_SEEN: 'true',
    DEBCONF_NOWARNINGS: 'yes',
    SOURCE_DATE_EPOCH: String(sourceDateEpoch),
  };
  const options = { env, maxBuffer: 1 << 26 };
  await run(
    'chroot',
    [
      root,
      'sh',
      '-c',
      'dpkg --force-depends --install /packages/base-passwd.deb /packages/base-files.deb',
    ],
    options,
  );
  await run(
    'chroot',
    [root, 'sh', '-c', 'dpkg --force-depends --install /packages/*.deb'],
    options,
  );
  await run('chroot', [root, 'dpkg', '--configure', '--pending'], options);
}
