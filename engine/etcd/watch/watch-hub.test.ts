import { describe, expect, it } from 'vitest';
import type { WatchResponse } from '../../api/etcd.ts';
import { FakeClock } from '../../base/fake-clock.ts';
import { SeededRandom } from '../../base/random.ts';
import { MemoryStorage } from '../../storage/memory-storage.ts';
import { openEtcd } from '../etcd-server.ts';

async function open() {
  const clock = new FakeClock();
  const errors: unknown[] = [];
  const etcd = await openEtcd({
    storage: new MemoryStorage(),
    clock,
    random: new SeededRandom(1),
    onError: (error) => errors.push(error),
    progressNotifyInterval: 5000,
  });
  const put = async (key: string, value = ''): Promise<number> =>
    (await etcd.put({ key, value: new TextEncoder().encode(value) })).header.revision;
  return { etcd, put, clock, errors };
}

const turn = (): Promise<void> =>
  new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/** `PUT a@2 DELETE a@3`, or `progress@3`, or why it ended */
function brief({ events, header, canceled, cancelReason, compactRevision }: WatchResponse): string {
  if (canceled) return `${cancelReason} (${compactRevision})`;
  if (events.length === 0) return `progress@${header.revision}`;
  return events.map(({ type, kv }) => `${type} ${kv.key}@${kv.modRevision}`).join(' ');
}

describe('a watch', () => {
  it('of what comes is told once for each batch, one transaction never apart', async () => {
    const { etcd, put } = await open();
    const seen: string[] = [];
    await put('a');
    const { header } = await etcd.watch({ key: 'a', rangeEnd: 'c' }, (response) => {
      seen.push(brief(response));
    });
    expect(header.revision).toBe(2);
    await Promise.all([put('b'), put('c'), etcd.deleteRange({ key: 'a' })]);
    const value = new Uint8Array();
    await etcd.txn({
      success: [{ requestPut: { key: 'a', value } }, { requestPut: { key: 'b', value } }],
    });
    expect(seen).toEqual(['PUT b@3 DELETE a@5', 'PUT a@6 PUT b@6']);
  });

  it('of the past is told of it first, and misses nothing on the way to the present', async () => {
    const { etcd, put } = await open();
    for (let count = 0; count < 2500; count++) await put(`k${count % 7}`);
    const seen: number[] = [];
    const sizes: number[] = [];
    await etcd.watch(
      { key: 'k', rangeEnd: 'l', startRevision: 100 },
      async ({ events, header }) => {
        sizes.push(events.length);
        // Nothing up to the header's revision comes later.
        if (sizes.length < 3) expect(header.revision).toBe(events.at(-1)?.kv.modRevision);
        seen.push(...events.map(({ kv }) => kv.modRevision));
        // It happens while the watch is still in the past.
        if (sizes.length < 3) await put('k');
      },
    );
    while (seen.length < 2404) await turn();
    expect(seen).toEqual(Array.from({ length: 2404 }, (_value, index) => 100 + index));
    expect(Math.max(...sizes)).toBe(1000);
  });

  it('that is slow is not waited for, and reads what it missed', async () => {
    const { etcd, put } = await open();
    const seen: string[] = [];
    let take = (): void => {};
    await etcd.watch({ key: 'a', rangeEnd: 'b' }, (response) => {
      seen.push(brief(response));
      return new Promise<void>((resolve) => (take = resolve));
    });
    const fast: string[] = [];
    await etcd.watch({ key: 'a1' }, (response) => void fast.push(brief(response)));
    await put('a1');
    await put('a2');
    await put('b');
    await put('a1');
    expect(seen).toEqual(['PUT a1@2']);
    expect(fast).toEqual(['PUT a1@2', 'PUT a1@5']);
    take();
    await turn();
    expect(seen).toEqual(['PUT a1@2', 'PUT a2@3 PUT a1@5']);
    take();
    await turn();
    await put('a3');
    expect(seen).toHaveLength(3);
  });

  it('ends when what it needs was compacted', async () => {
    const { etcd, put } = await open();
    const seen: string[] = [];
    let take = (): void => {};
    await etcd.watch({ key: 'a' }, (response) => {
      seen.push(brief(response));
      return new Promise<void>((resolve) => (take = resolve));
    });
    for (let count = 0; count < 5; count++) await put('a');
    await etcd.compact({ revision: 5 });
    take();
    await turn();
    const why = 'etcdserver: mvcc: required revision has been compacted (5)';
    expect(seen).toEqual(['PUT a@2', why]);
    const late: string[] = [];
    await etcd.watch({ key: 'a', startRevision: 4 }, (response) => void late.push(brief(response)));
    await etcd.watch({ key: 'a', startRevision: 5 }, (response) => void late.push(brief(response)));
    await turn();
    expect(late).toEqual([why, 'PUT a@5 PUT a@6']);
  });

  it('filters, starts in the future, and carries what was before', async () => {
    const { etcd, put } = await open();
    const deletes: string[] = [];
    const before: (string | undefined)[] = [];
    const future: string[] = [];
    await etcd.watch(
      { key: 'a', filters: ['NOPUT'] },
      (response) => void deletes.push(brief(response)),
    );
    await etcd.watch({ key: 'a', prevKv: true }, ({ events }) => {
      for (const { prevKv } of events)
        before.push(prevKv && new TextDecoder().decode(prevKv.value));
    });
    await etcd.watch(
      { key: 'a', startRevision: 4 },
      (response) => void future.push(brief(response)),
    );
    await put('a', 'one');
    await put('a', 'two');
    await etcd.deleteRange({ key: 'a' });
    expect(deletes).toEqual(['DELETE a@4']);
    expect(before).toEqual([undefined, 'one', 'two']);
    expect(future).toEqual(['DELETE a@4']);
  });

  it('tells of progress when asked, and from time to time when nothing happens', async () => {
    const { etcd, put, clock } = await open();
    const seen: string[] = [];
    const handle = await etcd.watch({ key: 'a', progressNotify: true }, (response) => {
      seen.push(brief(response));
    });
    await put('b');
    await handle.requestProgress();
    clock.advance(5000);
    await put('a');
    clock.advance(5000);
    clock.advance(5000);
    expect(seen).toEqual(['progress@2', 'progress@2', 'PUT a@3', 'progress@3']);
    await handle.cancel();
    await put('a');
    clock.advance(20_000);
    expect(seen).toHaveLength(4);
  });

  it('answers a request for progress only when all before was taken', async () => {
    const { etcd, put } = await open();
    await put('a');
    const seen: string[] = [];
    const handle = await etcd.watch({ key: 'a', startRevision: 1 }, (response) => {
      seen.push(brief(response));
    });
    await handle.requestProgress();
    expect(seen).toEqual([]);
    await turn();
    expect(seen).toEqual(['PUT a@2', 'progress@2']);
  });

  it('whose reader throws ends, and others go on', async () => {
    const { etcd, put, errors } = await open();
    const failure = new Error('odd');
    let calls = 0;
    await etcd.watch({ key: 'a' }, () => {
      calls++;
      throw failure;
    });
    await etcd.watch({ key: 'a' }, () => Promise.reject(failure));
    const seen: string[] = [];
    await etcd.watch({ key: 'a' }, (response) => void seen.push(brief(response)));
    await put('a');
    await put('a');
    expect(seen).toHaveLength(2);
    expect(calls).toBe(1);
    expect(errors).toEqual([failure, failure]);
  });

  it('of an empty range ends at once', async () => {
    const { etcd } = await open();
    const seen: string[] = [];
    await etcd.watch({ key: 'b', rangeEnd: 'a' }, (response) => void seen.push(brief(response)));
    await turn();
    expect(seen).toEqual(['mvcc: watcher range is empty (0)']);
  });
});
