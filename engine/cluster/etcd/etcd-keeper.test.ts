import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EtcdError, type WatchResponse } from '../../api/etcd.ts';
import { systemClock } from '../../base/clock.ts';
import type { WorkerLink } from '../../rpc/worker-link.ts';
import { EtcdKeeper } from './etcd-keeper.ts';
import { spawnNodeEtcd } from './node-etcd.node.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

let directory: string;
let links: WorkerLink[];
let etcd: EtcdKeeper;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drydock-etcd-'));
  links = [];
  etcd = new EtcdKeeper({
    spawn: () => {
      const link = spawnNodeEtcd({ storage: directory });
      links.push(link);
      return link;
    },
    name: 'member',
    clock: systemClock,
  });
});
afterEach(async () => {
  await etcd.close();
  await rm(directory, { recursive: true });
});

describe('EtcdKeeper', () => {
  it('serves the whole API from a worker', async () => {
    await etcd.put({ key: 'a', value: bytes('1') });
    const { kvs } = await etcd.range({ key: 'a' });
    expect(kvs).toEqual([
      { key: 'a', value: bytes('1'), createRevision: 2, modRevision: 2, version: 1, lease: 0 },
    ]);
    const seen: WatchResponse[] = [];
    let wake = (): void => {};
    const next = (): Promise<void> => new Promise((resolve) => (wake = resolve));
    const handle = await etcd.watch({ key: 'a', prevKv: true }, (response) => {
      seen.push(response);
      wake();
    });
    let event = next();
    await etcd.put({ key: 'a', value: bytes('2') });
    await event;
    event = next();
    await handle.requestProgress();
    await event;
    expect(seen).toMatchObject([
      { events: [{ type: 'PUT', prevKv: { value: bytes('1') } }] },
      { events: [], header: { revision: 3 } },
    ]);
    await handle.cancel();
    const failure = await etcd.range({ key: '' }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(EtcdError);
    expect(failure).toMatchObject({ code: 'EMPTY_KEY' });
    const snapshot = await new Response((await etcd.snapshot()) as BodyInit).arrayBuffer();
    expect(snapshot.byteLength).toBeGreaterThan(100);
  });

  it('loses nothing acknowledged when its worker dies, and serves again', async () => {
    await etcd.start();
    const canceled = new Promise<WatchResponse>((resolve) => {
      void etcd.watch({ key: 'x' }, (response) => resolve(response));
    });
    const acknowledged: number[] = [];
    let failed = 0;
    const writing = Array.from({ length: 400 }, async (_value, index) => {
      try {
        await etcd.put({ key: `key${index}`, value: bytes(String(index)) });
        acknowledged.push(index);
        if (acknowledged.length === 100) void links[0]?.terminate();
      } catch (error) {
        expect(error).toMatchObject({ code: 'STOPPED' });
        failed++;
      }
    });
    await Promise.all(writing);
    expect(acknowledged.length + failed).toBe(400);
    expect(await canceled).toMatchObject({
      canceled: true,
      cancelReason: 'etcdserver: server stopped',
    });
    const { kvs } = await etcd.range({ key: 'key', rangeEnd: 'kez' });
    const found = new Map(kvs.map(({ key, value }) => [key, new TextDecoder().decode(value)]));
    for (const index of acknowledged) expect(found.get(`key${index}`)).toBe(String(index));
    expect(links).toHaveLength(2);
    await etcd.put({ key: 'x', value: bytes('') });
  });

  it('says why it cannot start', async () => {
    await etcd.put({ key: 'a', value: bytes('1') });
    await etcd.close();
    await rm(join(directory, 'member/snapshots'), { recursive: true });
    let workers = 0;
    etcd = new EtcdKeeper({
      spawn: () => {
        workers++;
        return spawnNodeEtcd({ storage: directory });
      },
      name: 'member',
      clock: systemClock,
    });
    await expect(etcd.start()).rejects.toMatchObject({ name: 'EtcdError', code: 'CORRUPT' });
    await expect(etcd.range({ key: 'a' })).rejects.toThrow('there is a log but no snapshot');
    expect(workers).toBe(1);
  });

  it('gives up a worker that keeps dying', async () => {
    await etcd.start();
    for (let deaths = 0; deaths < 6; deaths++) {
      await links.at(-1)?.terminate();
      await etcd.start().catch(() => {});
    }
    await expect(etcd.range({ key: 'a' })).rejects.toMatchObject({ code: 'STOPPED' });
    expect(links).toHaveLength(6);
  });
});
