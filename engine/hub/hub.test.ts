import { describe, expect, it } from 'vitest';
import { fetchSource, HubSourceError } from './hub-source.ts';
import {
  errorCode,
  HubClient,
  index,
  indexType,
  layer,
  manifest,
  manifestType,
  memorySource,
} from './hub-fixture.node.ts';

const client = await HubClient.open();
const get = (
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Response> => client.send(path, { method, headers });

describe('the registry', () => {
  it('says that it speaks version 2', async () => {
    const authorization = `Bearer ${await client.token('')}`;
    const response = await client.raw('/v2/', { headers: { authorization } });
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
    ['/v2/none/manifests/latest', 401, 'UNAUTHORIZED'],
    ['/v2/__proto__/manifests/latest', 400, 'NAME_INVALID'],
    ['/v2/constructor/manifests/latest', 401, 'UNAUTHORIZED'],
    ['/v2/Library/Busybox/manifests/latest', 400, 'NAME_INVALID'],
    ['/v2/a%2f..%2fb/manifests/latest', 400, 'NAME_INVALID'],
    [`/v2/${'a'.repeat(300)}/tags/list`, 400, 'NAME_INVALID'],
    ['/v2/%ff/tags/list', 400, 'NAME_INVALID'],
  ])('%s answers %i %s', async (path, status, code) => {
    expect(await errorCode(await get(path))).toEqual([status, code]);
  });

  it('holds what another public registry has, under that host, for reading', async () => {
    const headers = { host: 'registry.k8s.io' };
    const path = '/v2/pause/manifests/3.10';
    const refused = await client.raw(path, { headers });
    expect(refused.headers.get('www-authenticate')).toContain(
      'realm="https://registry.k8s.io/token"',
    );
    const scope = 'repository:pause:pull,push';
    const answer = await client.raw(`/token?${new URLSearchParams({ scope })}`, {
      headers: { ...headers, authorization: `Basic ${btoa('pause:x')}` },
    });
    const { token } = (await answer.json()) as { token: string };
    const authorization = `Bearer ${token}`;
    const read = await client.raw(path, { headers: { ...headers, authorization } });
    expect(await read.text()).toBe('{"a manifest":true}');
    const upload = await client.raw('/v2/pause/blobs/uploads/', {
      method: 'POST',
      headers: { ...headers, authorization },
    });
    expect(upload.status).toBe(401);
    expect((await client.send(path)).status).toBe(401);
    const elsewhere = `Bearer ${await client.token('repository:pause:pull')}`;
    const foreign = await client.raw(path, { headers: { ...headers, authorization: elsewhere } });
    expect(foreign.status).toBe(401);
  });

  it('has no other paths and methods', async () => {
    for (const path of ['/', '/v1/', '/v2/x', '/v2/library/busybox/tags/other'])
      expect((await get(path)).status).toBe(404);
    const list = await get('/v2/library/busybox/tags/list', {}, 'POST');
    expect(list.headers.get('allow')).toBe('GET, HEAD');
    expect(await errorCode(list)).toEqual([405, 'UNSUPPORTED']);
  });

  it('says that it is unavailable while its files are, and recovers', async () => {
    let online = false;
    const flaky = await HubClient.open({
      source: {
        open: (path, range) =>
          online
            ? memorySource.open(path, range)
            : Promise.reject(new HubSourceError('UNREACHABLE', 'offline')),
      },
    });
    const search = (): Promise<Response> => flaky.raw('/v1/search?q=busybox');
    expect(await errorCode(await search())).toEqual([503, 'UNAVAILABLE']);
    online = true;
    expect((await search()).status).toBe(200);
  });

  it('finds images by name and description, official ones first', async () => {
    await client.as('ada').putImage('ada/busybox', 'v1', []);
    const response = await client.raw('/v1/search?q=busybox&n=5');
    const { results, ...rest } = (await response.json()) as { results: { name: string }[] };
    expect(rest).toEqual({ num_pages: 1, num_results: 2, page: 1, page_size: 5, query: 'busybox' });
    expect(results.map(({ name }) => name)).toEqual(['busybox', 'ada/busybox']);
    expect(results[0]).toMatchObject({
      description: 'Small tools in one program',
      is_official: true,
      star_count: 0,
    });
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
