import { messageOf } from '../../base/message-of.ts';
import { sleep, type Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import { MachineError } from '../machine-error.ts';
import type { ArtifactSource, ReadOptions } from './artifact-source.ts';
import type { PartialDownload, PartialDownloads } from './partial-downloads.ts';

/** Pauses between attempts, in milliseconds: long enough for a hiccup. Who waits longer wants to know why. */
const RETRY_DELAYS = [250, 1000, 3000];
/** A download that takes longer is kept piece by piece, for it may not come to its end. Milliseconds. */
const SLOW = 3000;
/** A connection on which nothing came for so long is given up, in milliseconds. */
const SILENCE = 20_000;
/** Bytes of a piece that is kept. */
const PIECE = 512 * 1024;

/** Statuses that a later attempt may change. */
function isTransient(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/** A download under way. */
interface Download {
  chunks: Uint8Array[];
  received: number;
  /** identifies the version the bytes belong to; null when it cannot be continued */
  validator: string | null;
  total: number;
  /** the first so many of `received` are kept for another attempt */
  kept: number;
}

function join(chunks: readonly Uint8Array[], from: number, to: number): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(to - from);
  let position = 0;
  for (const chunk of chunks) {
    const start = Math.max(0, from - position);
    if (start < chunk.length) result.set(chunk.subarray(start), Math.max(0, position - from));
    position += chunk.length;
  }
  return result;
}

interface Failure {
  readonly reason: string;
  readonly transient: boolean;
  readonly cause?: unknown;
}

export interface FetchArtifactOptions {
  readonly clock: Clock;
  /** where broken downloads wait for the next worker; they begin anew when absent */
  readonly partial?: PartialDownloads;
  readonly fetch?: typeof fetch;
}

/**
 * Fetches over HTTP. A broken download is continued where it stopped (Range with If-Range,
 * RFC 9110), others are tried again. The browser's HTTP cache keeps the files: names
 * contain hashes and the server marks them immutable.
 */
export class FetchArtifactSource implements ArtifactSource {
  readonly #base: string;
  readonly #clock: Clock;
  readonly #partial: PartialDownloads | undefined;
  readonly #fetch: typeof fetch;
  #fetchedBytes = 0;

  /** @param base absolute URL ending in a slash */
  constructor(base: string, options: FetchArtifactOptions) {
    this.#base = base;
    this.#clock = options.clock;
    this.#partial = options.partial;
    this.#fetch = options.fetch ?? ((...parameters) => fetch(...parameters));
  }

  get fetchedBytes(): number {
    return this.#fetchedBytes;
  }

  async read(path: string, options: ReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const url = new URL(path, this.#base).href;
    // Large files are those whose progress is shown; the others are not worth a look.
    const partial = options.onProgress === undefined ? undefined : this.#partial;
    const download = toDownload(await partial?.find(url));
    for (let attempt = 0; ; attempt++) {
      const failure = await this.#attempt(url, download, partial, options);
      if (failure === undefined) {
        if (download.kept > 0) await partial?.forget(url);
        return join(download.chunks, 0, download.received);
      }
      if (partial !== undefined) await keep(partial, url, download);
      const delay = options.attempt === undefined ? RETRY_DELAYS[attempt] : undefined;
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
    url: string,
    download: Download,
    partial: PartialDownloads | undefined,
    { onProgress, attempt }: ReadOptions,
  ): Promise<Failure | undefined> {
    const began = this.#clock.monotonic();
    const silence = new AbortController();
    const listen = (): Disposable =>
      this.#clock.setTimer(
        () => silence.abort(new Error(`nothing came for ${SILENCE / 1000} seconds`)),
        SILENCE,
      );
    let listening = listen();
    const resume = download.received > 0 && download.validator !== null;
    const headers: Record<string, string> = resume
      ? { range: `bytes=${download.received}-`, 'if-range': download.validator ?? '' }
      : {};
    const cache = attempt === 'past-cache' ? 'reload' : 'default';
    try {
      const response = await this.#fetch(url, { headers, cache, signal: silence.signal });
      if (!response.ok) {
        await response.body?.cancel();
        return {
          reason: `the server answered ${response.status}`,
          transient: isTransient(response.status),
        };
      }
      if (response.status !== 206) {
        if (download.kept > 0) await partial?.forget(url);
        Object.assign(download, beginning(response.headers));
      }
      const reader = response.body?.getReader();
      for (;;) {
        const result = await reader?.read();
        if (result === undefined || result.done) break;
        listening.dispose();
        listening = listen();
        download.chunks.push(result.value);
        download.received += result.value.length;
        this.#fetchedBytes += result.value.length;
        onProgress?.(download.received, download.total);
        const isSlow = this.#clock.monotonic() - began > SLOW;
        if (partial !== undefined && isSlow && download.received - download.kept >= PIECE)
          await keep(partial, url, download);
      }
    } catch (error) {
      return {
        reason: messageOf(error),
        transient: true,
        cause: error,
      };
    } finally {
      listening.dispose();
    }
    if (download.total > 0 && download.received < download.total) {
      return {
        reason: `it ended after ${download.received} of ${download.total} bytes`,
        transient: true,
      };
    }
    return undefined;
  }
}

function toDownload(partial: PartialDownload | undefined): Download {
  const { validator, total, pieces } = partial ?? { validator: null, total: 0, pieces: [] };
  const received = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return { chunks: [...pieces], received, validator, total, kept: received };
}

/** What a response that is the whole file says of it. */
function beginning(headers: Headers): Download {
  const etag = headers.get('etag');
  // With a content encoding, lengths and ranges count other bytes than those that arrive here.
  const isPlain = !headers.has('content-encoding');
  return {
    chunks: [],
    received: 0,
    validator: isPlain && etag !== null && !etag.startsWith('W/') ? etag : null,
    total: Number((isPlain && headers.get('content-length')) || 0),
    kept: 0,
  };
}

/** Keeps what came since the last time. */
async function keep(partial: PartialDownloads, url: string, download: Download): Promise<void> {
  const { chunks, received, validator, total, kept } = download;
  if (validator === null || kept === received) return;
  await partial.keep(url, kept, join(chunks, kept, received), { validator, total });
  download.kept = received;
}
