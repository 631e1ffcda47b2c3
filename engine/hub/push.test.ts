import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryStorage } from '../storage/memory-storage.ts';
import {
  contentOf,
  errorCode,
  HubClient,
  index,
  indexType,
  layer,
  manifestType,
} from './hub-fixture.node.ts';

let ada: HubClient;
beforeEach(async () => {
  ada = (await HubClient.open()).as('ada');
});

const hello = contentOf('hello, registry');
const zeros = `sha256:${'0'.repeat(64)}`;

async function startUpload(client = ada, repository = 'ada/app'): Promise<string> {
  const response = await client.send(`/v2/${repository}/blobs/uploads/`, { method: 'POST' });
  expect(response.status).toBe(202);
  return response.headers.get('location') ?? '';
}

const stored = async (client: HubClient): Promise<readonly string[]> =>
  (await client.storage.list('blobs/')).map(({ name }) => name);

describe('uploads', () => {
  it('take a blob in one request', async () => {
    const response = await ada.send(`/v2/ada/app/blobs/uploads/?digest=${hello.digest}`, {
      method: 'POST',
      body: hello.bytes,
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('location')).toBe(`/v2/ada/app/blobs/${hello.digest}`);
    expect(response.headers.get('docker-content-digest')).toBe(hello.digest);
    const read = await ada.send(`/v2/ada/app/blobs/${hello.digest}`);
    expect(await read.text()).toBe('hello, registry');
    expect(await ada.storage.list('uploads/')).toEqual([]);
  });

  it('take a blob in a second request', async () => {
    const location = await startUpload();
    const response = await ada.send(`${location}?digest=${hello.digest}`, {
      method: 'PUT',
      body: hello.bytes,
    });
    expect(response.status).toBe(201);
  });

  it('take a blob in chunks, tell how far they are, and refuse chunks out of order', async () => {
    const location = await startUpload();
    const patch = (text: string, range: string): Promise<Response> =>
      ada.send(location, { method: 'PATCH', headers: { 'content-range': range }, body: text });
    const first = await patch('hello', '0-4');
    expect([first.status, first.headers.get('range')]).toEqual([202, '0-4']);
    const wrong = await patch('registry', '7-14');
    expect([wrong.status, wrong.headers.get('range')]).toEqual([416, '0-4']);
    const status = await ada.send(location);
    expect([status.status, status.headers.get('range')]).toEqual([204, '0-4']);
    expect((await patch(', ', '5-6')).headers.get('range')).toBe('0-6');
    const response = await ada.send(`${location}?digest=${hello.digest}`, {
      method: 'PUT',
      body: 'registry',
    });
    expect(response.status).toBe(201);
    const read = await ada.send(`/v2/ada/app/blobs/${hello.digest}`);
    expect(await read.text()).toBe('hello, registry');
  });

  it('go on after a connection that broke and a worker that died', async () => {
    const location = await startUpload();
    const broken = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(hello.bytes.subarray(0, 6)),
      pull: (controller) => controller.error(new Error('the client has gone')),
    });
    await ada.send(location, { method: 'PATCH', body: broken });
    const next = (await HubClient.open({ storage: ada.storage })).as('ada');
    expect((await next.send(location)).headers.get('range')).toBe('0-5');
    const response = await next.send(`${location}?digest=${hello.digest}`, {
      method: 'PUT',
      headers: { 'content-range': '6-14' },
      body: hello.bytes.subarray(6),
    });
    expect(response.status).toBe(201);
  });

  it('take blobs and manifests under SHA-512 too', async () => {
    const sha512 = (bytes: Uint8Array): string =>
      `sha512:${createHash('sha512').update(bytes).digest('hex')}`;
    const location = await startUpload();
    await ada.send(location, { method: 'PATCH', body: 'hello, ' });
    const digest = sha512(hello.bytes);
    const put = await ada.send(`${location}?digest=${digest}`, { method: 'PUT', body: 'registry' });
    expect(put.headers.get('docker-content-digest')).toBe(digest);
    expect(await (await ada.send(`/v2/ada/app/blobs/${digest}`)).text()).toBe('hello, registry');
    const descriptor = { mediaType: 'a/b', digest, size: hello.size };
    const image = JSON.stringify({ schemaVersion: 2, config: descriptor, layers: [] });
    const name = sha512(new TextEncoder().encode(image));
    expect((await ada.putManifest(`/v2/ada/app/manifests/${name}`, image)).status).toBe(201);
    expect(await (await ada.send(`/v2/ada/app/manifests/${name}`)).text()).toBe(image);
  });

  it('take the empty blob', async () => {
    const empty = contentOf('');
    await ada.putBlob('ada/app', empty);
    const { status, headers } = await ada.send(`/v2/ada/app/blobs/${empty.digest}`);
    expect([status, headers.get('content-length')]).toEqual([200, '0']);
  });

  it('end with a wrong digest, and leave nothing', async () => {
    const location = await startUpload();
    const wrong = await ada.send(`${location}?digest=${zeros}`, { method: 'PUT', body: 'x' });
    expect(await errorCode(wrong)).toEqual([400, 'DIGEST_INVALID']);
    expect((await ada.send(location)).status).toBe(404);
    expect(await ada.storage.list('uploads/')).toEqual([]);
    expect(await stored(ada)).toEqual([]);
    expect((await ada.send('/v2/ada/app/tags/list')).status).toBe(404);
  });

  it('can be cancelled, and are given up after a day', async () => {
    const location = await startUpload();
    expect((await ada.send(location, { method: 'DELETE' })).status).toBe(204);
    expect(await errorCode(await ada.send(location))).toEqual([404, 'BLOB_UPLOAD_UNKNOWN']);
    const old = await startUpload();
    const { storage, clock } = ada;
    const reopened = async (): Promise<HubClient> =>
      (await HubClient.open({ storage, clock })).as('ada');
    expect((await (await reopened()).send(old)).status).toBe(204);
    clock.advance(25 * 60 * 60 * 1000);
    expect((await (await reopened()).send(old)).status).toBe(404);
    expect(await storage.list('uploads/')).toEqual([]);
  });

  it('belong to their repository', async () => {
    const location = await startUpload();
    const elsewhere = location.replace('ada/app', 'ada/other');
    expect(await errorCode(await ada.send(elsewhere))).toEqual([404, 'BLOB_UPLOAD_UNKNOWN']);
  });
});

describe('mounting from another repository', () => {
  const mount = (from: string, digest: string): Promise<Response> =>
    ada.send(`/v2/ada/app/blobs/uploads/?mount=${digest}&from=${from}`, { method: 'POST' });

  it('makes an official layer one’s own, for good', async () => {
    const response = await mount('library/busybox', layer.digest);
    expect(response.status).toBe(201);
    expect(response.headers.get('location')).toBe(`/v2/ada/app/blobs/${layer.digest}`);
    expect(await stored(ada)).toHaveLength(1);
  });

  it('finds the layer by itself when no repository is named', async () => {
    const path = `/v2/ada/app/blobs/uploads/?mount=${layer.digest}`;
    expect((await ada.send(path, { method: 'POST' })).status).toBe(201);
  });

  it('becomes an upload when there is nothing to mount', async () => {
    const response = await mount('library/busybox', zeros);
    expect(response.status).toBe(202);
    expect(response.headers.get('location')).toMatch(
      /^\/v2\/ada\/app\/blobs\/uploads\/[0-9a-f-]{36}$/,
    );
  });
});

describe('manifests', () => {
  it('are kept under tag and digest, and survive a restart', async () => {
    const image = await ada.putImage('ada/app', 'v1', [hello]);
    const next = await HubClient.open({ storage: ada.storage });
    for (const reference of ['v1', image.digest]) {
      const response = await next.send(`/v2/ada/app/manifests/${reference}`);
      expect(response.headers.get('content-type')).toBe(manifestType);
      expect(contentOf(await response.text()).digest).toBe(image.digest);
    }
    const { tags } = (await (await next.send('/v2/ada/app/tags/list')).json()) as object & {
      tags: string[];
    };
    expect(tags).toEqual(['v1']);
  });

  it('may be indexes of manifests that are there', async () => {
    const image = await ada.putImage('ada/app', 'v1', [hello]);
    const indexOf = (digest: string, size: number): string =>
      JSON.stringify({
        schemaVersion: 2,
        mediaType: indexType,
        manifests: [{ mediaType: manifestType, digest, size }],
      });
    const path = '/v2/ada/app/manifests/all';
    const good = await ada.putManifest(path, indexOf(image.digest, image.size), indexType);
    expect(good.status).toBe(201);
    const bad = await ada.putManifest(path, indexOf(zeros, 1), indexType);
    expect(await errorCode(bad)).toEqual([400, 'MANIFEST_BLOB_UNKNOWN']);
  });

  it('tell what refers to them', async () => {
    const image = await ada.putImage('ada/app', 'v1', [hello]);
    const subject = { mediaType: manifestType, digest: image.digest, size: image.size };
    const signature = await ada.putImage('ada/app', 'signature', [contentOf('signed')], {
      subject,
      artifactType: 'application/vnd.example.signature',
      annotations: { by: 'ada' },
    });
    await ada.putImage('ada/app', 'sbom', [contentOf('parts')], { subject });
    const list = async (query: string): Promise<{ headers: Headers; manifests: unknown[] }> => {
      const response = await ada.send(`/v2/ada/app/referrers/${image.digest}${query}`);
      expect(response.headers.get('content-type')).toBe(indexType);
      return {
        headers: response.headers,
        ...((await response.json()) as { manifests: unknown[] }),
      };
    };
    expect((await list('')).manifests).toHaveLength(2);
    const { headers, manifests } = await list('?artifactType=application/vnd.example.signature');
    expect(headers.get('oci-filters-applied')).toBe('artifactType');
    expect(manifests).toEqual([
      {
        mediaType: manifestType,
        digest: signature.digest,
        size: signature.size,
        artifactType: 'application/vnd.example.signature',
        annotations: { by: 'ada' },
      },
    ]);
    const put = await ada.putManifest('/v2/ada/app/manifests/signature', signature.bytes);
    expect(put.headers.get('oci-subject')).toBe(image.digest);
  });
});

describe('deleting', () => {
  const remove = (path: string): Promise<Response> =>
    ada.send(`/v2/ada/app/${path}`, { method: 'DELETE' });

  it('takes a tag, or a manifest with its tags, or a blob', async () => {
    const image = await ada.putImage('ada/app', 'v1', [hello]);
    await ada.putManifest('/v2/ada/app/manifests/v2', image.bytes);
    expect((await remove('manifests/v1')).status).toBe(202);
    expect((await ada.send('/v2/ada/app/manifests/v1')).status).toBe(404);
    expect((await ada.send(`/v2/ada/app/manifests/${image.digest}`)).status).toBe(200);
    expect((await remove(`manifests/${image.digest}`)).status).toBe(202);
    expect((await ada.send('/v2/ada/app/manifests/v2')).status).toBe(404);
    expect((await remove(`blobs/${hello.digest}`)).status).toBe(202);
    expect(await errorCode(await remove(`blobs/${hello.digest}`))).toEqual([404, 'BLOB_UNKNOWN']);
    expect(await stored(ada)).toHaveLength(1);
  });

  it('keeps what another repository names', async () => {
    await ada.putImage('ada/app', 'v1', [hello]);
    await ada.putImage('ada/copy', 'v1', [hello]);
    await remove(`blobs/${hello.digest}`);
    const read = await ada.send(`/v2/ada/copy/blobs/${hello.digest}`);
    expect(await read.text()).toBe('hello, registry');
  });
});

describe('a crash', () => {
  it('between storing and naming leaves nothing that can be seen, nor for ever', async () => {
    await ada.putImage('ada/app', 'v1', [hello]);
    const before = await stored(ada);
    const { storage } = ada;
    const orphan = await storage.create();
    await orphan.write(contentOf('orphan').bytes);
    await orphan.commit(contentOf('orphan').digest.replace('sha256:', 'blobs/sha256/'));
    const next = await HubClient.open({ storage });
    expect((await next.send(`/v2/ada/app/blobs/${contentOf('orphan').digest}`)).status).toBe(404);
    expect(await stored(next)).toEqual(before);
  });
});

describe('what is hostile on purpose', () => {
  const put = (body: unknown, type = manifestType): Promise<Response> =>
    ada.putManifest(
      '/v2/ada/app/manifests/bad',
      typeof body === 'string' ? body : JSON.stringify(body),
      type,
    );
  const descriptor = { mediaType: 'a/b', digest: hello.digest, size: hello.size };
  const image = { schemaVersion: 2, config: descriptor, layers: [descriptor] };

  it.each([
    ['no JSON', '{'],
    ['another type', image, 'application/json'],
    ['a lie about its type', { ...image, mediaType: indexType }],
    ['an old schema', { ...image, schemaVersion: 1 }],
    ['no config', { ...image, config: undefined }],
    ['a digest that leads elsewhere', { ...image, layers: [{ ...descriptor, digest: '../x' }] }],
    ['a negative size', { ...image, layers: [{ ...descriptor, size: -1 }] }],
    ['half a byte', { ...image, layers: [{ ...descriptor, size: 0.5 }] }],
    ['brackets without end', '['.repeat(100_000)],
    ['bytes that are no text', '\u0000'],
  ])('a manifest with %s', async (_what, body, type = manifestType) => {
    await ada.putBlob('ada/app', hello);
    expect(await errorCode(await put(body, type))).toEqual([400, 'MANIFEST_INVALID']);
  });

  it('a manifest that names what is not there, or is of another size', async () => {
    expect(await errorCode(await put(image))).toEqual([400, 'MANIFEST_BLOB_UNKNOWN']);
    await ada.putBlob('ada/app', hello);
    const longer = { ...image, layers: [{ ...descriptor, size: hello.size + 1 }] };
    expect(await errorCode(await put(longer))).toEqual([400, 'SIZE_INVALID']);
    expect((await put(image)).status).toBe(201);
  });

  it('a manifest without end', async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent++;
        controller.enqueue(new Uint8Array(1024 * 1024));
      },
    });
    const response = await ada.send('/v2/ada/app/manifests/endless', {
      method: 'PUT',
      headers: { 'content-type': manifestType },
      body: endless,
    });
    expect(await errorCode(response)).toEqual([413, 'SIZE_INVALID']);
    expect(sent).toBeLessThan(10);
  });

  it.each([
    ['a blob that says it is larger than anything', { 'content-length': '9007199254740991' }, 413],
    ['a length that is none', { 'content-length': '-1' }, 400],
    ['a length that is not the body’s', { 'content-length': '3' }, 400],
    ['a range that ends before it begins', { 'content-range': '9-3' }, 400],
    ['a range that is none', { 'content-range': 'everything' }, 416],
    ['a range of another length', { 'content-range': '0-1' }, 400],
  ] as const)('%s', async (_what, headers, status) => {
    const location = await startUpload();
    const response = await ada.send(location, { method: 'PATCH', headers, body: 'hello' });
    expect(response.status).toBe(status);
    expect((await ada.send(location)).headers.get('range')).toBe('0-0');
  });

  it.each([
    '/v2/ada/app/manifests/..',
    '/v2/ada/app/manifests/%2e%2e%2fx',
    '/v2/ada/app/manifests/-tag',
    `/v2/ada/app/manifests/${'t'.repeat(129)}`,
    '/v2/ada/app/manifests/sha512:00',
    `/v2/ada/app/manifests/md5:${'0'.repeat(32)}`,
    '/v2/ada/_app/manifests/v1',
    '/v2/ada/../grace/manifests/v1',
    '/v2/ada//app/manifests/v1',
    '/v2/ada/app.git./manifests/v1',
  ])('the path %s', async (path) => {
    const response = await ada.putManifest(path, '{}');
    expect([400, 401, 404]).toContain(response.status);
    expect(await ada.storage.list('repositories/')).toEqual([]);
  });

  it.each(['x', '..', '00000000-0000-4000-8000-000000000000', '%2e%2e%2f%2e%2e%2faccounts.json'])(
    'the upload %s',
    async (id) => {
      const path = `/v2/ada/app/blobs/uploads/${id}?digest=${zeros}`;
      for (const method of ['PATCH', 'PUT', 'DELETE'])
        expect((await ada.send(path, { method })).status).toBe(404);
    },
  );

  it('tags that every object has', async () => {
    const image = await ada.putImage('ada/app', '__proto__', [hello]);
    await ada.putManifest('/v2/ada/app/manifests/constructor', image.bytes);
    const next = await HubClient.open({ storage: ada.storage });
    const list = await next.send('/v2/ada/app/tags/list');
    expect(await list.json()).toEqual({ name: 'ada/app', tags: ['__proto__', 'constructor'] });
    expect((await next.send('/v2/ada/app/manifests/toString')).status).toBe(404);
  });
});

it('tells that the storage is full, and is as before', async () => {
  class FullStorage extends MemoryStorage {
    isFull = false;
    override async create() {
      const writer = await super.create();
      const full = new DOMException('no more', 'QuotaExceededError');
      return this.isFull ? { ...writer, write: () => Promise.reject(full) } : writer;
    }
  }
  const full = new FullStorage();
  const client = (await HubClient.open({ storage: full })).as('ada');
  await client.putBlob('ada/app', hello);
  const before = await full.list('');
  full.isFull = true;
  const response = await client.send('/v2/ada/app/blobs/uploads/', { method: 'POST' });
  expect(response.status).toBe(507);
  expect(await full.list('')).toEqual(before);
});

it('lets nobody replace what is official', async () => {
  const path = '/v2/library/busybox/manifests/latest';
  for (const client of [ada, ada.as('library'), await HubClient.open({ storage: ada.storage })]) {
    const response = await client.putManifest(path, '{}');
    expect(response.status).toBe(401);
  }
  const read = await ada.send(path);
  expect(read.headers.get('docker-content-digest')).toBe(index.digest);
});
