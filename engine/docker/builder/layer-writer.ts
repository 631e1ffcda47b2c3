/** Collects what a COPY, ADD or WORKDIR adds to an image, and writes it as one layer. */
import { createTarPacker, type TarHeader } from 'modern-tar';
import type { ImageTree } from '../../runtime/types.ts';
import type { Owner } from './accounts.ts';
import { BuildError } from './build-error.ts';

export interface LayerFile extends Owner {
  readonly kind: 'file' | 'directory' | 'symlink' | 'link';
  /** permission bits */
  readonly mode: number;
  /** UNIX time in seconds */
  readonly mtime: number;
  /** of a symbolic link; of a hard link the path in the image */
  readonly target?: string;
  readonly size?: number;
  readonly content?: () => Promise<Uint8Array>;
}

const directoryBit = 0o040000;
const typeMask = 0o170000;
const root: Owner = { uid: 0, gid: 0 };

export class LayerWriter {
  readonly #base: ImageTree;
  /** UNIX time in seconds, of directories made on the way */
  readonly #now: number;
  readonly #files = new Map<string, LayerFile>();

  constructor(base: ImageTree, now: number) {
    this.#base = base;
    this.#now = now;
  }

  /** Real path in the image, symbolic links on the way followed; the last names may not exist yet. */
  resolve(path: string): string {
    const names = path.split('/').filter((name) => name !== '' && name !== '.');
    for (let length = names.length; length > 0; length--) {
      const prefix = `/${names.slice(0, length).join('/')}`;
      const found = this.#base.lookup(prefix);
      if (found) return join(found.path, ...names.slice(length));
    }
    return `/${names.join('/')}`;
  }

  isDirectory(path: string): boolean {
    const known = this.#files.get(path);
    if (known) return known.kind === 'directory';
    const found = this.#base.lookup(path);
    return found !== undefined && (found.node.mode & typeMask) === directoryBit;
  }

  exists(path: string): boolean {
    return this.#files.has(path) || this.#base.lookup(path, { followLast: false }) !== undefined;
  }

  /** `path` is real and absolute. Its directories are made, when they are missing, for `owner`. */
  add(path: string, file: LayerFile, owner: Owner = root): void {
    this.makeDirectories(parentOf(path), owner);
    if (path !== '/') this.#files.set(path, file);
  }

  /** Existing directories are written with what they have, as a layer of Docker's has them. */
  makeDirectories(path: string, owner: Owner = root): void {
    if (path === '/' || this.#files.get(path)?.kind === 'directory') return;
    this.makeDirectories(parentOf(path), owner);
    const node = this.#base.lookup(path)?.node;
    if (node && (node.mode & typeMask) !== directoryBit)
      throw new BuildError('FAILED', `mkdir ${path}: not a directory`);
    this.#files.set(path, {
      kind: 'directory',
      mode: node ? node.mode & 0o7777 : 0o755,
      uid: node?.uid ?? owner.uid,
      gid: node?.gid ?? owner.gid,
      mtime: node?.mtime ?? this.#now,
    });
  }

  /** Sorted, hard links last: the same files give the same bytes. */
  toTar(): ReadableStream<Uint8Array> {
    const { readable, controller } = createTarPacker();
    const sorted = [...this.#files].sort(([a, { kind }], [b, { kind: other }]) => {
      if ((kind === 'link') !== (other === 'link')) return kind === 'link' ? 1 : -1;
      return a < b ? -1 : 1;
    });
    const write = async (): Promise<void> => {
      for (const [path, file] of sorted) {
        const body = controller.add(headerOf(path, file));
        const content = await file.content?.();
        if (content && content.length > 0) {
          const writer = body.getWriter();
          await writer.write(content);
          await writer.close();
        } else {
          await body.close();
        }
      }
    };
    write().then(
      () => controller.finalize(),
      (error: unknown) => controller.error(error),
    );
    return readable;
  }
}

function headerOf(path: string, file: LayerFile): TarHeader {
  const name = path.slice(1);
  return {
    name: file.kind === 'directory' ? `${name}/` : name,
    type: file.kind,
    mode: file.mode,
    uid: file.uid,
    gid: file.gid,
    uname: '',
    gname: '',
    mtime: new Date(file.mtime * 1000),
    size: file.size ?? 0,
    ...(file.target === undefined
      ? {}
      : { linkname: file.kind === 'link' ? file.target.replace(/^\/+/, '') : file.target }),
  };
}

/** Absolute path of `names` below `directory`. */
export function join(directory: string, ...names: readonly string[]): string {
  return `/${[directory, ...names]
    .flatMap((part) => part.split('/'))
    .filter((part) => part !== '')
    .join('/')}`;
}

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}
