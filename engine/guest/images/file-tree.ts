/**
 * A file system tree in memory, from which image layers are written. Works without root:
 * owners and modes are data here, not files on the disk.
 */
import { packTar, unpackTar } from 'modern-tar';

interface Attributes {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** UNIX time in seconds */
  readonly mtime: number;
}

export type TreeFile = Attributes &
  (
    | { readonly kind: 'directory' }
    | { readonly kind: 'file'; readonly content: Uint8Array<ArrayBuffer> }
    | { readonly kind: 'symlink'; readonly target: string }
    | { readonly kind: 'link'; readonly target: string }
  );

/** Latest time of any file: no earlier than the newest file in the locked packages. UNIX seconds. */
export const sourceDateEpoch = 1_795_132_800;

type Options = Partial<Attributes>;

/** `/usr//bin/./x/` and `./usr/bin/x` are `usr/bin/x`. */
export function normalisePath(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

export class FileTree {
  readonly #files = new Map<string, TreeFile>();

  copy(): FileTree {
    const tree = new FileTree();
    for (const [path, file] of this.#files) tree.#files.set(path, file);
    return tree;
  }

  get(path: string): TreeFile | undefined {
    return this.#files.get(normalisePath(path));
  }

  /** Paths without a leading slash, sorted: parents come before what they hold. */
  paths(): string[] {
    return [...this.#files.keys()].sort((a, b) => (a < b ? -1 : 1));
  }

  set(path: string, file: TreeFile): this {
    const key = normalisePath(path);
    this.#parents(key);
    this.#files.set(key, { ...file, mtime: Math.min(file.mtime, sourceDateEpoch) });
    return this;
  }

  directory(path: string, options: Options = {}): this {
    return this.set(path, { kind: 'directory', ...attributes(0o755, options) });
  }

  file(path: string, content: string | Uint8Array<ArrayBuffer>, options: Options = {}): this {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    return this.set(path, { kind: 'file', content: bytes, ...attributes(0o644, options) });
  }

  symlink(path: string, target: string): this {
    return this.set(path, { kind: 'symlink', target, ...attributes(0o777, {}) });
  }

  hardLink(path: string, target: string): this {
    return this.set(path, {
      kind: 'link',
      target: normalisePath(target),
      ...attributes(0o755, {}),
    });
  }

  addTree(other: FileTree): this {
    for (const path of other.paths()) {
      const file = other.get(path);
      if (file && !(file.kind === 'directory' && this.get(path))) this.set(path, file);
    }
    return this;
  }

  /** Adds the entries of a tar for which `keep` holds (all, when absent). */
  async addTar(tar: Uint8Array, keep: (path: string) => boolean = () => true): Promise<this> {
    for (const { header, data } of await unpackTar(tar)) {
      const path = normalisePath(header.name);
      if (path === '' || !keep(path)) continue;
      const common: Attributes = {
        mode: header.mode ?? 0o644,
        uid: header.uid ?? 0,
        gid: header.gid ?? 0,
        mtime: Math.floor((header.mtime?.getTime() ?? 0) / 1000),
      };
      const place = this.#followDirectories(path);
      switch (header.type) {
        case 'directory':
          if (this.get(place)?.kind !== 'symlink')
            this.set(place, { kind: 'directory', ...common });
          break;
        case 'symlink':
          this.set(place, { kind: 'symlink', target: header.linkname ?? '', ...common });
          break;
        case 'link':
          this.set(place, {
            kind: 'link',
            target: this.#followDirectories(normalisePath(header.linkname ?? '')),
            ...common,
          });
          break;
        case 'file':
        case undefined:
          this.set(place, { kind: 'file', content: data ?? new Uint8Array(), ...common });
          break;
        default:
          throw new Error(`${path}: a package holds a ${header.type}, which images here do not`);
      }
    }
    return this;
  }

  remove(matches: (path: string) => boolean): this {
    for (const path of this.#files.keys()) if (matches(path)) this.#files.delete(path);
    return this;
  }

  /** Entries that `base` lacks or has otherwise: a layer on top of it. Nothing may be missing here that `base` has. */
  above(base: FileTree): FileTree {
    const layer = new FileTree();
    for (const path of this.paths()) {
      const file = this.#files.get(path);
      if (file && !sameFile(file, base.get(path))) layer.#files.set(path, file);
    }
    return layer;
  }

  /** A deterministic tar: sorted, hard links after all else, numeric owners only. */
  async toTar(): Promise<Uint8Array<ArrayBuffer>> {
    const paths = this.paths();
    const isLink = (path: string): boolean => this.#files.get(path)?.kind === 'link';
    return packTar(
      [...paths.filter((path) => !isLink(path)), ...paths.filter(isLink)].map((path) => {
        const file = this.#files.get(path);
        if (!file) throw new Error(`${path} vanished`);
        const header = {
          name: file.kind === 'directory' ? `${path}/` : path,
          type: file.kind,
          mode: file.mode,
          uid: file.uid,
          gid: file.gid,
          uname: '',
          gname: '',
          mtime: new Date(file.mtime * 1000),
          size: file.kind === 'file' ? file.content.byteLength : 0,
          ...('target' in file ? { linkname: file.target } : {}),
        };
        return file.kind === 'file' ? { header, body: file.content } : { header };
      }),
    );
  }

  #parents(path: string): void {
    const parts = path.split('/');
    for (let length = 1; length < parts.length; length++) {
      const parent = parts.slice(0, length).join('/');
      if (!this.#files.has(parent))
        this.#files.set(parent, { kind: 'directory', ...attributes(0o755, {}) });
    }
  }

  /** Packages ship `lib/x`; in a merged-/usr tree `lib` is a link to `usr/lib`, so `x` belongs there. */
  #followDirectories(path: string): string {
    const [top = '', ...rest] = path.split('/');
    const link = this.#files.get(top);
    return link?.kind === 'symlink' && rest.length > 0
      ? normalisePath(`${link.target}/${rest.join('/')}`)
      : path;
  }
}

function attributes(mode: number, options: Options): Attributes {
  return {
    mode: options.mode ?? mode,
    uid: options.uid ?? 0,
    gid: options.gid ?? 0,
    mtime: options.mtime ?? sourceDateEpoch,
  };
}

function sameFile(a: TreeFile, b: TreeFile | undefined): boolean {
  if (!b || a.kind !== b.kind || a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid)
    return false;
  if (a.kind === 'file') return b.kind === 'file' && Buffer.compare(a.content, b.content) === 0;
  return a.kind === 'directory' || ('target' in a && 'target' in b && a.target === b.target);
}
