import type { TreeNode } from '../../api/image-tree.ts';
import { Errno, NinePError, type Qid } from './protocol.ts';

const TYPE_MASK = 0o170000;
export const DIRECTORY = 0o040000;
export const SYMLINK = 0o120000;
export const REGULAR = 0o100000;

/** A tree as published, with what walking needs. `number` makes qid paths unique over all trees. */
export interface ServedTree {
  readonly name: string;
  readonly number: number;
  readonly contents: readonly ContentSource[];
}

/** Reads from one blob. Answers at once when the bytes are in memory. */
export interface ContentSource {
  read(offset: number, length: number): Uint8Array | Promise<Uint8Array>;
  close(): void;
}

/** A node of a published tree, made when something walks to it. */
export class ServedNode {
  readonly tree: ServedTree;
  readonly node: TreeNode;
  readonly parent: ServedNode | undefined;
  #byName: Map<string, TreeNode> | undefined;
  readonly #children = new Map<string, ServedNode>();

  constructor(tree: ServedTree, node: TreeNode, parent: ServedNode | undefined) {
    this.tree = tree;
    this.node = node;
    this.parent = parent;
  }

  get type(): number {
    return this.node.mode & TYPE_MASK;
  }

  get isDirectory(): boolean {
    return this.type === DIRECTORY;
  }

  get qid(): Qid {
    return qidOf(this.tree.number, this.node);
  }

  /** Throws ENOTDIR or ENOENT. */
  child(name: string): ServedNode {
    if (!this.isDirectory) throw new NinePError(Errno.ENOTDIR);
    const known = this.#children.get(name);
    if (known !== undefined) return known;
    this.#byName ??= new Map((this.node.children ?? []).map((child) => [child.name, child]));
    const found = this.#byName.get(name);
    if (found === undefined) throw new NinePError(Errno.ENOENT);
    const child = new ServedNode(this.tree, found, this);
    this.#children.set(name, child);
    return child;
  }

  /** Names from the tree's root down to this node. */
  path(): string[] {
    return this.parent === undefined ? [] : [...this.parent.path(), this.node.name];
  }
}

export function qidOf(treeNumber: number, node: TreeNode): Qid {
  return { type: qidType(node.mode), path: treeNumber * 2 ** 32 + node.inode };
}

function qidType(mode: number): number {
  const type = mode & TYPE_MASK;
  if (type === DIRECTORY) return 0x80;
  return type === SYMLINK ? 0x02 : 0;
}
