import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
// @ts-expect-error the scripts run before anything is installed, so they are plain JavaScript
import { appHandler, parseRange } from './serve.mjs';

let folder: string;
let server: Server;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'serve-'));
  const files = {
    'web/index.html': '<!doctype html>app',
    'web/assets/main-Ab12Cd34.js': 'export const answer = 42;',
    'web/preview/index.html': 'boot',
    'web/preview/worker.js': 'worker',
    'guest/disk/0123456789abcdef.zst': '0123456789',
    'guest/manifest.json': '{}',
    'states/.hidden': 'no',
    'secret.txt': 'secret',
  };
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
  const directories = {
    web: path.join(folder, 'web'),
    guest: path.join(folder, 'guest'),
    states: path.join(folder, 'states'),
  };
  server = createServer(appHandler(directories));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

async function get(target: string, headers: Record<string, string> = {}, method = 'GET') {
  const { port } = server.address() as AddressInfo;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(
      {
        host: '127.0.0.1',
        port,
        path: target,
        method,
        headers: { host: `drydock.localhost:${port}`, ...headers },
      },
      resolve,
    )
      .once('error', reject)
      .end();
  });
  return {
    status: response.statusCode,
    headers: response.headers,
    body: await text(response),
    port,
  };
}

describe('the server', () => {
  test('the page is checked anew each time and has a policy without eval', async () => {
    const { status, headers, body, port } = await get('/');
    expect(status).toBe(200);
    expect(body).toBe('<!doctype html>app');
    expect(headers['cache-control']).toBe('no-cache');
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'");
    expect(policy).not.toContain("'unsafe-eval'");
    expect(policy).toContain(`frame-src 'self' *.preview.drydock.localhost:${port}`);
    expect((await get('/', { 'if-none-match': String(headers.etag) })).status).toBe(304);
  });

  test.each(['/assets/main-Ab12Cd34.js', '/guest/disk/0123456789abcdef.zst'])(
    '%s is kept for ever',
    async (target) => {
      expect((await get(target)).headers['cache-control']).toBe(
        'public, max-age=31536000, immutable',
      );
    },
  );

  test('a manifest is not kept', async () => {
    const { headers } = await get('/guest/manifest.json');
    expect(headers['cache-control']).toBe('no-cache');
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
  });

  test('ranges', async () => {
    const file = '/guest/disk/0123456789abcdef.zst';
    const part = await get(file, { range: 'bytes=2-4' });
    expect([part.status, part.body, part.headers['content-range']]).toEqual([
      206,
      '234',
      'bytes 2-4/10',
    ]);
    expect((await get(file, { range: 'bytes=-3' })).body).toBe('789');
    expect((await get(file, { range: 'bytes=10-' })).status).toBe(416);
  });

  test('scripts are compressed where the browser takes it', async () => {
    const { headers } = await get('/assets/main-Ab12Cd34.js', { 'accept-encoding': 'gzip, br' });
    expect(headers['content-encoding']).toBe('br');
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8');
  });

  test.each([
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/guest/..%2f..%2fsecret.txt',
    '/states/.hidden',
    '/nothing',
    '/%00',
  ])('%s is not there', async (target) => {
    expect((await get(target)).status).toBe(404);
  });

  test('only reading is allowed', async () => {
    const { status, headers } = await get('/', {}, 'POST');
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
  });

  test('an address that is none gives 400', async () => {
    expect((await get('/%E0%A4%A')).status).toBe(400);
  });

  test('a preview origin has its own files and its boot page everywhere else', async () => {
    const host = { host: 'drydock-8080.preview.drydock.localhost:1' };
    expect((await get('/any/path', host)).body).toBe('boot');
    const worker = await get('/.drydock/worker.js', host);
    expect([worker.body, worker.headers['service-worker-allowed']]).toEqual(['worker', '/']);
    expect((await get('/guest/manifest.json', host)).body).toBe('boot');
  });

  test('a page opened under a loopback address goes on to a name below localhost', async () => {
    const browser = {
      'sec-fetch-dest': 'document',
      'user-agent': 'Mozilla/5.0 Chrome/140.0',
      host: 'localhost:1',
    };
    const { status, headers } = await get('/?a=b', browser);
    expect([status, headers.location]).toEqual([302, 'http://drydock.localhost:1/?a=b']);
    expect(
      (await get('/', { ...browser, 'user-agent': 'Mozilla/5.0 Version/18.0 Safari/605.1.15' }))
        .status,
    ).toBe(200);
    expect((await get('/', { host: 'localhost:1' })).status).toBe(200);
  });
});

test('parseRange takes one range and nothing else', () => {
  expect(parseRange('bytes=0-0', 5)).toEqual({ start: 0, end: 0 });
  expect(parseRange('bytes=3-99', 5)).toEqual({ start: 3, end: 4 });
  expect(parseRange('bytes=-9', 5)).toEqual({ start: 0, end: 4 });
  expect(parseRange('bytes=5-', 5)).toBeNull();
  expect(parseRange('bytes=3-1', 5)).toBeNull();
  expect(parseRange('bytes=0-1,3-4', 5)).toBeUndefined();
  expect(parseRange('lines=0-1', 5)).toBeUndefined();
  expect(parseRange(undefined, 5)).toBeUndefined();
});
