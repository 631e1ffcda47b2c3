/** Puts the sources of a COPY or ADD into a layer. Rules: Dockerfile reference, "COPY", "ADD". */
import type { TreeNode } from '../../api/image-tree.ts';
import { TarReader, type TarEntry } from '../../runtime/images/tar-reader.ts';
import type { Owner } from './accounts.ts';
import { unpackTar } from './archive-format.ts';
import type { SourceTree } from './build-context.ts';
import { BuildError } from './build-error.ts';
import type { CopySource } from './copy-sources.ts';
import { join, type LayerFile, type LayerWriter, parentOf } from './layer-writer.ts';

export interface CopyTask {
  readonly tree: SourceTree;
  readonly sources: readonly CopySource[];
  /** absolute; a slash at the end makes it a directory */
  readonly destination: string;
  /** owner of everything copied; the sources' own when absent */
  readonly owner?: Owner;
  /** ADD unpacks local archives */
  readonly unpack: boolean;
}

/** Throws BuildError. */
export async function copyFiles(layer: LayerWriter, task: CopyTask): Promise<void> {
  const destination = layer.resolve(task.destination);
  for (const source of task.sources) {
    if (source.node.children) {
      copyDirectory(layer, task, source, destination);
      continue;
    }
    const archive = task.unpack
      ? await unpackTar(new Uint8Array(await task.tree.readFile(source.realPath)))
      : undefined;
    if (archive) addArchive(layer, archive, destination);
    else copyFile(layer, task, source, destination);
  }
}

function copyFile(
  layer: LayerWriter,
  task: CopyTask,
  source: CopySource,
  destination: string,
): void {
  const into = task.destination.endsWith('/') || layer.isDirectory(destination);
  const path = into ? join(destination, source.path.split('/').at(-1) ?? '') : destination;
  layer.add(layer.resolve(path), fileOf(task, source.realPath, source.node), task.owner);
}

/** The contents of a directory, not the directory itself. One that exists already keeps its mode and owner. */
function copyDirectory(
  layer: LayerWriter,
  task: CopyTask,
  source: CopySource,
  destination: string,
): void {
  if (layer.exists(destination) && !layer.isDirectory(destination)) {
    throw new BuildError(
      'FAILED',
      `failed to copy files: failed to copy directory: mkdir ${destination}: not a directory`,
    );
  }
  if (layer.isDirectory(destination)) layer.makeDirectories(destination);
  else layer.add(destination, fileOf(task, source.realPath, source.node), task.owner);
  const walk = (from: string, to: string): void => {
    for (const child of task.tree.lookup(from)?.node.children ?? []) {
      const childFrom = join(from, child.name);
      const childTo = join(to, child.name);
      layer.add(childTo, fileOf(task, childFrom, child), task.owner);
      if (child.children) walk(childFrom, childTo);
    }
  };
  walk(source.realPath, destination);
}

const kinds: Readonly<Record<number, LayerFile['kind']>> = {
  0o100000: 'file',
  0o040000: 'directory',
  0o120000: 'symlink',
};

function fileOf({ tree, owner }: CopyTask, path: string, node: TreeNode): LayerFile {
  const kind = kinds[node.mode & 0o170000];
  if (kind === undefined)
    throw new BuildError(
      'FAILED',
      `failed to copy files: ${path} is neither a file nor a directory`,
    );
  return {
    kind,
    mode: node.mode & 0o7777,
    uid: owner?.uid ?? node.uid,
    gid: owner?.gid ?? node.gid,
    mtime: node.mtime,
    ...(node.target === undefined ? {} : { target: node.target }),
    ...(kind === 'file' ? { size: node.size, content: () => tree.readFile(path) } : {}),
  };
}

/** Owners, modes and times stay as the archive has them. */
function addArchive(layer: LayerWriter, tar: Uint8Array, destination: string): void {
  const entries: TarEntry[] = [];
  const reader = new TarReader((entry) => entries.push(entry));
  reader.push(tar);
  reader.end();
  layer.makeDirectories(destination);
  for (const entry of entries) {
    const names = entry.path.split('/').filter((name) => name !== '' && name !== '.');
    if (names.includes('..'))
      throw new BuildError(
        'FAILED',
        `failed to copy files: ${entry.path} leads out of the archive`,
      );
    const path = join(layer.resolve(parentOf(join(destination, ...names))), names.at(-1) ?? '');
    if (
      names.length === 0 ||
      entry.type === 'character' ||
      entry.type === 'block' ||
      entry.type === 'fifo'
    )
      continue;
    const kind = entry.type === 'hardlink' ? 'link' : entry.type;
    layer.add(path, {
      kind,
      mode: entry.mode,
      uid: entry.uid,
      gid: entry.gid,
      mtime: entry.mtime,
      ...(kind === 'symlink' ? { target: entry.linkName } : {}),
      ...(kind === 'link' ? { target: join(destination, entry.linkName) } : {}),
      ...(kind === 'file'
        ? {
            size: entry.size,
            content: () => Promise.resolve(tar.subarray(entry.offset, entry.offset + entry.size)),
          }
        : {}),
    });
  }
}
