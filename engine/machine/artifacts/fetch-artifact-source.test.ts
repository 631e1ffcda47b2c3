import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../base/fake-clock.ts';
import { FetchArtifactSource } from './fetch-artifact-source.ts';
import { CachedDownloads, type PartialDownloads } from './partial-downloads.ts';

const content = Uint8Array.from({ length: 100 }, (_, index) => index);

/** Lets promises run and time pass until `settled`. */
async function settle<T>(clock: FakeClock, promise: Promise<T>): Promise<T> {
  let settled = false;
  void promise.then(() => (settled = true)).catch(() => (settled = true));
  for (let round = 0; round < 200 && !settled; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(20_000);
  }
  return promise;
}

function addressOf(input: string | URL | Request): string {
  return input instanceof Request ? input.url : input.toString();
}

function cutAfter(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let sent = false;
  return new ReadableStream({
    pull(controller) {
      if (sent) controller.error(new TypeError('network error'));
      else controller.enqueue(bytes);
      sent = true;
    },
  });
}

function sourceOver(
  clock: FakeClock,
  fetchFunction: typeof fetch,
  partial?: PartialDownloads,
): FetchArtifactSource {
  return new FetchArtifactSource('https://example.test/', {
    clock,
    fetch: fetchFunction,
    ...(partial === undefined ? {} : { partial }),
  });
}

/** The part of Cache Storage that is used, in memory. */
function memoryCaches(): { caches: CacheStorage; size: () => number } {
  const entries = new Map<string, Response>();
  const plain = (url: string): string => url.split('?')[0] ?? '';
  const cache = {
    match: (url: string) => Promise.resolve(entries.get(url)?.clone()),
    put: (url: string, response: Response) => Promise.resolve(void entries.set(url, response)),
    delete(url: string) {
      for (const key of entries.keys()) if (plain(key) === plain(url)) entries.delete(key);
      return Promise.resolve(true);
    },
  };
  const caches = { open: () => Promise.resolve(cache) } as unknown as CacheStorage;
  return { caches, size: () => entries.size };
}

describe('FetchArtifactSource', () => {
  it('continues a broken download where it stopped', async () => {
    const clock = new FakeClock();
    const requests: (string | null)[] = [];
    const source = sourceOver(clock, (input, init) => {
      const range = new Headers(init?.headers).get('range');
      requests.push(`${addressOf(input)} ${range}`);
      const headers = { etag: '"v1"', 'content-length': range === null ? '100' : '60' };
      return Promise.resolve(
        range === null
          ? new Response(cutAfter(content.slice(0, 40)), { headers })
          : new Response(content.slice(40), { status: 206, headers }),
      );
    });
    const progress: number[] = [];
    expect(
      await settle(clock, source.read('guest/a', { onProgress: (done) => progress.push(done) })),
    ).toEqual(content);
    expect(requests).toEqual([
      'https://example.test/guest/a null',
      'https://example.test/guest/a bytes=40-',
    ]);
    expect(progress).toEqual([40, 100]);
    expect(source.fetchedBytes).toBe(100);
  });

  it('starts over when the file has changed meanwhile', async () => {
    const clock = new FakeClock();
    let attempt = 0;
    const source = sourceOver(clock, () =>
      Promise.resolve(
        attempt++ === 0
          ? new Response(cutAfter(new Uint8Array(40)), { headers: { etag: '"v0"' } })
          : new Response(content.slice(), { headers: { etag: '"v1"' } }),
      ),
    );
    expect(await settle(clock, source.read('a'))).toEqual(content);
  });

  it('says at once that a file is missing, and gives up on a broken server after retries', async () => {
    const clock = new FakeClock();
    let attempts = 0;
    const source = sourceOver(clock, (input) => {
      attempts++;
      return Promise.resolve(
        new Response('', { status: addressOf(input).endsWith('missing') ? 404 : 503 }),
      );
    });
    await expect(settle(clock, source.read('missing'))).rejects.toMatchObject({
      code: 'ARTIFACT_UNAVAILABLE',
    });
    expect(attempts).toBe(1);
    await expect(settle(clock, source.read('other'))).rejects.toThrow(
      'other could not be loaded: the server answered 503',
    );
    expect(attempts).toBe(5);
  });

  it('continues in another worker where the one before gave up, and keeps nothing afterwards', async () => {
    const clock = new FakeClock();
    const { caches, size } = memoryCaches();
    const etag = '"v1"';
    let attempts = 0;
    const broken = sourceOver(
      clock,
      () =>
        attempts++ === 0
          ? Promise.resolve(
              new Response(cutAfter(content.slice(0, 40)), {
                headers: { etag, 'content-length': '100' },
              }),
            )
          : Promise.reject(new TypeError('no network')),
      new CachedDownloads(caches),
    );
    const onProgress = (): void => {};
    await expect(settle(clock, broken.read('states/a', { onProgress }))).rejects.toThrow(
      'no network',
    );
    expect(size()).toBe(1);

    const ranges: (string | null)[] = [];
    const again = sourceOver(
      clock,
      (_input, init) => {
        const headers = new Headers(init?.headers);
        ranges.push(`${headers.get('range')} ${headers.get('if-range')}`);
        return Promise.resolve(new Response(content.slice(40), { status: 206, headers: { etag } }));
      },
      new CachedDownloads(caches),
    );
    expect(await settle(clock, again.read('states/a', { onProgress }))).toEqual(content);
    expect(ranges).toEqual(['bytes=40- "v1"']);
    expect(again.fetchedBytes).toBe(60);
    expect(size()).toBe(0);
  });

  it('forgets what was kept of a version that is gone', async () => {
    const clock = new FakeClock();
    const { caches, size } = memoryCaches();
    const partial = new CachedDownloads(caches);
    await partial.keep('https://example.test/a', 0, new Uint8Array(40), {
      validator: '"v0"',
      total: 90,
    });
    const source = sourceOver(
      clock,
      () => Promise.resolve(new Response(content.slice(), { headers: { etag: '"v1"' } })),
      partial,
    );
    expect(await settle(clock, source.read('a', { onProgress: () => {} }))).toEqual(content);
    expect(size()).toBe(0);
  });

  it('gives up a connection on which nothing comes', async () => {
    const clock = new FakeClock();
    let attempts = 0;
    const source = sourceOver(clock, (_input, init) =>
      attempts++ === 0
        ? new Promise((_resolve, reject) =>
            init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error)),
          )
        : Promise.resolve(new Response(content.slice())),
    );
    expect(await settle(clock, source.read('a'))).toEqual(content);
    expect(attempts).toBe(2);
  });
});
