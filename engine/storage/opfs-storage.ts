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
 * Bytes gathered before they are written. In a private window each write is a call to another process of the browser; between two
 * of them the worker does its other work.
 */
const WRITE_BYTES = 1024 * 1024;

/**
 * The browser's origin private file system. Only for workers: writing goes through a synchronous access handle, which
 * is several times faster than a writable stream: that waits for the threads on which the browser optimises generated code.
 * Unfinished writes live in `.incoming` and are thrown away at the next start.
 */
export class OpfsStorage implements Storage {
  readonly #root: FileSystemDirectoryHandle;
  readonly #incoming: FileSystemDirectoryHandle;
  readonly #directories = new Map<string, FileSystemDirectoryHandle>();

  private constructor(root: FileSystemDirectoryHandle, incoming: FileSystemDirectoryHandle) {
    this.#root = root;
    this.#incoming = incoming;
  }

  /** @param directory name of a directory below the origin's root. @throws when the browser refuses storage */
  static async open(directory: string): Promise<OpfsStorage> {
    const origin = await navigator.storage.getDirectory();
    const root = await origin.getDirectoryHandle(directory, { create: true });
    await root.removeEntry(INCOMING, { recursive: true }).catch(() => {});
    const incoming = await root.getDirectoryHandle(INCOMING, { create: true });
    return new OpfsStorage(root, incoming);
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
    const access = await file.createSyncAccessHandle();
    let gathered: Uint8Array[] = [];
    let size = 0;
    const flush = (): void => {
      const bytes = concatenate(gathered);
      gathered = [];
      size = 0;
      writeAll(access, bytes);
    };
    return {
      write: async (bytes) => {
        gathered.push(bytes.slice());
        size += bytes.length;
        if (size >= WRITE_BYTES) flush();
      },
      commit: async (name) => {
        flush();
        access.flush();
        access.close();
        const [directory, base] = splitName(name);
        await file.move(await this.#directory(directory), base);
      },
      abort: async () => {
        access.close();
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
