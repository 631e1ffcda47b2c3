/** A download as far as it came, kept for the next attempt: by another worker, or after the page was closed. */
export interface PartialDownload {
  /** identifies the version the bytes belong to: a strong ETag (RFC 9110, 8.8.3) */
  readonly validator: string;
  /** bytes of the whole; 0 while unknown */
  readonly total: number;
  readonly pieces: readonly Uint8Array[];
}

/** Where unfinished downloads wait. Nothing here fails: what cannot be kept is fetched again. */
export interface PartialDownloads {
  find(url: string): Promise<PartialDownload | undefined>;
  /** Keeps the bytes that follow the first `offset` ones of the same version. */
  keep(
    url: string,
    offset: number,
    bytes: Uint8Array<ArrayBuffer>,
    version: Omit<PartialDownload, 'pieces'>,
  ): Promise<void>;
  /** When the download is complete, or of a version that is gone. */
  forget(url: string): Promise<void>;
}

const CACHE = 'drydock-unfinished';
const VALIDATOR = 'x-validator';
const TOTAL = 'x-total';

function pieceOf(url: string, offset: number): string {
  const address = new URL(url);
  address.searchParams.set('from', String(offset));
  return address.href;
}

/** In the browser's Cache Storage, a piece an entry. */
export class CachedDownloads implements PartialDownloads {
  readonly #storage: CacheStorage;

  constructor(storage: CacheStorage) {
    this.#storage = storage;
  }

  async find(url: string): Promise<PartialDownload | undefined> {
    return this.#attempt(async (cache) => {
      const pieces: Uint8Array[] = [];
      let offset = 0;
      let version: Omit<PartialDownload, 'pieces'> | undefined;
      for (;;) {
        const response = await cache.match(pieceOf(url, offset));
        if (response === undefined) break;
        const validator = response.headers.get(VALIDATOR) ?? '';
        if (version !== undefined && validator !== version.validator) break;
        version = { validator, total: Number(response.headers.get(TOTAL)) };
        const bytes = new Uint8Array(await response.arrayBuffer());
        pieces.push(bytes);
        offset += bytes.length;
      }
      return version === undefined ? undefined : { ...version, pieces };
    });
  }

  async keep(
    url: string,
    offset: number,
    bytes: Uint8Array<ArrayBuffer>,
    { validator, total }: Omit<PartialDownload, 'pieces'>,
  ): Promise<void> {
    const headers = { [VALIDATOR]: validator, [TOTAL]: String(total) };
    await this.#attempt((cache) =>
      cache.put(pieceOf(url, offset), new Response(bytes, { headers })),
    );
  }

  async forget(url: string): Promise<void> {
    await this.#attempt((cache) => cache.delete(url, { ignoreSearch: true }));
  }

  async #attempt<T>(action: (cache: Cache) => Promise<T>): Promise<T | undefined> {
    try {
      return await action(await this.#storage.open(CACHE));
    } catch {
      return undefined;
    }
  }
}
