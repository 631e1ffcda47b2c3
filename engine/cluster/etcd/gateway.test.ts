import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeClock } from '../../base/fake-clock.ts';
import { cryptoRandom } from '../../base/random.ts';
import { openEtcd, type EtcdServer } from '../../etcd/etcd-server.ts';
import type { HttpHandler } from '../../http/index.ts';
import { MemoryStorage } from '../../storage/memory-storage.ts';
import { etcdGateway } from './gateway.ts';

let etcd: EtcdServer;
let gateway: HttpHandler;
beforeEach(async () => {
  etcd = await openEtcd({
    storage: new MemoryStorage(),
    clock: new FakeClock(),
    random: cryptoRandom,
    onError: (error) => {
      throw error;
    },
  });
  gateway = etcdGateway(etcd);
});
afterEach(() => etcd.close());

async function post(path: string, body: object | string, method = 'POST') {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await gateway({
    method,
    url: `https://127.0.0.1:2379${path}`,
    headers: new Headers(),
    body: new TextEncoder().encode(text),
  });
  if (!('body' in response) || !(response.body instanceof Uint8Array)) throw new Error('no answer');
  return {
    status: response.status,
    answer: JSON.parse(new TextDecoder().decode(response.body)) as Record<string, unknown>,
  };
}

it('puts, reads and deletes keys in the words of etcd’s gateway', async () => {
  const put = await post('/v3/kv/put', { key: btoa('/a/b'), value: btoa('é') });
  expect(put).toMatchObject({ status: 200, answer: { header: { revision: '2' } } });
  await post('/v3/kv/put', { key: btoa('/a/c') });
  const all = { key: btoa('/a/'), range_end: btoa('/a0') };
  expect((await post('/v3/kv/range', { ...all, limit: '1' })).answer).toMatchObject({
    kvs: [{ key: btoa('/a/b'), value: btoa('é'), create_revision: '2', version: '1' }],
    more: true,
    count: '2',
  });
  const names = (await post('/v3/kv/range', { ...all, keys_only: true })).answer;
  expect(JSON.stringify(names)).not.toContain('value');
  expect(names).not.toHaveProperty('more');
  expect((await post('/v3/kv/range', { ...all, revision: 2 })).answer).toMatchObject({
    count: '1',
  });
  expect((await post('/v3/kv/deleterange', all)).answer).toMatchObject({ deleted: '2' });
  expect((await post('/v3/kv/range', all)).answer).not.toHaveProperty('kvs');
});

it('tells of itself', async () => {
  const { answer } = await post('/v3/maintenance/status', '');
  expect(answer).toMatchObject({ dbSize: expect.stringMatching(/^\d+$/), raftTerm: '1' });
  expect(answer['leader']).toBe((answer['header'] as Record<string, unknown>)['member_id']);
  expect((await post('/health', '', 'GET')).answer).toEqual({ health: 'true', reason: '' });
});

it('refuses with codes of gRPC', async () => {
  expect(await post('/v3/kv/put', { value: '' })).toEqual({
    status: 400,
    answer: { code: 3, message: 'etcdserver: key is not provided' },
  });
  expect(await post('/v3/kv/range', { key: btoa('a'), revision: 9 })).toMatchObject({
    status: 400,
    answer: { code: 11 },
  });
  expect(await post('/v3/kv/range', '{')).toMatchObject({ status: 400, answer: { code: 3 } });
  expect(await post('/v3/nothing', {})).toMatchObject({ status: 404, answer: { code: 5 } });
});
