import { createTarPacker, type TarHeader } from 'modern-tar';
import type { PublishedTree, TreeNode } from '../../api/image-tree.ts';
import { RuntimeError } from '../runtime-error.ts';
import type { ContentStore, Digest, ImageTree, TreeEntry } from '../types.ts';
import { splitPath } from './merge-layers.ts';

const TYPE_MASK = 0o170000;
const MAX_LINKS = 40;

/** Device nodes are left out of archives: the tar library cannot write their numbers. */
const tarTypes: Readonly<Record<number, NonNullable<TarHeader['type']>>> = {
  0o100000: 'file',
  0o040000: 'directory',
  0o120000: 'symlink',
  0o010000: 'fifo',
};

/** Reads a merged tree on the host, where its layers are. */
export class MergedTree implements ImageTree {
  readonly name: string;
  readonly tree: PublishedTree;
  readonly #content: ContentStore;
  /** digests behind `tree.sources` */
  readonly #layers: readonly Digest[];
  readonly #children = new Map<TreeNode, ReadonlyMap<string, TreeNode>>();

  constructor(name: string, tree: PublishedTree, layers: readonly Digest[], content: ContentStore) {
    this.name = name;
    this.tree = tree;
    this.#layers = layers;
    this.#content = content;
  }

  lookup(
    path: string,
    { followLast = true }: { readonly followLast?: boolean } = {},
  ): TreeEntry | undefined {
    const left = splitPath(path);
    const trail: TreeNode[] = [this.tree.root];
    let links = 0;
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      if (name === '..') {
        if (trail.length > 1) trail.pop();
        continue;
      }
      const next = this.#child(trail[trail.length - 1], name);
      if (next === undefined) return undefined;
      if (next.target === undefined || (left.length === 0 && !followLast)) {
        trail.push(next);
        continue;
      }
      if (++links > MAX_LINKS) return undefined;
      if (next.target.startsWith('/')) trail.splice(1);
      left.unshift(...next.target.split('/').filter((part) => part !== '' && part !== '.'));
    }
    const node = trail[trail.length - 1];
    if (node === undefined) return undefined;
    const names = trail.slice(1).map((each) => each.name);
    return { path: `/${names.join('/')}`, node };
  }

  async readFile(path: string): Promise<Uint8Array> {
    const found = this.lookup(path);
    if (found === undefined || (found.node.mode & TYPE_MASK) !== 0o100000)
      throw new RuntimeError('NOT_FOUND', `${path}: no such file`);
    return new Uint8Array(await new Response(await this.#read(found.node)).arrayBuffer());
  }

  archive(
    path: string,
    options: { readonly name?: string; readonly contentsOnly?: boolean } = {},
  ): ReadableStream<Uint8Array> {
    const found = this.lookup(path, { followLast: options.contentsOnly === true });
    if (found === undefined)
      throw new RuntimeError('NOT_FOUND', `${path}: no such file or directory`);
    const { readable, controller } = createTarPacker();
    const written = new Map<number, string>();
    const add = async (node: TreeNode, name: string): Promise<void> => {
      const type = tarTypes[node.mode & TYPE_MASK];
      if (type === undefined) return;
      const first =
        node.children === undefined && node.linkCount > 1 ? written.get(node.inode) : undefined;
      if (first === undefined) written.set(node.inode, name);
      const body = controller.add(
        headerOf(node, name, first === undefined ? type : 'link', first ?? node.target),
      );
      if (first === undefined && node.size > 0 && node.source !== undefined)
        await (await this.#read(node)).pipeTo(body);
      else await body.close();
      await addChildren(node, `${name}/`);
    };
    const addChildren = async (node: TreeNode, prefix: string): Promise<void> => {
      for (const child of node.children ?? []) await add(child, prefix + child.name);
    };
    const all =
      options.contentsOnly === true
        ? addChildren(found.node, '')
        : add(found.node, options.name ?? (found.node.name || '.'));
    all.then(
      () => controller.finalize(),
      (error: unknown) => controller.error(error),
    );
    return readable;
  }

  #child(node: TreeNode | undefined, name: string): TreeNode | undefined {
    if (node?.children === undefined) return undefined;
    let byName = this.#children.get(node);
    if (byName === undefined) {
      byName = new Map(node.children.map((child) => [child.name, child]));
      this.#children.set(node, byName);
    }
    return byName.get(name);
  }

  #read(node: TreeNode): Promise<ReadableStream<Uint8Array>> {
    const layer = this.#layers[node.source ?? -1];
    if (node.size === 0 || layer === undefined) return Promise.resolve(new Blob([]).stream());
    return this.#content.read(layer, { offset: node.offset ?? 0, length: node.size });
  }
}

function headerOf(
  node: TreeNode,
  name: string,
  type: NonNullable<TarHeader['type']>,
  linkname: string | undefined,
): TarHeader {
  return {
    name: type === 'directory' ? `${name}/` : name,
    type,
    mode: node.mode & 0o7777,
    uid: node.uid,
    gid: node.gid,
    mtime: new Date(node.mtime * 1000),
    size: type === 'file' ? node.size : 0,
    ...(linkname === undefined ? {} : { linkname }),
  };
}
