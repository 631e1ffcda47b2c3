import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { FileTree } from '../file-tree.ts';
import type { ImagePackages } from '../image-packages.ts';
import { type ImageRecipe, defaultPath } from '../oci-image.ts';
import { addAccounts } from '../slim-debian.ts';
import { releaseOf } from '../versions.ts';

const busyboxPackages = ['busybox-static', 'base-passwd'];

/** `busybox`: Debian's static BusyBox under the name of every applet, as hard links. */
export async function busybox(packages: ImagePackages): Promise<ImageRecipe> {
  const unpacked = await new FileTree().addTar(packages.files('busybox-static'));
  const program = unpacked.get('bin/busybox');
  if (program?.kind !== 'file') throw new Error('busybox-static has no /bin/busybox');
  const accounts = await new FileTree().addTar(packages.files('base-passwd'));
  const layer = new FileTree().set('bin/busybox', program);
  const copyright = unpacked.get('usr/share/doc/busybox-static/copyright');
  if (copyright) layer.set('usr/share/doc/busybox-static/copyright', copyright);
  for (const applet of await applets(program.content)) {
    if (applet !== 'busybox') layer.hardLink(`bin/${applet}`, 'bin/busybox');
  }
  addAccounts(layer, accounts, '/bin/sh');
  layer
    .symlink('usr/bin/env', '../../bin/env')
    .file('etc/hosts', '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n')
    .directory('root', { mode: 0o700 })
    .directory('home')
    .directory('dev')
    .directory('proc')
    .directory('sys')
    .directory('var/spool/mail')
    .directory('var/www')
    .directory('tmp', { mode: 0o1777 });
  const { full, minor, major } = releaseOf(packages.get('busybox-static').version);
  return {
    repository: 'library/busybox',
    tags: ['latest', 'stable', full, minor, major],
    description: 'A shell and 270 small tools in one program',
    differences: ['Debian’s busybox-static, with the tools that Debian builds into it.'],
    steps: [{ createdBy: 'ADD busybox.tar /', layer }, { createdBy: 'CMD ["sh"]' }],
    config: { Env: [defaultPath], Cmd: ['sh'] },
    sources: packages.sources(busyboxPackages),
  };
}

/** Asks the program itself: a static i386 binary, which also runs on an amd64 builder. */
async function applets(program: Uint8Array): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'busybox-'));
  const path = join(directory, 'busybox');
  try {
    await writeFile(path, program);
    await chmod(path, 0o755);
    const { stdout } = await promisify(execFile)(path, ['--list']);
    return stdout.split('\n').filter((name) => name !== '' && name !== 'linuxrc');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
