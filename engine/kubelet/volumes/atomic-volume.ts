/**
 * Volumes whose files change all at once: they are in a directory named for the time of writing, which `..data`
 * leads to, and the names that containers see lead through that (k8s.io/kubernetes pkg/volume/util `AtomicWriter`).
 */
import type { Random } from '../../base/random.ts';
import { formatTime } from '../../objects/time.ts';
import type { NodeTree } from '../node-tree.ts';
import type { ProjectedFile, ProjectedFiles } from './projected-files.ts';

export const DATA_LINK = '..data';
export const NEW_DATA_LINK = '..data_tmp';

const LONGEST_NAME = 255;
const LONGEST_PATH = 4096;

/** What a volume has on the node. */
export interface AtomicVolume {
  /** name of the directory with the files */
  readonly directory: string;
  readonly files: ReadonlyMap<string, ProjectedFile>;
}

/** How an update goes on when the new directory is there. */
export interface AtomicUpdate {
  readonly volume: AtomicVolume;
  /** names that containers are to see now */
  readonly newNames: readonly string[];
  /** names that they saw, and the directory before */
  readonly obsolete: readonly string[];
}

/** Cleans the paths. @throws Error with upstream's message */
export function checkedFiles(files: ProjectedFiles): ProjectedFiles {
  const checked: ProjectedFiles = new Map();
  for (const [path, file] of files) {
    checkPath(path);
    checked.set(
      path
        .split('/')
        .filter((part) => part !== '' && part !== '.')
        .join('/'),
      file,
    );
  }
  return checked;
}

function checkPath(path: string): void {
  if (path === '') throw new Error('invalid path: must not be empty: ""');
  if (path.startsWith('/')) throw new Error(`invalid path: must be relative path: ${path}`);
  if (path.length > LONGEST_PATH)
    throw new Error(`invalid path: must be less than or equal to ${LONGEST_PATH} characters`);
  const parts = path.split('/');
  if (parts.includes('..')) throw new Error(`invalid path: must not contain '..': ${path}`);
  if (parts.some((part) => part.length > LONGEST_NAME))
    throw new Error(
      `invalid path: filenames must be less than or equal to ${LONGEST_NAME} characters`,
    );
  if (path.startsWith('..')) throw new Error(`invalid path: must not start with '..': ${path}`);
}

/** `..2026_11_26_18_00_00.1234567890` */
export function timestampName(now: number, random: Random): string {
  const stamp = formatTime(now).slice(0, 19).replaceAll(/[-T:]/g, '_');
  return `..${stamp}.${Math.floor(random.next() * 2 ** 32)}`;
}

export interface AtomicWrite {
  readonly tree: NodeTree;
  /** of the volume, on the node */
  readonly path: string;
  readonly directory: string;
  readonly files: ProjectedFiles;
  /** directories in which other volumes of the Pod are mounted */
  readonly nested: readonly string[];
  /** owns everything, and may read it */
  readonly fsGroup?: number;
}

/** Adds a volume that is not there yet, whole. */
export function addVolume(write: AtomicWrite): AtomicVolume {
  const { tree, path, directory, files, nested, fsGroup } = write;
  tree.directory(path, directoryMode(0o777, fsGroup), ownerOf(fsGroup));
  for (const name of nested)
    tree.directory(`${path}/${name}`, directoryMode(0o755, fsGroup), ownerOf(fsGroup));
  addFiles(write);
  tree.link(`${path}/${DATA_LINK}`, directory, ownerOf(fsGroup));
  for (const name of visibleNames(files))
    tree.link(`${path}/${name}`, `${DATA_LINK}/${name}`, ownerOf(fsGroup));
  return { directory, files };
}

/** Adds the directory of another version, and a link to it that is to take the place of `..data`. */
export function addVersion(write: AtomicWrite, before: AtomicVolume): AtomicUpdate {
  const { tree, path, directory, files, fsGroup } = write;
  addFiles(write);
  tree.link(`${path}/${NEW_DATA_LINK}`, directory, ownerOf(fsGroup));
  const seen = visibleNames(before.files);
  const now = visibleNames(files);
  return {
    volume: { directory, files },
    newNames: [...now].filter((name) => !seen.has(name)),
    obsolete: [...[...seen].filter((name) => !now.has(name)), before.directory],
  };
}

function addFiles({ tree, path, directory, files, fsGroup }: AtomicWrite): void {
  const root = `${path}/${directory}`;
  const owner = ownerOf(fsGroup);
  tree.directory(root, directoryMode(0o755, fsGroup), owner);
  for (const [name, { content, mode, uid = 0 }] of files) {
    const parts = name.split('/');
    for (let length = 1; length < parts.length; length++)
      tree.directory(
        `${root}/${parts.slice(0, length).join('/')}`,
        directoryMode(0o755, fsGroup),
        owner,
      );
    const readable = fsGroup === undefined ? mode : mode | 0o440;
    tree.file(`${root}/${name}`, content, readable, { ...owner, uid });
  }
}

/** Bits that a group needs to read directories, and files in them to be its own. */
function directoryMode(mode: number, fsGroup: number | undefined): number {
  return fsGroup === undefined ? mode : mode | 0o2550;
}

function ownerOf(fsGroup: number | undefined): { readonly gid?: number } {
  return fsGroup === undefined ? {} : { gid: fsGroup };
}

/** The first parts of the paths. */
function visibleNames(files: ReadonlyMap<string, unknown>): Set<string> {
  return new Set([...files.keys()].map((path) => path.split('/', 1)[0] ?? ''));
}

/** Whether nothing would change; a new mode alone changes nothing, as upstream has it. */
export function hasSameContent(
  { files }: Pick<AtomicVolume, 'files'>,
  wanted: ReadonlyMap<string, ProjectedFile>,
): boolean {
  if (files.size !== wanted.size) return false;
  for (const [path, { content }] of wanted) {
    const known = files.get(path)?.content;
    if (known === undefined || known.length !== content.length) return false;
    if (!content.every((byte, index) => byte === known[index])) return false;
  }
  return true;
}
