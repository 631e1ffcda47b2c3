/** Connections that break the rules, or just stop: others do not notice, and nothing piles up. */
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClusterPki } from '../../../engine/pki/cluster-pki.ts';
import { systemClock } from '../../../engine/base/clock.ts';
import { cryptoRandom } from '../../../engine/base/random.ts';
import { Client } from '../../../engine/client/client.ts';
import { httpsTransport } from '../../../engine/client/https-transport.node.ts';
import { readKubeconfig, type ServerAccess } from '../../../engine/client/kubeconfig.ts';
import { resources } from '../../../engine/client/resources.ts';
import {
  startControlPlane,
  type ControlPlane,
} from '../../../engine/cluster/control-plane.node.ts';

let plane: ControlPlane;
let access: ServerAccess;
let client: Client;
let dispose: () => void;
let port: number;
const errors: unknown[] = [];
beforeAll(async () => {
  plane = await startControlPlane({ port: 0, onError: (error) => errors.push(error) });
  access = readKubeconfig(plane.kubeconfig);
  const connection = httpsTransport(access);
  ({ dispose } = connection);
  client = new Client({
    transport: connection.transport,
    clock: systemClock,
    userAgent: 'drydock-test/1',
  });
  port = Number(new URL(plane.url).port);
});
afterAll(async () => {
  dispose();
  await plane.close();
  expect(errors).toEqual([]);
});

interface Identity {
  readonly certificate?: string;
  readonly key?: string;
}

async function connect({ certificate, key }: Identity = access): Promise<tls.TLSSocket> {
  const socket = tls.connect({
    port,
    host: '127.0.0.1',
    ...(access.ca === undefined ? {} : { ca: access.ca }),
    ...(certificate === undefined || key === undefined ? {} : { cert: certificate, key }),
  });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  return socket;
}

/** Everything that comes until the server ends the connection. */
async function answerTo(socket: net.Socket, text: string): Promise<string> {
  let answer = '';
  socket.on('data', (bytes: Buffer) => (answer += bytes.toString('latin1')));
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.write(text, 'latin1');
  await closed;
  return answer;
}

/** Whether the server is well, as another client sees it. */
async function othersAreServed(): Promise<boolean> {
  const { metadata } = await client.get(resources.namespaces, { name: 'default' });
  return metadata.name === 'default';
}

const head = 'POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\n';

describe('connections', () => {
  it.each([
    ['nonsense', '\u0000\u0001\u0002\r\n\r\n'],
    ['no target', 'GET\r\n\r\n'],
    ['another protocol', 'GET / SPDY/3\r\n\r\n'],
    ['a target that is none', 'GET http://[ HTTP/1.1\r\n\r\n'],
    ['a broken header', 'GET /api HTTP/1.1\r\nno colon\r\n\r\n'],
    ['an endless line', `GET /${'x'.repeat(300_000)}`],
    ['too many headers', `GET /api HTTP/1.1\r\n${'a: b\r\n'.repeat(100_000)}`],
    ['a negative length', `${head}Content-Length: -1\r\n\r\n`],
    ['a length that is no number', `${head}Content-Length: 1e3\r\n\r\n`],
    ['two lengths', `${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`],
    ['an unknown coding', `${head}Transfer-Encoding: gzip\r\n\r\n`],
  ])('with %s are told and ended', async (_name, text) => {
    const answer = await answerTo(await connect(), text);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(await othersAreServed()).toBe(true);
  });

  it('with a chunk that is none are ended', async () => {
    const answer = await answerTo(
      await connect(),
      `${head}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n`,
    );
    expect(answer).not.toMatch(/^HTTP\/1\.1 [23]/);
    expect(await othersAreServed()).toBe(true);
  });

  it('that bring too much are told so before all of it has come', async () => {
    const socket = await connect();
    const answer = once(socket, 'data');
    socket.write(`${head}Content-Type: application/json\r\nContent-Length: 1000000000\r\n\r\n`);
    const part = Buffer.alloc(256 * 1024, ' ');
    for (let sent = 0; sent < 16 && socket.writable; sent++) socket.write(part);
    const [bytes] = (await answer) as [Buffer];
    expect(bytes.toString()).toMatch(/^HTTP\/1\.1 413 [^]*"reason":"RequestEntityTooLarge"/);
    socket.destroy();
  });

  it('without TLS are ended', async () => {
    for (const text of [
      'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
      '\u0016\u0003\u0001\u00ff\u00ff',
      'x'.repeat(100_000),
    ]) {
      const socket = net.connect(port, '127.0.0.1');
      socket.on('error', () => {});
      expect(await answerTo(socket, text)).not.toContain('HTTP/1.1 2');
    }
    expect(await othersAreServed()).toBe(true);
  });

  it('that stop in the middle wait alone', async () => {
    const texts = [
      'GE',
      'GET /api HTTP/1.1\r\nHost',
      `${head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"kind":`,
      `${head}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"k`,
    ];
    const waiting: tls.TLSSocket[] = [];
    for (let index = 0; index < 100; index++) {
      const socket = await connect();
      socket.write(texts[index % texts.length] ?? '');
      // Half of them go without a word.
      if (index % 2 === 0) waiting.push(socket);
      else socket.destroy();
    }
    expect(await othersAreServed()).toBe(true);
    for (const socket of waiting) socket.destroy();
    expect(await othersAreServed()).toBe(true);
  });
});

describe('certificates', () => {
  it('of another authority prove nothing', async () => {
    const other = await createClusterPki(
      { dnsNames: [], ipAddresses: [] },
      systemClock.now(),
      cryptoRandom,
    );
    const request = 'GET /api HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    const wrong = await answerTo(await connect(other.admin), request);
    expect(wrong).toMatch(/^HTTP\/1\.1 401 [^]*"reason":"Unauthorized"/);
    const past = await createClusterPki(
      { dnsNames: [], ipAddresses: [] },
      systemClock.now() - 20 * 365 * 86_400_000,
      cryptoRandom,
    );
    expect(await answerTo(await connect(past.admin), request)).toMatch(/^HTTP\/1\.1 401 /);
    expect(await answerTo(await connect(access), request)).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('watches that nobody reads', () => {
  const WATCHERS = 20;
  const CHANGES = 150;
  const BYTES = 100_000;

  it('cost no more than one', async () => {
    const path = '/api/v1/namespaces/default/configmaps?watch=1&labelSelector=size%3Dbig';
    const stalled: tls.TLSSocket[] = [];
    for (let index = 0; index < WATCHERS; index++) {
      const socket = await connect();
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
      // The head of the answer, and nothing after it.
      await once(socket, 'readable');
      stalled.push(socket);
    }
    const labels = { size: 'big' };
    const stop = new AbortController();
    const watch = client.watch(resources.configMaps, {
      namespace: 'default',
      labelSelector: 'size=big',
      signal: stop.signal,
    });
    const seen = (async () => {
      let count = 0;
      for await (const { object } of watch) {
        expect(object.data?.['text']).toHaveLength(BYTES);
        if (++count === CHANGES) return;
      }
    })();
    const before = process.memoryUsage();
    for (let index = 0; index < CHANGES; index++)
      await client.create(resources.configMaps, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `big-${index}`, namespace: 'default', labels },
        data: { text: 'x'.repeat(BYTES) },
      });
    await seen;
    stop.abort(new Error('enough'));
    const after = process.memoryUsage();
    // All changes take 15 MB, and are kept some times over; each reader's own would be 300 MB more.
    expect(after.rss - before.rss).toBeLessThan(200e6);
    for (const socket of stalled) socket.destroy();
    expect(await othersAreServed()).toBe(true);
  });
});
