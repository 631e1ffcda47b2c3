/** Finds the files that COPY and ADD name, and the checksum by which the cache knows them. */
import { createSHA256, type IHasher } from 'hash-wasm';
import type { TreeNode } from '../../api/image-tree.ts';
import type { SourceTree } from './build-context.ts';
import { BuildError } from './build-error.ts';
import { cleanPath, hasWildcards, matchPath } from './glob.ts';

export interface CopySource {
  /** as named, without a leading slash */
  readonly path: string;
  /** symbolic links followed */
  readonly realPath: string;
  readonly node: TreeNode;
  /** `file:…` or `dir:…` and 64 hexadecimal digits */
  readonly hash: string;
}

export interface CopyOrigin {
  readonly tree: SourceTree;
  /** the build context, not another image: words of the refusals differ */
  readonly isContext: boolean;
}

/** Throws BuildError. */
export async function findSources(
  origin: CopyOrigin,
  patterns: readonly string[],
): Promise<readonly CopySource[]> {
  // One for all files: making a hasher compiles WebAssembly.
  const hasher = await createSHA256();
  const sources: CopySource[] = [];
  for (const pattern of patterns) {
    const path = relative(pattern, origin);
    if (!hasWildcards(path)) sources.push(await findSource(origin, path, hasher));
    else
      for (const match of matches(origin.tree, path))
        sources.push(await findSource(origin, match, hasher));
  }
  if (sources.length === 0) throw new BuildError('FAILED', 'no source files were specified');
  return sources;
}

/** One checksum stands for itself; several are hashed together. */
export async function combinedHash(sources: readonly CopySource[]): Promise<string> {
  const [only, ...more] = sources.map(({ hash }) => hash);
  if (only !== undefined && more.length === 0) return only;
  return `multi:${await sha256([only ?? '', ...more].join(','))}`;
}

function relative(pattern: string, { isContext }: CopyOrigin): string {
  const path = cleanPath(pattern);
  if (!path.startsWith('..')) return path;
  if (isContext)
    throw new BuildError('FAILED', `forbidden path outside the build context: ${pattern} ()`);
  return path.replace(/^(\.\.\/?)+/, '');
}

/** Every path of the tree that the pattern matches, in order of the walk. */
function matches(tree: SourceTree, pattern: string): string[] {
  const found: string[] = [];
  const walk = (path: string): void => {
    const node = tree.lookup(path, { followLast: false })?.node;
    for (const child of node?.children ?? []) {
      const childPath = path === '' ? child.name : `${path}/${child.name}`;
      if (matchPath(pattern, childPath)) found.push(childPath);
      if (child.children) walk(childPath);
    }
  };
  walk('');
  return found;
}

async function findSource(
  { tree, isContext }: CopyOrigin,
  path: string,
  hasher: IHasher,
): Promise<CopySource> {
  const found = tree.lookup(path);
  if (!found) {
    const prefix = isContext
      ? 'file not found in build context or excluded by .dockerignore: '
      : '';
    throw new BuildError('FAILED', `${prefix}stat ${path}: file does not exist`);
  }
  const { node, path: realPath } = found;
  if (!node.children)
    return { path, realPath, node, hash: `file:${await fileHash(hasher, tree, realPath, node)}` };
  const hashes: string[] = [];
  const walk = async (directory: TreeNode, directoryPath: string): Promise<void> => {
    hashes.push(await fileHash(hasher, tree, directoryPath, directory));
    for (const child of directory.children ?? []) {
      const childPath = `${directoryPath}/${child.name}`;
      if (child.children) await walk(tree.lookup(childPath)?.node ?? child, childPath);
      else hashes.push(await fileHash(hasher, tree, childPath, child));
    }
  };
  await walk(node, realPath === '/' ? '' : realPath);
  return { path, realPath, node, hash: `dir:${await sha256(hashes.sort().join(','))}` };
}

const regularFile = 0o100000;
const typeMask = 0o170000;

/** Over name, mode, owner, link target and contents; not over times, so that a fresh checkout hits the cache. */
async function fileHash(
  hasher: IHasher,
  tree: SourceTree,
  path: string,
  node: TreeNode,
): Promise<string> {
  const hasContent = (node.mode & typeMask) === regularFile && node.size > 0;
  const content = hasContent ? await tree.readFile(path) : undefined;
  const { mode, uid, gid, size, target = '' } = node;
  hasher.init().update(JSON.stringify([cleanPath(path), mode, uid, gid, size, target]));
  if (content) hasher.update(content);
  return hasher.digest('hex');
}

async function sha256(text: string): Promise<string> {
  return (await createSHA256()).init().update(text).digest('hex');
}
