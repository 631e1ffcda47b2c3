import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { FileTree, sourceDateEpoch } from '../file-tree.ts';

/**
 * Reads a directory of the disk. Files changed at `since` (UNIX seconds) or later get the time that
 * builds share. Devices, sockets and pipes are left out.
 */
export async function readTree(root: string, since: number): Promise<FileTree> {
  const tree = new FileTree();
  const links = new Map<number, string>();
  const walk = async (directory: string): Promise<void> => {
    for (const name of (await readdir(join(root, directory))).sort()) {
      const path = join(directory, name);
      const status = await lstat(join(root, path));
      const modified = Math.floor(status.mtimeMs / 1000);
      const attributes = {
        mode: status.mode & 0o7777,
        uid: status.uid,
        gid: status.gid,
        mtime: modified >= since ? sourceDateEpoch : modified,
      };
      if (status.isSymbolicLink()) {
        tree.set(path, {
          kind: 'symlink',
          target: await readlink(join(root, path)),
          ...attributes,
        });
      } else if (status.isDirectory()) {
        tree.set(path, { kind: 'directory', ...attributes });
        await walk(path);
      } else if (status.isFile()) {
        const first = status.nlink > 1 ? links.get(status.ino) : undefined;
        if (first === undefined) {
          links.set(status.ino, path);
          tree.set(path, {
            kind: 'file',
            content: new Uint8Array(await readFile(join(root, path))),
            ...attributes,
          });
        } else {
          tree.set(path, { kind: 'link', target: first, ...attributes });
        }
      }
    }
  };
  await walk('');
  return tree;
}
