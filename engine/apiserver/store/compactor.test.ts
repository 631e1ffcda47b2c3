import { expect, it } from 'vitest';
import { TestServer } from '../testing/test-server.ts';
import { Compactor } from './compactor.ts';

it('forgets what is older than an interval, once for all servers', async () => {
  const server = await TestServer.start();
  const { etcd, clock } = server;
  // A second one, beside the server's own.
  const compactor = new Compactor(etcd, clock, () => expect.unreachable());
  const round = async () => {
    await etcd.put({ key: 'a', value: new Uint8Array() });
    const { revision } = (await etcd.status()).header;
    clock.advance(5 * 60 * 1000);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    return { revision, compacted: (await etcd.hashKv({})).compactRevision };
  };
  const first = await round();
  expect(first.compacted).toBe(-1);
  const second = await round();
  // What was there when the first round ended.
  expect(second.compacted).toBeGreaterThanOrEqual(first.revision);
  expect(second.compacted).toBeLessThan(second.revision);
  const third = await round();
  expect(third.compacted).toBeGreaterThanOrEqual(second.revision);
  const { kvs } = await etcd.range({ key: 'compact_rev_key' });
  expect(kvs[0]?.version).toBe(3);
  expect(server.errors).toEqual([]);
  compactor.dispose();
  server.server.dispose();
  expect((await round()).compacted).toBe(third.compacted);
});
