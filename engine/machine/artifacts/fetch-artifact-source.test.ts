import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../base/fake-clock.ts';
import { FetchArtifactSource } from './fetch-artifact-source.ts';

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

describe('FetchArtifactSource', () => {
  it('continues a broken download where it stopped', async () => {
    const clock = new FakeClock();
    const requests: (string | null)[] = [];
    const source = new FetchArtifactSource('https://example.test/', clock, (input, init) => {
      const range = new Headers(init?.headers).get('range');
      requests.push(`${String(input)} ${range}`);
      const headers = { etag: '"v1"', 'content-length': range === null ? '100' : '60' };
      return Promise.resolve(
        range === null
          ? new Response(cutAfter(content.slice(0, 40)), { headers })
          : new Response(content.slice(40), { status: 206, headers }),
      );
    });
    const progress: number[] = [];
    expect(
      await settle(
        clock,
        source.read('guest/a', (done) => progress.push(done)),
      ),
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
    const source = new FetchArtifactSource('https://example.test/', clock, () =>
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
    const source = new FetchArtifactSource('https://example.test/', clock, (input) => {
      attempts++;
      return Promise.resolve(
        new Response('', { status: String(input).endsWith('missing') ? 404 : 503 }),
      );
    });
    await expect(settle(clock, source.read('missing'))).rejects.toMatchObject({
      code: 'ARTIFACT_UNAVAILABLE',
    });
    expect(attempts).toBe(1);
    await expect(settle(clock, source.read('other'))).rejects.toThrow(
      'other could not be loaded: the server answered 503',
    );
    expect(attempts).toBe(7);
  });
});
