import { sleep, type Clock } from '../../base/clock.ts';
import { MachineError } from '../machine-error.ts';
import type { ArtifactSource, FetchProgress } from './artifact-source.ts';

/** Pauses between attempts, in milliseconds: about half a minute in all, long enough to change networks. */
const RETRY_DELAYS = [250, 1000, 3000, 8000, 16_000];

/** Statuses that a later attempt may change. */
function isTransient(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/** A download as far as it came. */
interface Partial {
  readonly chunks: Uint8Array[];
  received: number;
  /** identifies the version the bytes belong to */
  validator: string | null;
  total: number;
}

function join(partial: Partial): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(partial.received);
  let offset = 0;
  for (const chunk of partial.chunks) {
    result.set(chunk, offset);
    offset += chunk.length;
  }
  return result;
}

/**
 * Fetches over HTTP. A broken download is continued where it stopped (Range with If-Range,
 * RFC 9110), others are tried again. The browser's HTTP cache keeps the files: names
 * contain hashes and the server marks them immutable.
 */
export class FetchArtifactSource implements ArtifactSource {
  readonly #base: string;
  readonly #clock: Clock;
  readonly #fetch: typeof fetch;
  #fetchedBytes = 0;

  /** @param base absolute URL ending in a slash */
  constructor(
    base: string,
    clock: Clock,
    fetchFunction: typeof fetch = (...parameters) => fetch(...parameters),
  ) {
    this.#base = base;
    this.#clock = clock;
    this.#fetch = fetchFunction;
  }

  get fetchedBytes(): number {
    return this.#fetchedBytes;
  }

  async read(path: string, onProgress?: FetchProgress): Promise<Uint8Array<ArrayBuffer>> {
    const partial: Partial = { chunks: [], received: 0, validator: null, total: 0 };
    for (let attempt = 0; ; attempt++) {
      const failure = await this.#attempt(path, partial, onProgress);
      if (failure === undefined) return join(partial);
      const delay = RETRY_DELAYS[attempt];
      if (delay === undefined || !failure.transient) {
        throw new MachineError(
          'ARTIFACT_UNAVAILABLE',
          `${path} could not be loaded: ${failure.reason}`,
          { cause: failure.cause },
        );
      }
      await sleep(this.#clock, delay);
    }
  }

  async #attempt(
    path: string,
    partial: Partial,
    onProgress: FetchProgress | undefined,
  ): Promise<{ reason: string; transient: boolean; cause?: unknown } | undefined> {
    const resume = partial.received > 0 && partial.validator !== null;
    const headers: Record<string, string> = resume
      ? { range: `bytes=${partial.received}-`, 'if-range': partial.validator ?? '' }
      : {};
    try {
      const response = await this.#fetch(new URL(path, this.#base), { headers });
      if (!response.ok) {
        await response.body?.cancel();
        return {
          reason: `the server answered ${response.status}`,
          transient: isTransient(response.status),
        };
      }
      if (response.status !== 206) {
        partial.chunks.length = 0;
        partial.received = 0;
        const etag = response.headers.get('etag');
        partial.validator = etag !== null && !etag.startsWith('W/') ? etag : null;
        // With a content encoding the length counts other bytes than those that arrive here.
        const length = response.headers.has('content-encoding')
          ? null
          : response.headers.get('content-length');
        partial.total = Number(length ?? 0);
      }
      const reader = response.body?.getReader();
      for (;;) {
        const result = await reader?.read();
        if (result === undefined || result.done) break;
        partial.chunks.push(result.value);
        partial.received += result.value.length;
        this.#fetchedBytes += result.value.length;
        onProgress?.(partial.received, partial.total);
      }
    } catch (error) {
      return {
        reason: error instanceof Error ? error.message : String(error),
        transient: true,
        cause: error,
      };
    }
    if (partial.total > 0 && partial.received < partial.total) {
      return {
        reason: `it ended after ${partial.received} of ${partial.total} bytes`,
        transient: true,
      };
    }
    return undefined;
  }
}
