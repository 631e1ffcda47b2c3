import type { BlobSource } from '../api/image-tree.ts';
import { toHex } from '../base/hex.ts';
import { cryptoRandom } from '../base/random.ts';
import { concatenate } from './memory-storage.ts';
import type { AppendFile, Storage, StorageWriter } from './storage.ts';

/** `move` of the File System standard's draft, which TypeScript does not describe yet; every browser with OPFS has it. */
interface MovableFile extends FileSystemFileHandle {
  move(parent: FileSystemDirectoryHandle, name: string): Promise<void>;
}

const INCOMING = '.incoming';
/**
 * Bytes gathered before they are written: each write is a call to another process of the browser, which took seconds
 * in a private window where three machines were starting.
 */
const WRITE_BYTES = 16 * 1024 * 1024;

/** How new files are written: as fast as can be, or so that the worker goes on meanwhile. */
export type OpfsWriting = 'at once' | 'beside';

/** One new file's bytes, each call beginning where the last ended. */
interface Sink {
  write(bytes: Uint8Array<ArrayBuffer>): void | Promise<void>;
  close(): void | Promise<void>;
  abort(): void | Promise<void>;
}

/**
 * The browser's origin private file system. Only for workers: writing goes through a synchronous access handle, which
 * is several times faster than a writable stream. On a busy computer a worker stands still in it for seconds, once for
 * each `WRITE_BYTES`; one that others wait for writes `beside` its other work.
 * Unfinished writes live in `.incoming` and are thrown away at the next start.
 */
export class OpfsStorage implements Storage {
  readonly #root: FileSystemDirectoryHandle;
  readonly #incoming: FileSystemDirectoryHandle;
  readonly #writing: OpfsWriting;
  readonly #directories = new Map<string, FileSystemDirectoryHandle>();

  private constructor(
    root: FileSystemDirectoryHandle,
    incoming: FileSystemDirectoryHandle,
    writing: OpfsWriting,
  ) {
    this.#root = root;
    this.#incoming = incoming;
    this.#writing = writing;
  }

  /** @param directory name of a directory below the origin's root. @throws when the browser refuses storage */
  static async open(directory: string, writing: OpfsWriting = 'at once'): Promise<OpfsStorage> {
    const origin = await navigator.storage.getDirectory();
    const root = await origin.getDirectoryHandle(directory, { create: true });
    await root.removeEntry(INCOMING, { recursive: true }).catch(() => {});
    const incoming = await root.getDirectoryHandle(INCOMING, { create: true });
    return new OpfsStorage(root, incoming, writing);
  }

  async size(name: string): Promise<number | undefined> {
    return (await this.#file(name))?.size;
  }

  async source(name: string): Promise<BlobSource | undefined> {
    const blob = await this.#file(name);
    return blob === undefined ? undefined : { kind: 'blob', blob };
  }

  async read(name: string, offset: number, length: number): Promise<Uint8Array | undefined> {
    const file = await this.#file(name);
    return file === undefined
      ? undefined
      : new Uint8Array(await file.slice(offset, offset + length).arrayBuffer());
  }

  async create(): Promise<StorageWriter> {
    const temporary = toHex(cryptoRandom.bytes(8));
    const file = (await this.#incoming.getFileHandle(temporary, { create: true })) as MovableFile;
    const sink = await (this.#writing === 'beside' ? streamInto(file) : handleOf(file));
    let gathered: Uint8Array[] = [];
    let size = 0;
    const flush = async (): Promise<void> => {
      const bytes = concatenate(gathered);
      gathered = [];
      size = 0;
      await sink.write(bytes);
    };
    return {
      write: async (bytes) => {
        gathered.push(bytes.slice());
        size += bytes.length;
        if (size >= WRITE_BYTES) await flush();
      },
      commit: async (name) => {
        await flush();
        await sink.close();
        const [directory, base] = splitName(name);
        await file.move(await this.#directory(directory), base);
      },
      abort: async () => {
        await sink.abort();
        await this.#incoming.removeEntry(temporary).catch(() => {});
      },
    };
  }

  async append(name: string): Promise<AppendFile> {
    const [directory, base] = splitName(name);
    const parent = await this.#directory(directory);
    const access = await (
      await parent.getFileHandle(base, { create: true })
    ).createSyncAccessHandle();
    let size = access.getSize();
    return {
      get size() {
        return size;
      },
      write: async (bytes) => {
        writeAll(access, bytes, size);
        size += bytes.length;
      },
      flush: async () => access.flush(),
      truncate: async (length) => {
        access.truncate(length);
        access.flush();
        size = length;
      },
      close: async () => access.close(),
    };
  }

  async rename(from: string, to: string): Promise<void> {
    const [source, name] = splitName(from);
    const file = await (await this.#directory(source)).getFileHandle(name);
    const [target, base] = splitName(to);
    await (file as MovableFile).move(await this.#directory(target), base);
  }

  async remove(name: string): Promise<void> {
    const [directory, base] = splitName(name);
    await (await this.#directory(directory)).removeEntry(base).catch(() => {});
  }

  async list(prefix: string): Promise<readonly { readonly name: string; readonly size: number }[]> {
    const found: { name: string; size: number }[] = [];
    const visit = async (directory: FileSystemDirectoryHandle, path: string): Promise<void> => {
      for await (const [name, handle] of directory.entries()) {
        if (handle.kind === 'directory')
          await visit(handle as FileSystemDirectoryHandle, `${path}${name}/`);
        else
          found.push({
            name: path + name,
            size: (await (handle as FileSystemFileHandle).getFile()).size,
          });
      }
    };
    await visit(await this.#directory(prefix.replace(/\/$/, '')), prefix);
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async #file(name: string): Promise<File | undefined> {
    const [directory, base] = splitName(name);
    try {
      const handle = await (await this.#directory(directory)).getFileHandle(base);
      return await handle.getFile();
    } catch (error) {
      if (error instanceof DOMException && error.name === 'NotFoundError') return undefined;
      throw error;
    }
  }

  async #directory(path: string): Promise<FileSystemDirectoryHandle> {
    const known = this.#directories.get(path);
    if (known !== undefined) return known;
    let handle = this.#root;
    for (const name of path.split('/'))
      handle = await handle.getDirectoryHandle(name, { create: true });
    this.#directories.set(path, handle);
    return handle;
  }
}

async function handleOf(file: FileSystemFileHandle): Promise<Sink> {
  const access = await file.createSyncAccessHandle();
  return {
    write: (bytes) => writeAll(access, bytes),
    close() {
      access.flush();
      access.close();
    },
    abort: () => access.close(),
  };
}

/** In browsers that have no writable streams for files, as `handleOf`. */
async function streamInto(file: FileSystemFileHandle): Promise<Sink> {
  if (!('createWritable' in file)) return handleOf(file);
  const stream = await file.createWritable();
  return {
    write: (bytes) => stream.write(bytes),
    close: () => stream.close(),
    // It may have ended: what is thrown away then is a whole file.
    abort: () => stream.abort().catch(() => {}),
  };
}

/** At the handle's position unless `offset` says another. @throws when the browser's quota is used up */
function writeAll(access: FileSystemSyncAccessHandle, bytes: Uint8Array, offset?: number): void {
  let written = 0;
  while (written < bytes.length) {
    const rest = bytes.subarray(written);
    written +=
      offset === undefined ? access.write(rest) : access.write(rest, { at: offset + written });
  }
}

function splitName(name: string): [directory: string, base: string] {
  const slash = name.lastIndexOf('/');
  return [name.slice(0, slash), name.slice(slash + 1)];
}
