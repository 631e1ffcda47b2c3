import type { BlobSource } from '../api/image-tree.ts';

/**
 * Named byte strings that outlive a worker: the one thing each host must supply. Names are
 * `/`-separated words of `[a-z0-9._-]`. What a name holds is replaced as a whole or not at all,
 * unless it was opened with `append`.
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
  /** Opens something that grows at its end, made empty when absent. One at a time may have it open. */
  append(name: string): Promise<AppendFile>;
  /** Gives what is called `from` the name `to`, in place of what was there. Rejects when there is no `from`. */
  rename(from: string, to: string): Promise<void>;
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

/** For logs. A crash may leave any part of what was written after the last `flush`, in any state. */
export interface AppendFile {
  /** bytes, with what is not flushed yet */
  readonly size: number;
  write(bytes: Uint8Array): Promise<void>;
  /** All that was written is durable when it resolves. */
  flush(): Promise<void>;
  /** Cuts the end off, durably. */
  truncate(size: number): Promise<void>;
  /** Does not flush. */
  close(): Promise<void>;
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

/** Bytes read at a time. */
const CHUNK_BYTES = 256 * 1024;

export interface ByteRange {
  readonly start: number;
  /** exclusive */
  readonly end: number;
}

/** A part of what `name` holds. The stream errors when that goes away while it is read. */
export function readRange(
  storage: Storage,
  name: string,
  { start, end }: ByteRange,
): ReadableStream<Uint8Array> {
  let at = start;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const length = Math.min(CHUNK_BYTES, end - at);
        const chunk = length > 0 ? await storage.read(name, at, length) : new Uint8Array(0);
        if (chunk === undefined) throw new Error(`${name} disappeared while it was read`);
        at += chunk.length;
        if (chunk.length > 0) controller.enqueue(chunk);
        if (at >= end || chunk.length === 0) controller.close();
      },
    },
    { highWaterMark: 1 },
  );
}

/** Whether a write failed because nothing more fits: the browser's quota, or the disk. */
export function isStorageFull(error: unknown): boolean {
  return (
    (error instanceof DOMException && error.name === 'QuotaExceededError') ||
    (error instanceof Error && 'code' in error && error.code === 'ENOSPC')
  );
}
