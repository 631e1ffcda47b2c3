import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BlobSource } from '../api/image-tree.ts';
import { cryptoRandom } from '../base/random.ts';
import { toHex } from '../base/hex.ts';
import type { AppendFile, Storage, StorageWriter } from './storage.ts';

/** A directory of the host. Unfinished writes live in `.incoming` and are thrown away at the next start. */
export class FileStorage implements Storage {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  static async open(root: string): Promise<FileStorage> {
    await rm(join(root, '.incoming'), { recursive: true, force: true });
    await mkdir(join(root, '.incoming'), { recursive: true });
    return new FileStorage(root);
  }

  async size(name: string): Promise<number | undefined> {
    return (await this.#stat(name))?.size;
  }

  async source(name: string): Promise<BlobSource | undefined> {
    const found = await this.#stat(name);
    return found === undefined ? undefined : { kind: 'file', path: this.#path(name) };
  }

  async read(name: string, offset: number, length: number): Promise<Uint8Array | undefined> {
    const found = await this.#stat(name);
    if (found === undefined) return undefined;
    const file = await open(this.#path(name), 'r');
    try {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, found.size - offset)));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, offset);
      return bytes.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }

  async create(): Promise<StorageWriter> {
    const temporary = join(this.#root, '.incoming', toHex(cryptoRandom.bytes(8)));
    const file = await open(temporary, 'wx');
    return {
      write: (bytes) => file.writeFile(bytes),
      commit: async (name) => {
        await file.sync();
        await file.close();
        await this.#rename(temporary, name);
      },
      abort: async () => {
        await file.close().catch(() => {});
        await rm(temporary, { force: true });
      },
    };
  }

  async append(name: string): Promise<AppendFile> {
    const directory = dirname(this.#path(name));
    await mkdir(directory, { recursive: true });
    const file = await open(this.#path(name), 'a');
    await this.#syncDirectory(directory);
    let { size } = await file.stat();
    return {
      get size() {
        return size;
      },
      write: async (bytes) => {
        await file.appendFile(bytes);
        size += bytes.length;
      },
      flush: () => file.datasync(),
      truncate: async (length) => {
        await file.truncate(length);
        await file.sync();
        size = length;
      },
      close: () => file.close(),
    };
  }

  rename(from: string, to: string): Promise<void> {
    return this.#rename(this.#path(from), to);
  }

  async remove(name: string): Promise<void> {
    await rm(this.#path(name), { force: true });
  }

  async list(prefix: string): Promise<readonly { readonly name: string; readonly size: number }[]> {
    const entries = await readdir(this.#path(prefix), {
      recursive: true,
      withFileTypes: true,
    }).catch(() => []);
    const found: { name: string; size: number }[] = [];
    for (const entry of entries) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const name = path.slice(this.#root.length + 1).replaceAll('\\', '/');
      found.push({ name, size: (await stat(path)).size });
    }
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async #rename(path: string, name: string): Promise<void> {
    const directory = dirname(this.#path(name));
    await mkdir(directory, { recursive: true });
    await rename(path, this.#path(name));
    await this.#syncDirectory(directory);
  }

  /** Makes new names durable, in the directory and in those above it. */
  async #syncDirectory(directory: string): Promise<void> {
    // Windows opens no directories, and writes names through by itself.
    if (process.platform === 'win32') return;
    const handle = await open(directory, 'r');
    await handle.sync().finally(() => handle.close());
    if (directory.length > this.#root.length) await this.#syncDirectory(dirname(directory));
  }

  #path(name: string): string {
    return join(this.#root, name);
  }

  async #stat(name: string): Promise<{ readonly size: number } | undefined> {
    try {
      return await stat(this.#path(name));
    } catch {
      return undefined;
    }
  }
}
