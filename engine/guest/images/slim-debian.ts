/**
 * A Debian file system with only what a server image needs: shell, coreutils, C library, accounts.
 * No package manager, no Perl, no translations: a third of the size of the `debian` image.
 */
import type { FileTree } from './file-tree.ts';
import type { ImagePackages } from './image-packages.ts';
import { LayerStack } from './layer-stack.ts';
import { addLibraryCache } from './library-cache.ts';
import { isNeeded } from './needed-files.ts';

const slimPackages = [
  'base-files',
  'base-passwd',
  'bash',
  'coreutils',
  'dash',
  'debianutils',
  'findutils',
  'grep',
  'hostname',
  'libacl1',
  'libattr1',
  'libc-bin',
  'libc6',
  'libgcc-s1',
  'libgmp10',
  'libpcre2-8-0',
  'libselinux1',
  'libtinfo6',
  'ncurses-base',
  'sed',
];

/** What most images stand on; a layer that is the same in several images is stored and pulled once. */
export interface BaseImages {
  /** shell, coreutils, C library */
  readonly debian: LayerStack;
  /** the same with TLS, compression and password hashes */
  readonly debianWithTls: LayerStack;
}

export async function baseImages(packages: ImagePackages): Promise<BaseImages> {
  const plain = await LayerStack.empty.layer(
    'ADD debian-slim.tar /',
    (root) => fillRoot(root, packages),
    slimPackages,
  );
  const debian = plain.note('CMD ["bash"]');
  const tls = ['libcrypt1', 'libssl3', 'zlib1g'];
  return { debian, debianWithTls: await debian.install(packages, tls) };
}

async function fillRoot(root: FileTree, packages: ImagePackages): Promise<void> {
  for (const name of ['bin', 'sbin', 'lib'])
    root.symlink(name, `usr/${name}`).directory(`usr/${name}`);
  for (const name of slimPackages) await root.addTar(packages.files(name), isNeeded);
  addAccounts(root, root);
  root
    .remove((path) => path.startsWith('usr/share/base-passwd'))
    .file('etc/hosts', '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n')
    .symlink('usr/bin/sh', 'dash')
    .symlink('var/run', '/run')
    .symlink('var/lock', '/run/lock')
    .directory('run/lock', { mode: 0o1777 });
  await addLibraryCache(root);
}

/** /etc/passwd, group, shadow and nsswitch.conf as Debian's base-passwd (unpacked in `source`) begins them. */
export function addAccounts(root: FileTree, source: FileTree, shell = '/bin/bash'): void {
  for (const name of ['passwd', 'group']) {
    const master = source.get(`usr/share/base-passwd/${name}.master`);
    if (master?.kind !== 'file') throw new Error(`base-passwd has no ${name}.master`);
    const text = new TextDecoder().decode(master.content);
    root.file(`etc/${name}`, text.replaceAll(':*:', ':x:').replace('/bin/bash', shell));
  }
  root
    .file('etc/shadow', 'root:*:::::::\n', { mode: 0o640, gid: 42 })
    .file('etc/nsswitch.conf', 'passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n');
}
