import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { FileTree } from './file-tree.ts';

/**
 * Adds /etc/ld.so.cache. Without it, every program that starts tries a dozen directories for each
 * library, and each try is a request from the machine to the host.
 */
export async function addLibraryCache(tree: FileTree): Promise<FileTree> {
  const root = await mkdtemp(join(tmpdir(), 'library-cache-'));
  try {
    for (const path of tree
      .paths()
      .filter((each) => /^lib$|\.so(\.|$)|^etc\/ld\.so\.conf/.test(each))) {
      const file = tree.get(path);
      await mkdir(join(root, dirname(path)), { recursive: true });
      if (file?.kind === 'file') await writeFile(join(root, path), file.content);
      if (file?.kind === 'symlink') await symlink(file.target, join(root, path));
    }
    await promisify(execFile)('/sbin/ldconfig', ['-X', '-r', root]);
    return tree.file(
      'etc/ld.so.cache',
      new Uint8Array(await readFile(join(root, 'etc/ld.so.cache'))),
    );
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
