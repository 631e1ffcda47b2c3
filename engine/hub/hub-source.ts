import type { ByteRange } from '../storage/storage.ts';

/** Where the registry's files come from: `index.json` and `blobs/sha256/<hex>`. */
export interface HubSource {
  /**
   * The bytes of a file, or of the part from `start` to `end` (exclusive). Throws
   * `HubSourceError` when the file cannot be had.
   */
  open(path: string, range?: ByteRange): Promise<ReadableStream<Uint8Array>>;
}

export class HubSourceError extends Error {
  override readonly name = 'HubSourceError';
  /** `ABSENT`: there is no such file. `UNREACHABLE`: trying again later may help. */
  readonly code: 'ABSENT' | 'UNREACHABLE';

  constructor(code: HubSourceError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** Files below a URL of the page's own origin. The body streams through, so progress is the network's. */
export function fetchSource(
  baseUrl: string,
  fetch: Fetch = (url, init) => globalThis.fetch(url, init),
): HubSource {
  return {
    async open(path, range) {
      const url = new URL(path, baseUrl).href;
      const headers: Record<string, string> = range
        ? { range: `bytes=${range.start}-${range.end - 1}` }
        : {};
      let response: Response;
      try {
        response = await fetch(url, { headers });
      } catch (cause) {
        throw new HubSourceError('UNREACHABLE', `cannot fetch ${path}`, { cause });
      }
      if (!response.ok || !response.body) {
        await response.body?.cancel();
        const code = response.status === 404 || response.status === 410 ? 'ABSENT' : 'UNREACHABLE';
        throw new HubSourceError(
          code,
          `${path}: ${response.status} ${response.statusText}`.trimEnd(),
        );
      }
      return range && response.status === 200
        ? response.body.pipeThrough(slice(range))
        : response.body;
    },
  };
}

/** The part of a stream that `range` names, for servers that do not know ranges. */
function slice({ start, end }: ByteRange): TransformStream<Uint8Array, Uint8Array> {
  let position = 0;
  return new TransformStream({
    transform(chunk, controller) {
      const part = chunk.subarray(Math.max(0, start - position), Math.max(0, end - position));
      position += chunk.byteLength;
      if (part.byteLength > 0) controller.enqueue(part);
      if (position >= end) controller.terminate();
    },
  });
}
