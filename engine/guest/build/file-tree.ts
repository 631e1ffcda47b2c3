import path from 'node:path';

interface FileNode {
  readonly kind: 'file';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly content: Buffer;
}
interface SymlinkNode {
  readonly kind: 'symlink';
  readonly target: string;
}
export interface DirectoryNode {
  readonly kind: 'directory';
  mode: number;
  uid: number;
  gid: number;
  readonly entries: Map<string, TreeNode>;
}
export type TreeNode = FileNode | SymlinkNode | DirectoryNode;

export function directory(mode = 0o755, uid = 0, gid = 0): DirectoryNode {
  return { kind: 'directory', mode, uid, gid, entries: new Map() };
}

/** A file system in memory. Paths are relative to the root, without a leading slash. A node under two paths is a hard link. */
export class FileTree {
  readonly root = directory();

  get(file: string): TreeNode | undefined {
    let node: TreeNode | undefined = this.root;
    for (const name of segments(file)) {
      if (node?.kind !== 'directory') return undefined;
      node = node.entries.get(name);
    }
    return node;
  }

  /** The directory at this path, created with its parents when missing. */
  directory(file: string): DirectoryNode {
    let node = this.root;
    for (const name of segments(file)) {
      const existing = node.entries.get(name);
      const next = existing ?? directory();
      if (next.kind !== 'directory')
        throw new Error(`${file}: ${name} is a ${next.kind}, not a directory`);
      if (!existing) node.entries.set(name, next);
      node = next;
    }
    return node;
  }

  set(file: string, node: TreeNode): void {
    this.directory(path.posix.dirname(file)).entries.set(path.posix.basename(file), node);
  }

  write(file: string, content: string | Buffer, mode = 0o644): void {
    this.set(file, { kind: 'file', mode, uid: 0, gid: 0, content: Buffer.from(content) });
  }

  symlink(file: string, target: string): void {
    this.set(file, { kind: 'symlink', target });
  }

  remove(file: string): void {
    const parent = this.get(path.posix.dirname(file));
    if (parent?.kind === 'directory') parent.entries.delete(path.posix.basename(file));
  }

  /** Every node but the root, parents first, names in byte order. */
  *walk(from = this.root, prefix = ''): Generator<[string, TreeNode]> {
    for (const name of [...from.entries.keys()].toSorted(byteOrder)) {
      const node = from.entries.get(name);
      if (!node) continue;
      yield [prefix + name, node];
      if (node.kind === 'directory') yield* this.walk(node, `${prefix}${name}/`);
    }
  }

  /** Removes what the predicate chooses; a directory goes with all it holds. */
  prune(unwanted: (file: string, node: TreeNode) => boolean): void {
    const before = [...this.walk()];
    for (const [file, node] of before) {
      if (this.get(file) === node && unwanted(file, node)) this.remove(file);
    }
  }

  /** Removes directories that hold nothing, inside out. */
  pruneEmptyDirectories(below: readonly string[]): void {
    for (const [file, node] of [...this.walk()].toReversed()) {
      const inScope = below.some((top) => file.startsWith(`${top}/`));
      if (inScope && node.kind === 'directory' && node.entries.size === 0) this.remove(file);
    }
  }
}

/** Order of names as the kernel's directory search compares them. */
export function byteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function segments(file: string): string[] {
  return file.split('/').filter((segment) => segment !== '' && segment !== '.');
}
