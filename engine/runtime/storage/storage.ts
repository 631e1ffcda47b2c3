import type { BlobSource } from '../../api/image-tree.ts';

/**
 * Named byte strings that outlive a worker: the one thing each host must supply. Names are
 * `/`-separated words of `[a-z0-9._-]`. What a name holds is replaced as a whole or not at all.
 */
export interface Storage {
  /** bytes; undefined when absent */
  size(name: string): Promise<number | undefined>;
  /** For random access, also in another worker. Undefined when absent. */
  source(name: string): Promise<BlobSource | undefined>;
  /** Bytes from `offset`, fewer at the end. Undefined when absent. */
  read(name: string, offset: number, length: number): Promise<Uint8Array | undefined>;
  /** Starts something new that has no name yet. */
  create(): Promise<StorageWriter>;
  remove(name: string): Promise<void>;
  /** Everything whose name starts with `prefix`, which ends in `/`; sorted by name. */
  list(prefix: string): Promise<readonly { readonly name: string; readonly size: number }[]>;
}

export interface StorageWriter {
  write(bytes: Uint8Array): Promise<void>;
  /** Durable and visible under `name` when it resolves. */
  commit(name: string): Promise<void>;
  abort(): Promise<void>;
}

/** Stores `value` as JSON. */
export async function putJson(storage: Storage, name: string, value: unknown): Promise<void> {
  await putBytes(storage, name, new TextEncoder().encode(JSON.stringify(value)));
}

export async function putBytes(storage: Storage, name: string, bytes: Uint8Array): Promise<void> {
  const writer = await storage.create();
  try {
    await writer.write(bytes);
    await writer.commit(name);
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** What `putJson` stored; undefined when absent. */
export async function getJson(storage: Storage, name: string): Promise<unknown> {
  const size = await storage.size(name);
  if (size === undefined) return undefined;
  const bytes = await storage.read(name, 0, size);
  return bytes === undefined ? undefined : (JSON.parse(new TextDecoder().decode(bytes)) as unknown);
}
