import { describe, expect, it } from 'vitest';
import type { WatchResponse } from '../api/etcd.ts';
import { FakeClock } from '../base/fake-clock.ts';
import { SeededRandom } from '../base/random.ts';
import { MemoryStorage } from '../storage/memory-storage.ts';
import type { AppendFile, Storage } from '../storage/storage.ts';
import { openEtcd, type EtcdOptions } from './etcd-server.ts';
import { restoreSnapshot } from './restore.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function open(options: Partial<EtcdOptions> = {}) {
  const clock = new FakeClock();
  const storage = options.storage ?? new MemoryStorage();
  const errors: unknown[] = [];
  const etcd = await openEtcd({
    storage,
    clock,
    random: new SeededRandom(1),
    onError: (error) => errors.push(error),
    ...options,
  });
  return { etcd, clock, storage, errors };
}

/** Lets everything run that waits for no clock. */
const settle = (): Promise<void> =>
  new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('EtcdServer', () => {
  it('keeps everything across a restart', async () => {
    const { etcd, storage } = await open();
    await etcd.leaseGrant({ id: 5, ttl: 60 });
    await etcd.put({ key: 'a', value: bytes('1'), lease: 5 });
    await etcd.put({ key: 'a', value: bytes('2') });
    const before = await etcd.status();
    const hash = await etcd.hashKv({});
    await etcd.close();
    const { etcd: again } = await open({ storage });
    expect(await again.status()).toMatchObject({
      header: before.header,
      raftAppliedIndex: 3,
      version: '3.7.0',
    });
    expect(await again.hashKv({})).toEqual(hash);
    expect(await again.leaseTimeToLive({ id: 5 })).toMatchObject({ ttl: 60, grantedTtl: 60 });
    expect((await again.range({ key: 'a', revision: 2 })).kvs[0]).toMatchObject({ lease: 5 });
  });

  it('gives the same object for the same version', async () => {
    const { etcd } = await open();
    await etcd.put({ key: 'a', value: bytes('1') });
    const [first, second] = [await etcd.range({ key: 'a' }), await etcd.range({ key: 'a' })];
    expect(first.kvs[0]).toBe(second.kvs[0]);
  });

  it('answers keysOnly without values', async () => {
    const { etcd } = await open();
    await etcd.put({ key: 'a', value: bytes('1') });
    const { kvs } = await etcd.range({ key: 'a', keysOnly: true });
    expect(kvs).toEqual([
      { key: 'a', value: bytes(''), createRevision: 2, modRevision: 2, version: 1, lease: 0 },
    ]);
  });

  it('refuses what is too large, also once too much is stored', async () => {
    const { etcd } = await open({ quotaBytes: 4000 });
    const large = etcd.put({ key: 'a', value: new Uint8Array(2 * 1024 * 1024) });
    await expect(large).rejects.toMatchObject({ code: 'REQUEST_TOO_LARGE' });
    for (let count = 0; count < 4; count++)
      await etcd.put({ key: 'a', value: new Uint8Array(1000) });
    const full = etcd.put({ key: 'a', value: bytes('') });
    await expect(full).rejects.toThrow('etcdserver: mvcc: database space exceeded');
    await expect(
      etcd.txn({
        success: [{ requestTxn: { success: [{ requestPut: { key: 'b', value: bytes('') } }] } }],
      }),
    ).rejects.toMatchObject({ code: 'NO_SPACE' });
    expect((await etcd.status()).errors).toEqual(['alarm:NOSPACE']);
    await etcd.compact({ revision: (await etcd.status()).header.revision });
    await etcd.put({ key: 'a', value: bytes('') });
  });

  it('refuses what makes no sense', async () => {
    const { etcd } = await open();
    await expect(etcd.range({ key: '' })).rejects.toMatchObject({ code: 'EMPTY_KEY' });
    const operations = Array.from({ length: 129 }, () => ({ requestRange: { key: 'a' } }));
    await expect(etcd.txn({ success: operations })).rejects.toMatchObject({ code: 'TOO_MANY_OPS' });
    await expect(etcd.leaseGrant({ ttl: 9_000_000_001 })).rejects.toMatchObject({
      code: 'LEASE_TTL_TOO_LARGE',
    });
    await expect(
      etcd.put({ key: 'a', value: bytes('x'), ignoreValue: true }),
    ).rejects.toMatchObject({ code: 'VALUE_PROVIDED' });
  });

  it('ends leases in time, with their keys, unless they are kept alive', async () => {
    const { etcd, clock } = await open();
    const { id } = await etcd.leaseGrant({ ttl: 10 });
    const other = await etcd.leaseGrant({ ttl: 12 });
    await etcd.put({ key: 'a', value: bytes('1'), lease: id });
    await etcd.put({ key: 'b', value: bytes('1'), lease: other.id });
    expect((await etcd.leaseLeases()).leases).toEqual([id, other.id]);
    clock.advance(9000);
    expect(await etcd.leaseKeepAlive({ id })).toMatchObject({ id, ttl: 10 });
    expect((await etcd.leaseLeases()).leases).toEqual([other.id, id]);
    clock.advance(4000);
    await settle();
    expect((await etcd.range({ key: 'a', rangeEnd: '\0' })).kvs.map(({ key }) => key)).toEqual([
      'a',
    ]);
    expect(await etcd.leaseTimeToLive({ id, keys: true })).toMatchObject({ ttl: 6, keys: ['a'] });
    clock.advance(6000);
    expect(await etcd.leaseKeepAlive({ id })).toMatchObject({ ttl: 0 });
    await settle();
    expect((await etcd.range({ key: 'a' })).count).toBe(0);
    expect(await etcd.leaseTimeToLive({ id })).toMatchObject({ ttl: -1 });
    await expect(etcd.leaseRevoke({ id })).rejects.toMatchObject({ code: 'LEASE_NOT_FOUND' });
  });

  it('finishes what was proposed before it closes, and ends watches', async () => {
    const { etcd } = await open();
    const responses: WatchResponse[] = [];
    await etcd.watch({ key: 'a' }, (response) => void responses.push(response));
    const put = etcd.put({ key: 'a', value: bytes('1') });
    await etcd.close();
    expect((await put).header.revision).toBe(2);
    expect(responses.map(({ canceled, cancelReason }) => [canceled, cancelReason])).toEqual([
      [false, ''],
      [true, 'etcdserver: server stopped'],
    ]);
    await expect(etcd.range({ key: 'a' })).rejects.toMatchObject({ code: 'STOPPED' });
    await expect(etcd.put({ key: 'a', value: bytes('') })).rejects.toMatchObject({
      code: 'STOPPED',
    });
  });

  it('restores a snapshot as a new cluster', async () => {
    const { etcd } = await open();
    await etcd.leaseGrant({ id: 5, ttl: 60 });
    for (let count = 0; count < 300; count++)
      await etcd.put({ key: `key${count}`, value: new Uint8Array(3000), lease: 5 });
    await etcd.compact({ revision: 100 });
    const snapshot = new Uint8Array(
      await new Response((await etcd.snapshot()) as BodyInit).arrayBuffer(),
    );
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < snapshot.length; at += 70_001) yield snapshot.slice(at, at + 70_001);
    };
    const storage = new MemoryStorage();
    await restoreSnapshot(storage, pieces(), new SeededRandom(2));
    const { etcd: restored } = await open({ storage });
    expect(await restored.hashKv({})).toMatchObject({ hash: (await etcd.hashKv({})).hash });
    expect((await restored.leaseTimeToLive({ id: 5, keys: true })).keys).toHaveLength(300);
    const [old, now] = [await etcd.status(), await restored.status()];
    expect(now.header.revision).toBe(old.header.revision);
    expect(now.header.clusterId).not.toBe(old.header.clusterId);
    await expect(restoreSnapshot(storage, pieces(), new SeededRandom(2))).rejects.toThrow(
      'not empty',
    );
    const half = async function* (): AsyncGenerator<Uint8Array> {
      yield snapshot.slice(0, snapshot.length / 2);
    };
    const empty = new MemoryStorage();
    await expect(restoreSnapshot(empty, half(), new SeededRandom(2))).rejects.toMatchObject({
      code: 'CORRUPT',
    });
    expect(await empty.list('snapshots/')).toEqual([]);
  });

  it('replaces a long log by a snapshot while it goes on', async () => {
    const { etcd, storage, errors } = await open({ snapshotBytes: 20_000 });
    for (let round = 0; round < 20; round++)
      await Promise.all(
        Array.from({ length: 20 }, (_value, index) =>
          etcd.put({ key: `key${index}`, value: new Uint8Array(200) }),
        ),
      );
    await etcd.compact({ revision: 380 });
    await etcd.defragment();
    expect((await storage.list('log/')).map(({ size }) => size)).toEqual([0]);
    const { dbSize, dbSizeInUse } = await etcd.status();
    expect(dbSizeInUse).toBeLessThan(20_000);
    expect(dbSize).toBeLessThan(20_000);
    await etcd.close();
    expect(errors).toEqual([]);
    const { etcd: again } = await open({ storage });
    expect((await again.range({ key: 'key', rangeEnd: 'kez', countOnly: true })).count).toBe(20);
  });
});

/** A memory whose log fails on demand. */
class FailingStorage extends MemoryStorage implements Storage {
  failure: { readonly call: 'write' | 'flush'; readonly error: Error } | undefined;
  flushes = 0;

  override async append(name: string): Promise<AppendFile> {
    const file = await super.append(name);
    const failing = (call: 'write' | 'flush'): Promise<void> =>
      this.failure?.call === call ? Promise.reject(this.failure.error) : Promise.resolve();
    return {
      get size() {
        return file.size;
      },
      write: async (content) => {
        if (this.failure?.call === 'write') await file.write(content.subarray(0, 10));
        await failing('write');
        await file.write(content);
      },
      flush: async () => {
        this.flushes++;
        await failing('flush');
      },
      truncate: (size) => file.truncate(size),
      close: () => file.close(),
    };
  }
}

describe('a storage that fails', () => {
  it('has no room: the write fails, the server goes on, and nothing of it is left', async () => {
    const storage = new FailingStorage();
    const { etcd } = await open({ storage });
    await etcd.put({ key: 'a', value: bytes('1') });
    storage.failure = { call: 'write', error: new Error('disk full') };
    await expect(etcd.put({ key: 'a', value: bytes('2') })).rejects.toMatchObject({
      code: 'NO_SPACE',
      cause: storage.failure.error,
    });
    expect((await etcd.range({ key: 'a' })).kvs[0]?.value).toEqual(bytes('1'));
    storage.failure = undefined;
    await etcd.put({ key: 'a', value: bytes('3') });
    await etcd.close();
    const { etcd: again } = await open({ storage });
    expect((await again.range({ key: 'a' })).kvs[0]).toMatchObject({
      value: bytes('3'),
      version: 2,
    });
  });

  it('cannot flush: the server stops, since nobody knows what is stored', async () => {
    const storage = new FailingStorage();
    const { etcd, errors } = await open({ storage });
    const ends: string[] = [];
    await etcd.watch({ key: 'a' }, ({ cancelReason }) => void ends.push(cancelReason));
    storage.failure = { call: 'flush', error: new Error('gone') };
    const puts = [1, 2].map(() => etcd.put({ key: 'a', value: bytes('2') }));
    const results = await Promise.allSettled(puts);
    expect(results).toMatchObject([
      { reason: { code: 'STOPPED' } },
      { reason: { code: 'STOPPED' } },
    ]);
    expect(errors).toEqual([storage.failure.error]);
    expect(ends).toEqual(['etcdserver: server stopped']);
    await expect(etcd.range({ key: 'a' })).rejects.toMatchObject({ code: 'STOPPED' });
  });

  it('is flushed once for many writes that wait', async () => {
    const storage = new FailingStorage();
    const { etcd } = await open({ storage });
    await Promise.all(
      Array.from({ length: 500 }, (_value, index) =>
        etcd.put({ key: `${index}`, value: bytes('') }),
      ),
    );
    expect(storage.flushes).toBeLessThan(4);
  });
});
