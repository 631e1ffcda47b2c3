import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createHub } from './hub.ts';
import { fetchSource, type HubSource, HubSourceError } from './hub-source.ts';
import type { ImageIndex } from './image-index.ts';

const encoder = new TextEncoder();
const files = new Map<string, Uint8Array<ArrayBuffer>>();
const indexType = 'application/vnd.oci.image.index.v1+json';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';

function put(text: string): { digest: string; size: number } {
  const bytes = encoder.encode(text);
  const hex = createHash('sha256').update(bytes).digest('hex');
  files.set(`blobs/sha256/${hex}`, bytes);
  return { digest: `sha256:${hex}`, size: bytes.byteLength };
}

const layer = put('0123456789');
const manifest = put('{"a manifest":true}');
const index = put('{"an index":true}');
const entry = { description: '', layerSize: 10, sources: [] };
const catalogue: ImageIndex = {
  repositories: {
    'library/busybox': {
      ...entry,
      tags: { latest: index.digest, '1.35': index.digest, stable: index.digest },
      manifests: {
        [index.digest]: {
          mediaType: indexType,
          size: index.size,
          defaultManifest: manifest.digest,
        },
        [manifest.digest]: { mediaType: manifestType, size: manifest.size },
      },
      blobs: { [layer.digest]: layer.size },
    },
    'library/empty': { ...entry, tags: {}, manifests: {}, blobs: {} },
  },
};
files.set('index.json', encoder.encode(JSON.stringify(catalogue)));

const memory: HubSource = {
  async open(path, range) {
    const bytes = files.get(path);
    if (!bytes) throw new HubSourceError('ABSENT', `no ${path}`);
    return new Response(bytes.slice(range?.start, range?.end)).body ?? new ReadableStream();
  },
};
const hub = createHub(memory);
const get = (
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Response> => hub(new Request(`http://hub.test${path}`, { method, headers }));
const errorCode = async (response: Response): Promise<unknown> => {
  const body = (await response.json()) as { errors: { code: string; message: string }[] };
  return [response.status, body.errors[0]?.code];
};

describe('the registry', () => {
  it('says that it speaks version 2', async () => {
    const response = await get('/v2/');
    expect(response.status).toBe(200);
    expect(response.headers.get('docker-distribution-api-version')).toBe('registry/2.0');
    expect(await response.text()).toBe('{}');
  });

  it('serves a manifest by tag and by digest with its digest, type and length', async () => {
    for (const reference of ['latest', index.digest]) {
      const response = await get(`/v2/library/busybox/manifests/${reference}`);
      expect(response.headers.get('docker-content-digest')).toBe(index.digest);
      expect(response.headers.get('content-type')).toBe(indexType);
      expect(response.headers.get('content-length')).toBe(String(index.size));
      expect(await response.text()).toBe('{"an index":true}');
    }
  });

  it('knows official images without their prefix', async () => {
    expect((await get('/v2/busybox/manifests/latest')).status).toBe(200);
  });

  it('answers HEAD with the headers of GET and no body', async () => {
    for (const path of ['manifests/latest', `blobs/${layer.digest}`]) {
      const response = await get(`/v2/library/busybox/${path}`, {}, 'HEAD');
      expect(response.status).toBe(200);
      expect(response.headers.get('content-length')).not.toBe('0');
      expect(response.headers.get('docker-content-digest')).toMatch(/^sha256:/);
      expect(response.body).toBeNull();
    }
    const absent = await get('/v2/library/busybox/manifests/none', {}, 'HEAD');
    expect([absent.status, absent.body]).toEqual([404, null]);
  });

  it('gives the platform manifest to a client that accepts no index', async () => {
    const response = await get('/v2/library/busybox/manifests/latest', { accept: manifestType });
    expect(response.headers.get('docker-content-digest')).toBe(manifest.digest);
    const all = await get('/v2/library/busybox/manifests/latest', {
      accept: `${manifestType}, ${indexType};q=0.5`,
    });
    expect(all.headers.get('docker-content-digest')).toBe(index.digest);
    const neither = await get('/v2/library/busybox/manifests/latest', { accept: 'text/html' });
    expect(await errorCode(neither)).toEqual([404, 'MANIFEST_UNKNOWN']);
  });

  it('answers 304 to a client that has the content', async () => {
    const headers = { 'if-none-match': `"${index.digest}"` };
    expect((await get('/v2/library/busybox/manifests/latest', headers)).status).toBe(304);
  });

  it.each([
    ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
    ['bytes=4-', 206, '456789', 'bytes 4-9/10'],
    ['bytes=-2', 206, '89', 'bytes 8-9/10'],
    ['bytes=8-100', 206, '89', 'bytes 8-9/10'],
    ['bytes=10-', 416, '', 'bytes */10'],
    ['bytes=-0', 416, '', 'bytes */10'],
    ['bytes=5-2', 200, '0123456789', null],
    ['bytes=0-1,4-5', 200, '0123456789', null],
    ['lines=1-2', 200, '0123456789', null],
  ])('serves the range %s of a blob', async (range, status, text, contentRange) => {
    const response = await get(`/v2/library/busybox/blobs/${layer.digest}`, { range });
    expect([response.status, await response.text(), response.headers.get('content-range')]).toEqual(
      [status, text, contentRange],
    );
  });

  it('lists tags and repositories in pages', async () => {
    const whole = await get('/v2/library/busybox/tags/list');
    expect(await whole.json()).toEqual({
      name: 'library/busybox',
      tags: ['1.35', 'latest', 'stable'],
    });
    const first = await get('/v2/library/busybox/tags/list?n=2');
    expect(await first.json()).toEqual({ name: 'library/busybox', tags: ['1.35', 'latest'] });
    expect(first.headers.get('link')).toBe(
      '</v2/library/busybox/tags/list?last=latest&n=2>; rel="next"',
    );
    const second = await get('/v2/library/busybox/tags/list?last=latest&n=2');
    expect(await second.json()).toEqual({ name: 'library/busybox', tags: ['stable'] });
    expect(second.headers.get('link')).toBeNull();
    const catalog = await get('/v2/_catalog?n=1');
    expect(await catalog.json()).toEqual({ repositories: ['library/busybox'] });
    expect(await errorCode(await get('/v2/_catalog?n=-1'))).toEqual([
      400,
      'PAGINATION_NUMBER_INVALID',
    ]);
  });

  it.each([
    ['/v2/library/busybox/manifests/none', 404, 'MANIFEST_UNKNOWN'],
    ['/v2/library/busybox/manifests/constructor', 404, 'MANIFEST_UNKNOWN'],
    [`/v2/library/empty/manifests/${index.digest}`, 404, 'MANIFEST_UNKNOWN'],
    ['/v2/library/busybox/manifests/sha256:00', 400, 'DIGEST_INVALID'],
    ['/v2/library/busybox/manifests/md5:d41d8cd98f00b204e9800998ecf8427e', 400, 'DIGEST_INVALID'],
    [`/v2/library/empty/blobs/${layer.digest}`, 404, 'BLOB_UNKNOWN'],
    ['/v2/library/busybox/blobs/..%2f..%2findex.json', 400, 'DIGEST_INVALID'],
    ['/v2/none/manifests/latest', 401, 'DENIED'],
    ['/v2/__proto__/manifests/latest', 400, 'NAME_INVALID'],
    ['/v2/constructor/manifests/latest', 401, 'DENIED'],
    ['/v2/Library/Busybox/manifests/latest', 400, 'NAME_INVALID'],
    ['/v2/a%2f..%2fb/manifests/latest', 400, 'NAME_INVALID'],
    [`/v2/${'a'.repeat(300)}/tags/list`, 400, 'NAME_INVALID'],
    ['/v2/%ff/tags/list', 400, 'NAME_INVALID'],
  ])('%s answers %i %s', async (path, status, code) => {
    expect(await errorCode(await get(path))).toEqual([status, code]);
  });

  it('has no other paths and refuses to be written to', async () => {
    for (const path of ['/', '/v1/', '/v2/x', '/v2/library/busybox/tags/other'])
      expect((await get(path)).status).toBe(404);
    const upload = await get('/v2/library/busybox/blobs/uploads/', {}, 'POST');
    expect(upload.headers.get('allow')).toBe('GET, HEAD');
    expect(await errorCode(upload)).toEqual([405, 'UNSUPPORTED']);
  });

  it('says that it is unavailable while its files are, and recovers', async () => {
    let online = false;
    const flaky = createHub({
      open: (path, range) =>
        online
          ? memory.open(path, range)
          : Promise.reject(new HubSourceError('UNREACHABLE', 'offline')),
    });
    const request = (): Request => new Request('http://hub.test/v2/busybox/manifests/latest');
    expect(await errorCode(await flaky(request()))).toEqual([503, 'UNAVAILABLE']);
    online = true;
    expect((await flaky(request())).status).toBe(200);
  });
});

describe('fetchSource', () => {
  const text = async (stream: ReadableStream<Uint8Array>): Promise<string> =>
    new TextDecoder().decode(
      await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
    );

  it('cuts the range out when the server sends the whole file', async () => {
    const source = fetchSource('http://site.test/images/', async (url, init) => {
      expect([url, new Headers(init?.headers).get('range')]).toEqual([
        'http://site.test/images/blobs/x',
        'bytes=3-5',
      ]);
      return new Response('0123456789');
    });
    expect(await text(await source.open('blobs/x', { start: 3, end: 6 }))).toBe('345');
  });

  it('tells an absent file from an unreachable server', async () => {
    const absent = fetchSource('http://site.test/', async () => new Response('', { status: 404 }));
    await expect(absent.open('x')).rejects.toMatchObject({ code: 'ABSENT' });
    const offline = fetchSource('http://site.test/', () => Promise.reject(new TypeError('failed')));
    await expect(offline.open('x')).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });
});
