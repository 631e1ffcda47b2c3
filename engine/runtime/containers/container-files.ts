import { createTarDecoder, createTarPacker } from 'modern-tar';
import { readAhead } from '../../base/read-ahead.ts';
import type { AgentClient } from '../../machine/agent/agent-client.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';
import { TarReader, type TarEntry } from '../images/tar-reader.ts';
import { RuntimeError } from '../runtime-error.ts';
import type { ImageTree, PathStat } from '../types.ts';

/** A directory of the machine where a container's root file system is mounted. */
export interface MountedRoot {
  readonly agent: AgentClient;
  readonly root: string;
  readonly containerId: string;
}

/** Go's `os.FileMode` bits (io/fs). */
const GO_MODE: Readonly<Record<TarEntry['type'], number>> = {
  file: 0,
  hardlink: 0,
  directory: 2 ** 31,
  symlink: 2 ** 27,
  block: 2 ** 26,
  fifo: 2 ** 25,
  character: 2 ** 26 + 2 ** 21,
};

/** Parent and last name of a path; the root has the name `.`, and so has a directory that is named with `/.` at its end. */
function split(path: string): { readonly parent: string; readonly name: string } {
  if (path.endsWith('/.')) return { parent: path.slice(0, -1), name: '.' };
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  const name = names.pop() ?? '.';
  return { parent: `/${names.join('/')}`, name };
}

interface PathArchive {
  readonly stat: PathStat;
  readonly tar: ReadableStream<Uint8Array>;
}

/** A tar with the entry of `path` as its first, and what is below it. Throws NOT_FOUND with Docker's message. */
export async function readArchive(mounted: MountedRoot, path: string): Promise<PathArchive> {
  const { stat, tar } = await openArchive(mounted, path);
  return { stat, tar: stat.name === '/' ? fromRoot(tar) : tar };
}

async function openArchive(mounted: MountedRoot, path: string): Promise<PathArchive> {
  const { parent, name } = split(path);
  let tar: ReadableStream<Uint8Array>;
  try {
    tar = await mounted.agent.readTar({ path: parent, names: [name], root: mounted.root });
  } catch (error) {
    throw notFound(error, path, mounted.containerId);
  }
  const { entry, whole } = await peekEntry(tar);
  // A path that ends in a slash is one of a directory.
  if (entry === undefined || (path.endsWith('/') && entry.type !== 'directory')) {
    throw notFound(new AgentError('ENOENT', path), path, mounted.containerId);
  }
  return { stat: pathStat(entry, name === '.' && !path.endsWith('/.') ? '/' : name), tar: whole };
}

export async function statPath(mounted: MountedRoot, path: string): Promise<PathStat> {
  const { stat, tar } = await openArchive(mounted, path);
  await tar.cancel();
  return stat;
}

/** Names below the root begin with a slash, as Docker has them: before it the client puts its target's name. */
function fromRoot(tar: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const { readable, controller } = createTarPacker();
  const below = (name: string): string => name.replace(/^\.\/?/, '/');
  const pack = async (): Promise<void> => {
    for await (const { header, body } of tar.pipeThrough(createTarDecoder())) {
      const { name, type, linkname } = header;
      // Hard links name other entries.
      const link = type === 'link' && linkname !== undefined ? { linkname: below(linkname) } : {};
      await body.pipeTo(controller.add({ ...header, name: below(name), ...link }));
    }
    controller.finalize();
  };
  pack().catch((error: unknown) => controller.error(error));
  return readable;
}

export interface WriteOptions {
  /** owners as the archive has them; root otherwise */
  readonly copyOwner?: boolean;
  /** refuses when the archive's first entry would turn a directory into something else, or the reverse */
  readonly noOverwriteDirNonDir?: boolean;
}

/** Extracts below `path`, which must be a directory. */
export async function writeArchive(
  mounted: MountedRoot,
  path: string,
  tar: ReadableStream<Uint8Array>,
  options: WriteOptions,
): Promise<void> {
  const content = options.noOverwriteDirNonDir === true ? await sameKind(mounted, path, tar) : tar;
  try {
    await mounted.agent.writeTar(
      { path, root: mounted.root, keepOwner: options.copyOwner !== false },
      content,
    );
  } catch (error) {
    throw notFound(error, path, mounted.containerId);
  }
}

/** Throws INVALID with Docker's message when the first entry and what is in its place are not both directories, or both none. */
async function sameKind(
  mounted: MountedRoot,
  path: string,
  tar: ReadableStream<Uint8Array>,
): Promise<ReadableStream<Uint8Array>> {
  const { entry, whole } = await peekEntry(tar);
  if (entry === undefined) return whole;
  const existing = await statPath(mounted, `${path}/${entry.path}`).catch((error: unknown) => {
    if (error instanceof RuntimeError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  });
  const isDirectory = entry.type === 'directory';
  if (existing === undefined || existing.mode >= GO_MODE.directory === isDirectory) return whole;
  await whole.cancel();
  const [from, to] = isDirectory ? ['non-directory', 'directory'] : ['directory', 'non-directory'];
  throw new RuntimeError(
    'INVALID',
    `cannot overwrite ${from} "${path}/${entry.path}" with ${to} "${entry.path}"`,
  );
}

/** The first entry, and the same stream again from its start. */
async function peekEntry(
  tar: ReadableStream<Uint8Array>,
): Promise<{ readonly entry: TarEntry | undefined; readonly whole: ReadableStream<Uint8Array> }> {
  const found: TarEntry[] = [];
  const parser = new TarReader((entry) => found.push(entry));
  const whole = await readAhead(tar, (chunk) => {
    parser.push(chunk);
    return found.length > 0;
  });
  return { entry: found[0], whole };
}

function pathStat(entry: TarEntry, name: string): PathStat {
  return {
    name,
    size: entry.size,
    mode: GO_MODE[entry.type] + (entry.mode & 0o777) + goSetBits(entry.mode),
    mtime: new Date(entry.mtime * 1000).toISOString().replace('.000Z', 'Z'),
    linkTarget: entry.type === 'symlink' ? entry.linkName : '',
  };
}

function goSetBits(mode: number): number {
  return (
    (mode & 0o4000 ? 2 ** 23 : 0) + (mode & 0o2000 ? 2 ** 22 : 0) + (mode & 0o1000 ? 2 ** 20 : 0)
  );
}

function notFound(error: unknown, path: string, containerId: string): unknown {
  if (!(error instanceof AgentError)) return error;
  if (error.code === 'ENOENT')
    return new RuntimeError(
      'NOT_FOUND',
      `Could not find the file ${path} in container ${containerId}`,
      { cause: error },
    );
  if (error.code === 'ENOTDIR')
    return new RuntimeError('INVALID', 'extraction point is not a directory', { cause: error });
  return error;
}

export interface PathChange {
  readonly path: string;
  readonly kind: 0 | 1 | 2;
}

/** `docker diff` from the entries of a container's layer: 0 modified, 1 added, 2 deleted. Sorted by path. */
export function changesOf(entries: readonly TarEntry[], image: ImageTree): PathChange[] {
  const changes = new Map<string, PathChange['kind']>();
  for (const entry of entries) {
    const { parent, name } = split(entry.path);
    if (name === '.' || name === '.wh..wh..opq') continue;
    const directory = parent === '/' ? '' : parent;
    if (name.startsWith('.wh.')) changes.set(`${directory}/${name.slice(4)}`, 2);
    else
      changes.set(
        `${directory}/${name}`,
        image.lookup(`${directory}/${name}`, { followLast: false }) === undefined ? 1 : 0,
      );
  }
  return [...changes]
    .map(([path, kind]) => ({ path, kind }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
