/** The build context: the tar that the client sends, held in memory as a tree. */
import { MemoryStorage } from '../../storage/memory-storage.ts';
import { StoredContent } from '../../runtime/content-store.ts';
import { LayerStore } from '../../runtime/images/layer-store.ts';
import type { ImageTree } from '../../runtime/types.ts';
import { decompressed } from '../archives/compression.ts';
import { BuildError } from './build-error.ts';
import { cleanPath, ignoreMatcher } from './glob.ts';

/** Files that COPY can read: the context, or the image of another stage. */
export type SourceTree = Pick<ImageTree, 'lookup' | 'readFile'>;

export interface BuildContext {
  readonly tree: SourceTree;
  readonly dockerfile: string;
}

const defaultName = 'Dockerfile';

/**
 * Reads the context and finds the Dockerfile in it (`name` as the client gave it). A Dockerfile and
 * a .dockerignore that .dockerignore excludes cannot be copied, although the client had to send
 * them. Throws BuildError.
 */
export async function readContext(
  tar: ReadableStream<Uint8Array>,
  name = defaultName,
): Promise<BuildContext> {
  const content = new StoredContent(new MemoryStorage());
  const layers = new LayerStore(new MemoryStorage(), content);
  let tree: ImageTree;
  try {
    const { diffId } = await layers.add(await decompressed(tar));
    tree = await layers.tree([diffId]);
  } catch (cause) {
    throw new BuildError('INVALID', 'Error processing tar file(exit status 1): unexpected EOF', {
      cause,
    });
  }
  const path = tree.lookup(name) || name !== defaultName ? name : 'dockerfile';
  if (!tree.lookup(path))
    throw new BuildError('FAILED', `Cannot locate specified Dockerfile: ${name}`);
  const dockerfile = new TextDecoder().decode(await tree.readFile(path));
  if (dockerfile === '')
    throw new BuildError('INVALID', `the Dockerfile (${name}) cannot be empty`);
  return { tree: await withoutIgnored(tree, path), dockerfile };
}

async function withoutIgnored(tree: ImageTree, dockerfilePath: string): Promise<SourceTree> {
  if (!tree.lookup('.dockerignore')) return tree;
  const isIgnored = ignoreMatcher(new TextDecoder().decode(await tree.readFile('.dockerignore')));
  const hidden = ['.dockerignore', cleanPath(dockerfilePath)].filter(isIgnored);
  if (hidden.length === 0) return tree;
  const isHidden = (path: string): boolean => hidden.includes(cleanPath(path));
  return {
    readFile: (path) => tree.readFile(path),
    lookup(path, options) {
      const found = tree.lookup(path, options);
      if (!found || isHidden(found.path)) return undefined;
      const { node } = found;
      const prefix = cleanPath(found.path);
      if (!node.children || !hidden.some((each) => parentOf(each) === prefix)) return found;
      const children = node.children.filter((child) => !isHidden(`${prefix}/${child.name}`));
      return { path: found.path, node: { ...node, children } };
    },
  };
}

function parentOf(path: string): string {
  return path.split('/').slice(0, -1).join('/');
}
