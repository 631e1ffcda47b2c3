import { beforeEach, expect, it } from 'vitest';
import { TestServer } from '../../../engine/apiserver/testing/test-server.ts';
import { FakeClock } from '../../../engine/base/fake-clock.ts';
import { cryptoRandom } from '../../../engine/base/random.ts';
import { Client } from '../../../engine/client/client.ts';
import { Reflector } from '../../../engine/client/informer/reflector.ts';
import type { Resource } from '../../../engine/client/resource.ts';
import { resources } from '../../../engine/client/resources.ts';
import type { ConfigMap } from '../../../engine/objects/generated/core-v1.generated.ts';
import { rowsWith, TableRows, tableSource, type RowObject } from './table-rows.ts';

let client: Client;
beforeEach(async () => {
  const { server } = await TestServer.start();
  const user = { username: 'kubernetes-admin', groups: ['system:masters'] };
  client = new Client({
    transport: async (request) => {
      const answer = await server.handle(request, {
        remoteAddress: '127.0.0.1',
        clientCertificates: [],
        user,
      });
      if ('takeOver' in answer) throw new TypeError('This upgrades.');
      return answer;
    },
    clock: new FakeClock(),
    userAgent: 'test/1',
  });
});

const box = (name: string, data: Readonly<Record<string, string>> = {}): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
});
const keys = (rows: TableRows): readonly string[] => rows.all().map(({ key }) => key);

/** ConfigMaps of a namespace; `next` resolves when they have changed. */
function followed() {
  const rows = new TableRows();
  let columns: readonly string[] = [];
  let heard = (): void => {};
  const next = () => new Promise<void>((resolve) => (heard = resolve));
  const end = new AbortController();
  const reflector = new Reflector<RowObject>({
    client: tableSource(client, (all) => (columns = all.map(({ name }) => name))),
    resource: resources.configMaps as Resource<RowObject>,
    scope: { namespace: 'default' },
    mirror: {
      replace: (list) => (rows.replace(list), heard()),
      apply: (event) => (rows.apply(event), heard()),
    },
    clock: new FakeClock(),
    random: cryptoRandom,
    onError: (error) => expect.fail(String(error)),
  });
  const first = next();
  void reflector.run(end.signal);
  return { rows, columns: () => columns, first, next, stop: () => end.abort() };
}

it('follows the rows of a table in the order of the API server', async () => {
  await client.create(resources.configMaps, box('b'));
  const { rows, columns, first, next, stop } = followed();
  await first;
  expect(columns()).toEqual(['Name', 'Data', 'Age']);
  expect(rows.all()).toMatchObject([{ key: 'default/b', cells: ['b', 0, expect.any(String)] }]);
  for (const name of ['c', 'a']) {
    const change = next();
    await client.create(resources.configMaps, box(name));
    await change;
  }
  expect(keys(rows)).toEqual(['default/a', 'default/b', 'default/c']);
  const changed = next();
  await client.update(resources.configMaps, box('b', { color: 'red', size: '1' }));
  await changed;
  expect(rows.all()[1]?.cells.slice(0, 2)).toEqual(['b', 2]);
  const deleted = next();
  await client.delete(resources.configMaps, box('b').metadata);
  await deleted;
  expect(keys(rows)).toEqual(['default/a', 'default/c']);
  expect(rowsWith(rows.all(), ' C ').map(({ key }) => key)).toEqual(['default/c']);
  stop();
});

it('takes new ages of what is as it was, and leaves what has changed since they were asked for', async () => {
  const object = (name: string, resourceVersion: string) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, resourceVersion, uid: name, creationTimestamp: '' },
  });
  const rows = new TableRows();
  const item = (name: string, version: string, age: string) => ({
    ...object(name, version),
    cells: [name, age],
  });
  rows.replace({ metadata: {}, items: [item('a', '1', '1s'), item('b', '2', '1s')] });
  rows.apply({ type: 'MODIFIED', object: item('b', '3', '2s') });
  rows.renew({
    metadata: {},
    columnDefinitions: [],
    rows: [
      { cells: ['a', '9s'], object: object('a', '1') },
      { cells: ['b', '9s'], object: object('b', '2') },
      { cells: ['gone', '9s'], object: object('gone', '1') },
    ],
  });
  expect(rows.all().map(({ cells }) => cells)).toEqual([
    ['a', '9s'],
    ['b', '2s'],
  ]);
});
