/** Recognises compressed archives by their first bytes, as Docker does wherever it takes a tar. */
import { Decompress as ZstdDecompress } from 'fzstd';
import { readAhead } from '../../base/read-ahead.ts';
import { collect } from '../../machine/agent/agent-client.ts';

export type Compression = 'none' | 'gzip' | 'bzip2' | 'xz' | 'zstd';

const magics: readonly (readonly [Compression, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b, 0x08]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
];
const LONGEST_MAGIC = 6;

/** An archive whose compressed form is damaged. */
export class CompressionError extends Error {
  override readonly name = 'CompressionError';
}

export function compressionOf(bytes: Uint8Array): Compression {
  const found = magics.find(([, magic]) => magic.every((byte, index) => bytes[index] === byte));
  return found?.[0] ?? 'none';
}

/** What a stream holds once it is decompressed, whatever it was compressed with. Its reader gets CompressionError for damage. */
export async function decompressed(
  stream: ReadableStream<Uint8Array>,
): Promise<ReadableStream<Uint8Array>> {
  const { head, whole } = await peek(stream, LONGEST_MAGIC);
  switch (compressionOf(head)) {
    case 'none':
      return whole;
    case 'gzip':
      return named(
        whole.pipeThrough(
          new DecompressionStream('gzip') as TransformStream<Uint8Array, Uint8Array>,
        ),
      );
    case 'zstd':
      return named(whole.pipeThrough(zstd()));
    case 'xz':
      return named(await xz(whole));
    case 'bzip2':
      return named(bzip2(whole));
  }
}

/** The first bytes, fewer only when there are no more, and the same stream again from its start. */
export async function peek(
  stream: ReadableStream<Uint8Array>,
  length: number,
): Promise<{ readonly head: Uint8Array; readonly whole: ReadableStream<Uint8Array> }> {
  const head = new Uint8Array(length);
  let filled = 0;
  const whole = await readAhead(stream, (chunk) => {
    const part = chunk.subarray(0, length - filled);
    head.set(part, filled);
    filled += part.length;
    return filled === length;
  });
  return { head: head.subarray(0, filled), whole };
}

function zstd(): TransformStream<Uint8Array, Uint8Array> {
  let decompress: ZstdDecompress | undefined;
  return new TransformStream({
    start(controller) {
      decompress = new ZstdDecompress((chunk) => {
        if (chunk.length > 0) controller.enqueue(chunk);
      });
    },
    transform: (chunk) => decompress?.push(chunk),
    flush: () => decompress?.push(new Uint8Array(0), true),
  });
}

/** The libraries for rare formats are fetched only when they are needed. */
async function xz(stream: ReadableStream<Uint8Array>): Promise<ReadableStream<Uint8Array>> {
  const { XzReadableStream } = exportsOf(await import('xz-decompress'));
  return new XzReadableStream(stream);
}

/** This library takes all at once. */
function bzip2(stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { decompress } = exportsOf(await import('bz2'));
      controller.enqueue(decompress(await collect(stream), true));
      controller.close();
    },
  });
}

/** What a CommonJS module exports: a bundler finds the names, Node has them below `default`. */
function exportsOf<T extends object>(module: T & { readonly default?: T }): T {
  return module.default ?? module;
}

/** The same stream, whose failures are of one class. */
function named(stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { value, done } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (cause) {
          throw new CompressionError('unexpected EOF', { cause });
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
