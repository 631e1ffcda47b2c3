/** A storage of another worker: both ends. What is kept there outlives the worker that uses it. */
import type { BlobSource } from '../api/image-tree.ts';
import type { AppendFile, Storage } from './storage.ts';

/** `Storage` whose results can cross between workers: a file's size is told once. */
export interface StorageService extends Omit<Storage, 'append' | 'create'> {
  create(): Promise<RemoteWriter>;
  append(name: string): Promise<RemoteAppendFile>;
}

/** Records of functions, which cross, where classes would not. */
interface RemoteWriter {
  readonly write: (bytes: Uint8Array) => Promise<void>;
  readonly commit: (name: string) => Promise<void>;
  readonly abort: () => Promise<void>;
}

interface RemoteAppendFile {
  /** when it was opened */
  readonly size: number;
  readonly write: (bytes: Uint8Array) => Promise<void>;
  readonly flush: () => Promise<void>;
  readonly truncate: (size: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Offers a storage of this worker to another one. */
export function storageServiceOf(storage: Storage): StorageService {
  return {
    size: (name) => storage.size(name),
    source: (name) => storage.source(name),
    read: (name, offset, length) => storage.read(name, offset, length),
    rename: (from, to) => storage.rename(from, to),
    remove: (name) => storage.remove(name),
    list: (prefix) => storage.list(prefix),
    async create() {
      const writer = await storage.create();
      return {
        write: (bytes) => writer.write(bytes),
        commit: (name) => writer.commit(name),
        abort: () => writer.abort(),
      };
    },
    async append(name) {
      const file = await storage.append(name);
      return {
        size: file.size,
        write: (bytes) => file.write(bytes),
        flush: () => file.flush(),
        truncate: (size) => file.truncate(size),
        close: () => file.close(),
      };
    },
  };
}

/** Grows here as it grows there: one writer has it open. */
class FileElsewhere implements AppendFile {
  size: number;
  readonly #file: RemoteAppendFile;

  constructor(file: RemoteAppendFile) {
    this.#file = file;
    this.size = file.size;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.size += bytes.length;
    await this.#file.write(bytes);
  }

  flush(): Promise<void> {
    return this.#file.flush();
  }

  async truncate(size: number): Promise<void> {
    this.size = size;
    await this.#file.truncate(size);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** A storage of another worker. */
export function storageOver(service: StorageService): Storage {
  return {
    size: (name) => service.size(name),
    source: (name): Promise<BlobSource | undefined> => service.source(name),
    read: (name, offset, length) => service.read(name, offset, length),
    rename: (from, to) => service.rename(from, to),
    remove: (name) => service.remove(name),
    list: (prefix) => service.list(prefix),
    create: () => service.create(),
    append: async (name) => new FileElsewhere(await service.append(name)),
  };
}
