import {
  byteOrder,
  directory,
  type DirectoryNode,
  type FileTree,
  type TreeNode,
} from './file-tree.ts';
import { digestOf } from './inputs.ts';

/**
 * Writes an uncompressed EROFS image, byte for byte the same for the same tree. Our own writer,
 * because mkfs.erofs cannot choose where a file's data goes: here everything named in `order`
 * (metadata and data) stands at the front, in that order, so that a booting machine fetches few
 * chunks. The layout follows the kernel's Documentation/filesystems/erofs.rst and
 * fs/erofs/erofs_fs.h: compact inodes, no extended attributes, one device.
 */
export interface ErofsOptions {
  /** 16 bytes */
  readonly uuid: Buffer;
  /** cut to `labelLength` characters */
  readonly label: string;
  /** UNIX time in seconds, of every file */
  readonly time: number;
  /** paths that come first, relative to the root */
  readonly order: readonly string[];
  /** the image is padded to a multiple of this many bytes */
  readonly alignment: number;
}

/** The kernel refuses a volume whose name fills its 16 bytes without a final zero. */
const labelLength = 15;

const blockSize = 4096;
const inodeSize = 32;
const directoryEntrySize = 12;
const magic = 0xe0f5e1e2;
const layoutPlain = 0;
const layoutInline = 2;
/** Small contents follow their inode, so that one read brings both. */
const inlineLimit = 2048;
const superblockEnd = 1152;

const typeBits = { file: 0o100000, directory: 0o040000, symlink: 0o120000 } as const;
const directoryEntryType = { file: 1, directory: 2, symlink: 7 } as const;

interface Inode {
  readonly node: TreeNode;
  readonly parent: DirectoryNode;
  /** contents; filled with node numbers last when it is a directory */
  readonly size: number;
  readonly links: number;
  readonly inline: boolean;
  /** byte offset of the inode in the image */
  offset: number;
  dataBlock: number;
}

export function writeErofs(tree: FileTree, options: ErofsOptions): Buffer {
  const inodes = collect(tree, options.order);
  const metadataEnd = placeMetadata(inodes);
  const blocks = placeData(inodes, Math.ceil(metadataEnd / blockSize));
  const size = Math.ceil((blocks * blockSize) / options.alignment) * options.alignment;
  const image = Buffer.alloc(size);
  writeSuperblock(image, options, inodes, blocks);
  for (const [index, inode] of [...inodes.values()].entries())
    writeInode(image, inode, index + 1, inodes);
  return image;
}

/** All nodes once, in the order in which they are laid out. */
function collect(tree: FileTree, order: readonly string[]): Map<TreeNode, Inode> {
  const all = new Map<string, { node: TreeNode; parent: DirectoryNode }>();
  const links = new Map<TreeNode, number>([[tree.root, 2]]);
  all.set('', { node: tree.root, parent: tree.root });
  const parents = new Map<string, DirectoryNode>([['', tree.root]]);
  for (const [file, node] of tree.walk()) {
    const parent = parents.get(file.slice(0, Math.max(0, file.lastIndexOf('/')))) ?? tree.root;
    all.set(file, { node, parent });
    if (node.kind === 'directory') {
      parents.set(file, node);
      links.set(node, 2);
      links.set(parent, (links.get(parent) ?? 2) + 1);
    } else {
      links.set(node, (links.get(node) ?? 0) + 1);
    }
  }
  const inodes = new Map<TreeNode, Inode>();
  const add = (file: string): void => {
    const found = all.get(file);
    if (!found || inodes.has(found.node)) return;
    const { node, parent } = found;
    const size = contentSize(node);
    const inline = size > 0 && size <= inlineLimit;
    inodes.set(node, {
      node,
      parent,
      size,
      links: links.get(node) ?? 1,
      inline,
      offset: 0,
      dataBlock: 0,
    });
  };
  add('');
  for (const file of order) {
    for (let end = file.indexOf('/'); end > 0; end = file.indexOf('/', end + 1))
      add(file.slice(0, end));
    add(file);
  }
  for (const [file, { node }] of all) if (node.kind === 'directory') add(file);
  for (const file of all.keys()) add(file);
  return inodes;
}

/** Gives every inode its place; an inode and its inline contents never cross a block. Returns the end in bytes. */
function placeMetadata(inodes: Map<TreeNode, Inode>): number {
  let end = superblockEnd;
  for (const inode of inodes.values()) {
    const need = inodeSize + (inode.inline ? inode.size : 0);
    if ((end % blockSize) + need > blockSize) end = Math.ceil(end / blockSize) * blockSize;
    inode.offset = end;
    end = Math.ceil((end + need) / inodeSize) * inodeSize;
  }
  return end;
}

/** Gives blocks to contents that are not inline; equal files share theirs. Returns the block after the last. */
function placeData(inodes: Map<TreeNode, Inode>, firstBlock: number): number {
  const shared = new Map<string, number>();
  let next = firstBlock;
  for (const inode of inodes.values()) {
    if (inode.inline || inode.size === 0) continue;
    const key = inode.node.kind === 'file' ? digestOf(inode.node.content) : undefined;
    const twin = key === undefined ? undefined : shared.get(key);
    inode.dataBlock = twin ?? next;
    if (twin !== undefined) continue;
    if (key !== undefined) shared.set(key, next);
    next += Math.ceil(inode.size / blockSize);
  }
  return next;
}

function writeSuperblock(
  image: Buffer,
  options: ErofsOptions,
  inodes: Map<TreeNode, Inode>,
  blocks: number,
): void {
  const at = 1024;
  image.writeUInt32LE(magic, at);
  image.writeUInt8(Math.log2(blockSize), at + 12);
  image.writeUInt16LE(nodeNumber(inodes.values().next().value), at + 14);
  image.writeBigUInt64LE(BigInt(inodes.size), at + 16);
  image.writeBigUInt64LE(BigInt(options.time), at + 24);
  image.writeUInt32LE(blocks, at + 36);
  options.uuid.copy(image, at + 48, 0, 16);
  image.write(options.label.slice(0, labelLength), at + 64, 'latin1');
}

function nodeNumber(inode: Inode | undefined): number {
  if (!inode) throw new Error('a directory entry names a node outside the tree');
  return inode.offset / inodeSize;
}

function writeInode(
  image: Buffer,
  inode: Inode,
  serial: number,
  inodes: Map<TreeNode, Inode>,
): void {
  const { node, offset } = inode;
  const owner = node.kind === 'symlink' ? { mode: 0o777, uid: 0, gid: 0 } : node;
  image.writeUInt16LE((inode.inline ? layoutInline : layoutPlain) << 1, offset);
  image.writeUInt16LE(typeBits[node.kind] | owner.mode, offset + 4);
  image.writeUInt16LE(inode.links, offset + 6);
  image.writeUInt32LE(inode.size, offset + 8);
  image.writeUInt32LE(inode.dataBlock, offset + 16);
  image.writeUInt32LE(serial, offset + 20);
  image.writeUInt16LE(owner.uid, offset + 24);
  image.writeUInt16LE(owner.gid, offset + 26);
  const content =
    node.kind === 'directory' ? directoryContent(node, inode, inodes) : leafContent(node);
  content.copy(image, inode.inline ? offset + inodeSize : inode.dataBlock * blockSize);
}

function leafContent(node: Exclude<TreeNode, DirectoryNode>): Buffer {
  return node.kind === 'file' ? node.content : Buffer.from(node.target);
}

function contentSize(node: TreeNode): number {
  if (node.kind !== 'directory') return leafContent(node).length;
  const blocks = directoryBlocks(node);
  const last = blocks.at(-1) ?? [];
  return (blocks.length - 1) * blockSize + entriesSize(last);
}

/** Names of a directory with `.` and `..`, sorted, cut into blocks. */
function directoryBlocks(node: DirectoryNode): string[][] {
  const names = ['.', '..', ...node.entries.keys()].toSorted(byteOrder);
  const blocks: string[][] = [[]];
  let used = 0;
  for (const name of names) {
    const need = directoryEntrySize + Buffer.byteLength(name);
    if (used + need > blockSize) {
      blocks.push([]);
      used = 0;
    }
    blocks.at(-1)?.push(name);
    used += need;
  }
  return blocks;
}

function entriesSize(names: readonly string[]): number {
  return names.reduce((sum, name) => sum + directoryEntrySize + Buffer.byteLength(name), 0);
}

function directoryContent(node: DirectoryNode, inode: Inode, inodes: Map<TreeNode, Inode>): Buffer {
  const content = Buffer.alloc(inode.size);
  for (const [index, names] of directoryBlocks(node).entries()) {
    const start = index * blockSize;
    let nameOffset = names.length * directoryEntrySize;
    for (const [position, name] of names.entries()) {
      const target = name === '.' ? node : name === '..' ? inode.parent : node.entries.get(name);
      const entry = start + position * directoryEntrySize;
      content.writeBigUInt64LE(BigInt(nodeNumber(target && inodes.get(target))), entry);
      content.writeUInt16LE(nameOffset, entry + 8);
      content.writeUInt8(directoryEntryType[(target ?? directory()).kind], entry + 10);
      nameOffset += content.write(name, start + nameOffset);
    }
  }
  return content;
}
