import { afterEach, beforeEach, expect, it } from 'vitest';
import { EtcdError, type Etcd, type WatchResponse } from '../../api/etcd.ts';
import { advance, settle } from '../../client/testing/settle.ts';
import { TestServer } from '../testing/test-server.ts';
import { WatchCache } from './watch-cache.ts';

const PREFIX = '/registry/widgets/';
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** An etcd that is lost and comes back, as one whose worker ends. */
class LosableEtcd implements Pick<Etcd, 'range' | 'watch'> {
  readonly #etcd: Etcd;
  readonly #watches = new Set<(response: WatchResponse) => void>();
  isThere = true;
  /** The next watch is lost when it was made and has not been told so. */
  losesNext = false;

  constructor(etcd: Etcd) {
    this.#etcd = etcd;
  }

  lose(): void {
    this.isThere = false;
    for (const onResponse of this.#watches)
      onResponse({
        header: { clusterId: '', memberId: '', revision: 0, raftTerm: 0 },
        events: [],
        canceled: true,
        cancelReason: 'etcdserver: server stopped',
        compactRevision: 0,
      });
    this.#watches.clear();
  }

  async range(request: Parameters<Etcd['range']>[0]) {
    if (!this.isThere) throw new EtcdError('STOPPED');
    return this.#etcd.range(request);
  }

  async watch(...[request, onResponse]: Parameters<Etcd['watch']>) {
    if (!this.isThere) throw new EtcdError('STOPPED');
    const listener = (response: WatchResponse) =>
      this.#watches.has(listener) ? onResponse(response) : undefined;
    this.#watches.add(listener);
    const handle = await this.#etcd.watch(request, listener);
    if (this.losesNext) {
      this.losesNext = false;
      this.lose();
      throw new EtcdError('STOPPED');
    }
    return {
      ...handle,
      cancel: () => handle.cancel(),
      requestProgress: async () => {
        if (this.#watches.has(listener)) await handle.requestProgress();
      },
    };
  }
}

let server: TestServer;
let etcd: LosableEtcd;
let cache: WatchCache;
beforeEach(async () => {
  server = await TestServer.start();
  etcd = new LosableEtcd(server.etcd);
  cache = new WatchCache(etcd, server.clock, PREFIX, () => {});
  await cache.ready();
});
afterEach(async () => {
  cache.dispose();
  await server.stop();
});

/** @returns the revision it was written at */
const write = async (key: string): Promise<number> =>
  (await server.etcd.put({ key, value: bytes('{}') })).header.revision;

it('catches up with what was written elsewhere after etcd was lost and asked meanwhile', async () => {
  etcd.lose();
  const early = cache.catchUp(await write('/registry/others/a'));
  await settle();
  etcd.isThere = true;
  await advance(server.clock, 2000, 100);
  await early;
  await cache.catchUp(await write('/registry/others/b'));
  expect(cache.size).toBe(0);
});

it('has each event once when etcd is lost again while it is being watched anew', async () => {
  etcd.losesNext = true;
  etcd.lose();
  etcd.isThere = true;
  await advance(server.clock, 2000, 100);
  expect(etcd.isThere).toBe(false);
  etcd.isThere = true;
  await advance(server.clock, 2000, 100);
  const { end } = cache.log;
  const revision = await write(`${PREFIX}default/a`);
  await settle();
  expect(cache.log.at(end)?.revision).toBe(revision);
  expect(cache.log.end).toBe(end + 1);
});
