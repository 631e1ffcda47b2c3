import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TrafficBatch, TrafficEntry } from '../../api/api-traffic.ts';
import { FakeClock } from '../../base/fake-clock.ts';
import { TestServer } from '../testing/test-server.ts';
import { Traffic } from './traffic.ts';

const clock = new FakeClock();
let traffic: Traffic;
let server: TestServer;
let batches: TrafficBatch[];

beforeEach(async () => {
  traffic = new Traffic(clock);
  server = await TestServer.start({ traffic });
  batches = [];
});

afterEach(() => server.stop());

const CONFIGMAPS = '/api/v1/namespaces/default/configmaps';
const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: 'u-1' };

function configMap(name: string) {
  return { body: { metadata: { name, ownerReferences: [owner] } } };
}

function read(): () => void {
  return traffic.read((batch) => void batches.push(batch));
}

function entries(): readonly TrafficEntry[] {
  clock.advance(50);
  return batches.flatMap((batch) => batch.entries);
}

test('a request is told with who asked, for what, and the answer', async () => {
  read();
  await server.request('POST', CONFIGMAPS, {
    ...configMap('a'),
    headers: { 'user-agent': 'kubectl/v1.37.2 (linux/386)' },
  });
  expect(entries()).toMatchObject([
    {
      kind: 'request',
      client: {
        user: 'kubernetes-admin',
        agent: 'kubectl/v1.37.2 (linux/386)',
        address: '127.0.0.1',
      },
      verb: 'create',
      path: CONFIGMAPS,
      object: {
        group: '',
        resource: 'configmaps',
        subresource: '',
        namespace: 'default',
        name: 'a',
        uid: expect.any(String) as unknown,
        owners: ['u-1'],
      },
      status: 201,
    },
  ]);
});

test('what was refused has the name it would have had', async () => {
  read();
  await server.request('POST', CONFIGMAPS, configMap('a'));
  await server.request('POST', CONFIGMAPS, configMap('a'));
  expect(entries().at(-1)).toMatchObject({ status: 409, object: { name: 'a' } });
});

test('an Event is told with what it tells of', async () => {
  read();
  const involvedObject = { kind: 'Pod', namespace: 'default', name: 'p', uid: 'u-pod' };
  await server.request('POST', '/api/v1/namespaces/default/events', {
    body: { metadata: { name: 'e' }, involvedObject, reason: 'Because' },
  });
  expect(entries()).toMatchObject([{ object: { name: 'e', about: 'u-pod' } }]);
});

test('a watch is told when it begins, with each of its events, and when it ends', async () => {
  read();
  const watch = server.watch(`${CONFIGMAPS}?watch=1`);
  await server.request('POST', CONFIGMAPS, configMap('a'));
  for await (const { object } of watch) if (object.metadata.name === 'a') break;
  const told = entries();
  const object = { resource: 'configmaps', namespace: 'default' };
  expect(told).toContainEqual(expect.objectContaining({ kind: 'watch' }));
  expect(told).toContainEqual(
    expect.objectContaining({
      kind: 'event',
      type: 'ADDED',
      object: expect.objectContaining({ ...object, name: 'a', owners: ['u-1'] }) as unknown,
    }),
  );
  expect(told.at(-1)).toMatchObject({ kind: 'request', verb: 'watch', object });
});

test('who begins to look is told of the watches there are, and then no more when they stop', async () => {
  await server.request('POST', CONFIGMAPS, configMap('a'));
  const watch = server.watch(`${CONFIGMAPS}?watch=1`);
  await watch.next();
  const stop = read();
  expect(entries()).toMatchObject([{ kind: 'watch', object: { resource: 'configmaps' } }]);
  stop();
  await server.request('GET', CONFIGMAPS);
  expect(entries()).toHaveLength(1);
  await watch.return(undefined);
});

test('a slow reader loses the oldest, and is told how many', async () => {
  let done = (): void => {};
  traffic.read((batch) => {
    batches.push(batch);
    return new Promise((resolve) => (done = resolve));
  });
  const call = () => traffic.etcd('range', '/a', Promise.resolve({ header: { revision: 1 } }));
  await call();
  clock.advance(50);
  for (let count = 0; count < 2001; count++) await call();
  done();
  // Its answer comes a moment later, and the next batch after that.
  await clock.nextTimer();
  clock.advance(50);
  expect(batches.map((batch) => [batch.entries.length, batch.lost])).toEqual([
    [1, 0],
    [2000, 1],
  ]);
});

test('a call of etcd is told with its key and the revision, also when it fails', async () => {
  read();
  await traffic.etcd('txn', '/registry/pods/a', Promise.resolve({ header: { revision: 7 } }));
  const failing = traffic.etcd('range', '/registry/pods/', Promise.reject(new Error('gone')));
  await failing.catch(() => {});
  const [done, failed] = entries();
  expect(done).toMatchObject({ kind: 'etcd', call: 'txn', key: '/registry/pods/a', revision: 7 });
  expect(failed).toMatchObject({ kind: 'etcd', call: 'range', key: '/registry/pods/' });
  expect(failed).not.toHaveProperty('revision');
});

const breakpoint = { program: 'kubectl', verb: 'create', resource: 'configmaps', subresource: '' };
const asKubectl = { headers: { 'user-agent': 'kubectl/v1.37.2' } };

test('a request that a breakpoint matches waits until it is let go, before anything is done', async () => {
  read();
  traffic.setBreakpoints([breakpoint]);
  const asked = server.request('POST', CONFIGMAPS, { ...configMap('a'), ...asKubectl });
  await server.request('POST', CONFIGMAPS, configMap('b'));
  const [held] = entries().filter((entry) => entry.kind === 'held');
  expect(held).toMatchObject({ verb: 'create', object: { resource: 'configmaps' } });
  expect((await server.request('GET', `${CONFIGMAPS}/a`)).status).toBe(404);
  traffic.release(held?.id ?? 0);
  expect((await asked).status).toBe(201);
  expect(entries().at(-1)).toMatchObject({ kind: 'request', held: held?.id, status: 201 });
});

test('what was held of a client that has gone is not done', async () => {
  read();
  traffic.setBreakpoints([breakpoint]);
  const gone = new AbortController();
  const asked = server.request('POST', CONFIGMAPS, {
    ...configMap('a'),
    ...asKubectl,
    signal: gone.signal,
  });
  await server.request('GET', '/version');
  gone.abort(new Error('enough'));
  await asked.catch(() => {});
  expect((await server.request('GET', `${CONFIGMAPS}/a`)).status).toBe(404);
  const [held] = entries().filter((entry) => entry.kind === 'held');
  expect(entries()).toContainEqual(expect.objectContaining({ kind: 'request', held: held?.id }));
});

test('the first batch of a look begins anew', async () => {
  const stop = read();
  await server.request('GET', CONFIGMAPS);
  entries();
  stop();
  read();
  await server.request('GET', CONFIGMAPS);
  entries();
  expect(batches.map(({ afresh }) => afresh)).toEqual([true, true]);
});

test('nothing waits for breakpoints that are gone, or for somebody who looks no more', async () => {
  const stop = read();
  for (const end of [() => traffic.setBreakpoints([]), stop]) {
    traffic.setBreakpoints([breakpoint]);
    const asked = server.request('POST', CONFIGMAPS, {
      body: { metadata: { generateName: 'a-' } },
      ...asKubectl,
    });
    await server.request('GET', '/version');
    end();
    expect((await asked).status).toBe(201);
  }
});
