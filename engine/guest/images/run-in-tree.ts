import { execFile } from 'node:child_process';
import { chmod, link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { readTree } from './debian/read-tree.ts';
import type { FileTree } from './file-tree.ts';

/**
 * Runs a program of an image in a root made of its files, and returns the files afterwards. Needs root, and a
 * kernel that runs i386 programs. Owners are all root's, so take from the result only what the program made.
 */
export async function runInTree(tree: FileTree, argv: readonly string[]): Promise<FileTree> {
  const root = await mkdtemp(join(tmpdir(), 'image-tree-'));
  try {
    for (const path of tree.paths()) {
      const file = tree.get(path);
      const target = join(root, path);
      await mkdir(dirname(target), { recursive: true });
      if (file?.kind === 'directory') await mkdir(target, { recursive: true });
      if (file?.kind === 'file') {
        await writeFile(target, file.content);
        await chmod(target, file.mode);
      }
      if (file?.kind === 'symlink') await symlink(file.target, target);
      if (file?.kind === 'link') await link(join(root, file.target), target);
    }
    const env = {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      LC_ALL: 'C.UTF-8',
      TZ: 'UTC',
      PYTHONHASHSEED: '0',
    };
    await promisify(execFile)('chroot', [root, ...argv], { env, maxBuffer: 1 << 26 });
    return await readTree(root, 0);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
