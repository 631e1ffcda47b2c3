import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';

let directory: string;
beforeAll(async () => void (directory = await mkdtemp(path.join(tmpdir(), 'drydock-hub-'))));
afterAll(() => rm(directory, { recursive: true }));

/** Starts `drydock hub serve`; resolves with its address once it is ready. */
async function serve(...more: readonly string[]): Promise<{ process: ChildProcess; url: string }> {
  const main = path.join(import.meta.dirname, 'main.ts');
  const argv = ['--import', 'tsx', main, 'hub', 'serve', '--port', '0', ...more];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const [, url = ''] = /^ready (http:\/\/127\.0\.0\.1:\d+)$/.exec(line) ?? [];
  return { process: child, url };
}

async function send(
  url: string,
  scope: string,
  init: RequestInit & { readonly method?: string } = {},
): Promise<Response> {
  const refused = await fetch(url, { method: init.method ?? 'GET' });
  expect(refused.status).toBe(401);
  const [, realm = ''] =
    /realm="([^"]+)"/.exec(refused.headers.get('www-authenticate') ?? '') ?? [];
  const credentials = { authorization: `Basic ${btoa('ada:secret')}` };
  const answer = await fetch(`${realm}?${new URLSearchParams({ scope })}`, {
    headers: credentials,
  });
  const { token } = (await answer.json()) as { token: string };
  return fetch(url, { ...init, headers: { authorization: `Bearer ${token}` } });
}

it('serves over HTTP, keeps what is pushed, and ends with SIGINT', async () => {
  const digest = 'sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
  const first = await serve('--data', directory);
  const pushed = await send(
    `${first.url}/v2/ada/app/blobs/uploads/?digest=${digest}`,
    'repository:ada/app:pull,push',
    { method: 'POST', body: 'hello' },
  );
  expect(pushed.status).toBe(201);
  first.process.kill('SIGINT');
  expect(await once(first.process, 'exit')).toEqual([0, null]);

  const second = await serve('--data', directory);
  const read = await send(`${second.url}/v2/ada/app/blobs/${digest}`, 'repository:ada/app:pull');
  expect(await read.text()).toBe('hello');
  const official = await send(
    `${second.url}/v2/library/busybox/manifests/latest`,
    'repository:library/busybox:pull',
  );
  expect(official.status).toBe(200);
  second.process.kill('SIGINT');
  await once(second.process, 'exit');
});

it('says what is wrong with its arguments', async () => {
  const main = path.join(import.meta.dirname, 'main.ts');
  const argv = ['--import', 'tsx', main, 'hub', 'serve', '--port', 'many'];
  const child = spawn(process.execPath, argv, { stdio: 'ignore' });
  expect(await once(child, 'exit')).toEqual([2, null]);
});
