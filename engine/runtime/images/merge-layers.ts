import type { BlobSource, PublishedTree, TreeNode } from '../../api/image-tree.ts';
import type { TarEntry } from './tar-reader.ts';

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
const DIRECTORY = 0o040000;
/** Symbolic links followed on the way to an entry's directory, as the kernel limits them. */
const MAX_LINKS = 40;

const typeBits: Readonly<Record<Exclude<TarEntry['type'], 'hardlink'>, number>> = {
  file: 0o100000,
  directory: DIRECTORY,
  symlink: 0o120000,
  character: 0o020000,
  block: 0o060000,
  fifo: 0o010000,
};

/** What one or more names (hard links) stand for. */
interface Inode {
  mode: number;
  uid: number;
  gid: number;
  mtime: number;
  size: number;
  target?: string;
  device?: { readonly major: number; readonly minor: number };
  source?: number;
  offset?: number;
  children?: Map<string, Inode>;
  /** set while the tree is written out */
  number: number;
  links: number;
}

/**
 * Merges layers, bottom first, as an OCI image's changesets are applied (image-spec, layer.md):
 * whiteouts and opaque directories hide what lower layers have, a directory over a directory
 * keeps the entries, anything else replaces. The result depends only on the entries.
 */
export function mergeLayers(
  layers: readonly (readonly TarEntry[])[],
  sources: readonly BlobSource[],
  options: { readonly mountPoints?: boolean } = {},
): PublishedTree {
  const root = directory(0);
  layers.forEach((entries, layer) => {
    for (const entry of entries) hide(root, entry);
    for (const entry of entries) apply(root, entry, layer);
  });
  if (options.mountPoints === true) addMountPoints(root);
  return { root: publish(root), sources };
}

/**
 * What Docker's init layer has: places that every container mounts something on. In the
 * image's tree they cost nothing; otherwise crun would make them in each container's upper directory.
 */
const MOUNT_POINTS: readonly (readonly [
  path: string,
  type: 'directory' | 'file' | 'symlink',
  target?: string,
])[] = [
  ['dev/pts', 'directory'],
  ['dev/shm', 'directory'],
  ['dev/mqueue', 'directory'],
  ['dev/console', 'file'],
  ['proc', 'directory'],
  ['sys', 'directory'],
  ['etc/hosts', 'file'],
  ['etc/hostname', 'file'],
  ['etc/resolv.conf', 'file'],
  ['etc/mtab', 'symlink', '/proc/mounts'],
  ['.dockerenv', 'file'],
];

function addMountPoints(root: Inode): void {
  for (const [path, type, target = ''] of MOUNT_POINTS) {
    if (find(root, path.split('/'), false) !== undefined) continue;
    const entry = {
      path,
      type,
      mode: type === 'symlink' ? 0o777 : 0o755,
      uid: 0,
      gid: 0,
      mtime: 0,
      size: 0,
      linkName: target,
      major: 0,
      minor: 0,
      offset: 0,
    };
    apply(root, entry, 0);
  }
}

function directory(mtime: number): Inode {
  return {
    mode: DIRECTORY | 0o755,
    uid: 0,
    gid: 0,
    mtime,
    size: 0,
    children: new Map(),
    number: 0,
    links: 0,
  };
}

/** Path as names, without empty ones and dots; `..` cannot leave the root. */
export function splitPath(path: string): string[] {
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return names;
}

/** Runs before anything of the same layer is applied: whiteouts concern lower layers only, wherever they stand in the tar. */
function hide(root: Inode, entry: TarEntry): void {
  const names = splitPath(entry.path);
  const last = names.pop();
  if (last === undefined || !last.startsWith(WHITEOUT)) return;
  const parent = find(root, names);
  if (parent?.children === undefined) return;
  if (last === OPAQUE) parent.children.clear();
  else parent.children.delete(last.slice(WHITEOUT.length));
}

function apply(root: Inode, entry: TarEntry, layer: number): void {
  const names = splitPath(entry.path);
  const last = names.pop();
  if (last === undefined) {
    if (entry.type === 'directory') Object.assign(root, attributes(entry, DIRECTORY));
    return;
  }
  if (last.startsWith(WHITEOUT)) return;
  const parent = makeDirectories(root, names);
  if (entry.type === 'hardlink') {
    const inode = find(root, splitPath(entry.linkName), false);
    if (inode !== undefined && inode.children === undefined) parent.set(last, inode);
    return;
  }
  const existing = parent.get(last);
  if (entry.type === 'directory' && existing?.children !== undefined) {
    Object.assign(existing, attributes(entry, DIRECTORY));
    return;
  }
  const inode: Inode = { ...attributes(entry, typeBits[entry.type]), size: 0, number: 0, links: 0 };
  switch (entry.type) {
    case 'directory':
      inode.children = new Map();
      break;
    case 'file':
      inode.size = entry.size;
      inode.source = layer;
      inode.offset = entry.offset;
      break;
    case 'symlink':
      inode.target = entry.linkName;
      inode.size = new TextEncoder().encode(entry.linkName).length;
      break;
    case 'character':
    case 'block':
      inode.device = { major: entry.major, minor: entry.minor };
      break;
    case 'fifo':
      break;
  }
  parent.set(last, inode);
}

function attributes(entry: TarEntry, type: number): Pick<Inode, 'mode' | 'uid' | 'gid' | 'mtime'> {
  return { mode: type | entry.mode, uid: entry.uid, gid: entry.gid, mtime: entry.mtime };
}

/** Follows symbolic links below the root, as an extraction into a directory would. */
function find(root: Inode, names: readonly string[], followLast = true): Inode | undefined {
  const left = [...names];
  const trail: Inode[] = [root];
  let links = 0;
  for (let name = left.shift(); name !== undefined; name = left.shift()) {
    const at = trail[trail.length - 1];
    if (name === '..') {
      if (trail.length > 1) trail.pop();
      continue;
    }
    const next = at?.children?.get(name);
    if (next === undefined) return undefined;
    if (next.target === undefined || (left.length === 0 && !followLast)) {
      trail.push(next);
      continue;
    }
    if (++links > MAX_LINKS) return undefined;
    if (next.target.startsWith('/')) trail.splice(1);
    left.unshift(...next.target.split('/').filter((part) => part !== '' && part !== '.'));
  }
  return trail[trail.length - 1];
}

function makeDirectories(root: Inode, names: readonly string[]): Map<string, Inode> {
  let at = root;
  names.forEach((name, index) => {
    const next = at.children?.get(name);
    const resolved = next?.target === undefined ? next : find(root, names.slice(0, index + 1));
    if (resolved?.children !== undefined) {
      at = resolved;
      return;
    }
    const made = directory(0);
    at.children?.set(name, made);
    at = made;
  });
  return (at.children ??= new Map());
}

/** Numbers inodes in order of the sorted tree, so that the same layers give the same numbers everywhere. */
function publish(root: Inode): PublishedTree['root'] {
  let next = 1;
  const count = (inode: Inode): void => {
    inode.links++;
    if (inode.links > 1) return;
    inode.number = next++;
    for (const [, child] of sorted(inode)) count(child);
  };
  count(root);
  const write = (name: string, inode: Inode): TreeNode => {
    const children =
      inode.children === undefined
        ? undefined
        : sorted(inode).map(([childName, child]) => write(childName, child));
    const subdirectories = children?.filter((child) => child.children !== undefined).length ?? 0;
    return {
      name,
      mode: inode.mode,
      uid: inode.uid,
      gid: inode.gid,
      mtime: inode.mtime,
      size: inode.size,
      inode: inode.number,
      linkCount: children === undefined ? inode.links : 2 + subdirectories,
      ...(inode.target === undefined ? {} : { target: inode.target }),
      ...(inode.device === undefined ? {} : { device: inode.device }),
      ...(inode.source === undefined || inode.offset === undefined
        ? {}
        : { source: inode.source, offset: inode.offset }),
      ...(children === undefined ? {} : { children }),
    };
  };
  return write('', root);
}

function sorted(inode: Inode): [string, Inode][] {
  return [...(inode.children ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
}
