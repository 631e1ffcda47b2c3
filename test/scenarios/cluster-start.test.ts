import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../engine/base/clock.ts';
import { Client } from '../../engine/client/client.ts';
import { httpsTransport } from '../../engine/client/https-transport.node.ts';
import { readKubeconfig } from '../../engine/client/kubeconfig.ts';
import { resources } from '../../engine/client/resources.ts';

let directory: string;
beforeAll(async () => void (directory = await mkdtemp(path.join(tmpdir(), 'drydock-cluster-'))));
afterAll(() => rm(directory, { recursive: true }));

function start(...more: readonly string[]): ChildProcess {
  const main = path.resolve(import.meta.dirname, '../../engine/cli/main.ts');
  const argv = ['--import', 'tsx', main, 'cluster', 'start', '--nodes', '0', ...more];
  return spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Starts a cluster; resolves once it is ready. */
async function ready(
  ...more: readonly string[]
): Promise<{ readonly process: ChildProcess; readonly port: string }> {
  const child = start(...more);
  child.stderr?.resume();
  const [line] = (await once(createInterface(child.stdout as NodeJS.ReadableStream), 'line')) as [
    string,
  ];
  const [, port = ''] = /^ready https:\/\/127\.0\.0\.1:(\d+)$/.exec(line) ?? [];
  return { process: child, port };
}

/** What a start that fails says. */
async function failure(...more: readonly string[]): Promise<string> {
  const child = start(...more);
  const said = text(child.stderr as NodeJS.ReadableStream);
  expect(await once(child, 'exit')).toEqual([1, null]);
  return (await said).trimEnd().split('\n').at(-1) ?? '';
}

async function clientOf(kubeconfig: string): Promise<Client & { dispose(): void }> {
  const { transport, dispose } = httpsTransport(readKubeconfig(await readFile(kubeconfig, 'utf8')));
  const client = new Client({ transport, clock: systemClock, userAgent: 'drydock-test/1' });
  return Object.assign(client, { dispose });
}

it('keeps what it acknowledged, however it ends, and says why it cannot start', async () => {
  const data = path.join(directory, 'data');
  const kubeconfig = path.join(data, 'kubeconfig');
  const first = await ready('--data', data);
  expect((await stat(kubeconfig)).mode & 0o777).toBe(0o600);
  let client = await clientOf(kubeconfig);
  await client.create(resources.configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'kept', namespace: 'default' },
    data: { round: 'first' },
  });
  expect(await failure('--data', data)).toMatch(
    new RegExp(`^drydock: ${data} is in use by process ${first.process.pid}\\. `),
  );
  expect(await failure('--port', first.port)).toBe(
    `drydock: Port ${first.port} is in use. Stop what listens there, or take another port.`,
  );
  client.dispose();
  first.process.kill('SIGINT');
  expect(await once(first.process, 'exit')).toEqual([0, null]);

  const second = await ready('--data', data);
  client = await clientOf(kubeconfig);
  const { metadata } = await client.get(resources.configMaps, {
    namespace: 'default',
    name: 'kept',
  });
  const acknowledged: string[] = [];
  // The end comes in the middle of these.
  const writes = Array.from({ length: 200 }, async (_, index) => {
    const name = `during-${index}`;
    await client.create(resources.configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'default' },
    });
    if (acknowledged.push(name) === 50) second.process.kill('SIGKILL');
  });
  await Promise.allSettled(writes);
  client.dispose();

  const third = await ready('--data', data);
  client = await clientOf(kubeconfig);
  const { items } = await client.list(resources.configMaps, { namespace: 'default' });
  const found = new Map(items.map((item) => [item.metadata.name, item.metadata]));
  expect(acknowledged.length).toBeGreaterThanOrEqual(50);
  expect(acknowledged.filter((name) => !found.has(name))).toEqual([]);
  expect(found.get('kept')?.uid).toBe(metadata.uid);
  client.dispose();
  third.process.kill('SIGTERM');
  expect(await once(third.process, 'exit')).toEqual([0, null]);
});

it('says why it cannot keep anything', async () => {
  const file = path.join(directory, 'file');
  await writeFile(file, '');
  expect(await failure('--data', file)).toMatch(
    new RegExp(`^drydock: ${file} cannot keep a cluster: `),
  );
});
