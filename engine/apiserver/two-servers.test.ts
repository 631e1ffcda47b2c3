import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApiServer } from './api-server.ts';
import { TestServer, type Answer } from './testing/test-server.ts';

const maps = '/api/v1/namespaces/default/configmaps';
const services = '/api/v1/namespaces/default/services';

let cluster: TestServer;
let other: ApiServer;
/** What a request to each of the two is answered with. */
let ask: readonly [one: TestServer['request'], other: TestServer['request']];

beforeEach(async () => {
  cluster = await TestServer.start();
  other = cluster.another();
  await other.start();
  ask = [
    (method, path, options) => cluster.request(method, path, options),
    (method, path, options) => cluster.request(method, path, options, other),
  ];
});

afterEach(async () => {
  other.dispose();
  await cluster.stop();
});

/** Sends `count` requests at once, to both in turn. */
function atOnce(
  count: number,
  send: (request: TestServer['request'], index: number) => Promise<Answer>,
): Promise<Answer[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) => send(ask[index % 2 === 0 ? 0 : 1], index)),
  );
}

const statuses = (answers: readonly Answer[]): number[] =>
  answers.map(({ status }) => status).toSorted((a, b) => a - b);

const configMap = (name: string): object => ({
  kind: 'ConfigMap',
  apiVersion: 'v1',
  metadata: { name },
});

const service = (name: string, spec: object = {}): object => ({
  kind: 'Service',
  apiVersion: 'v1',
  metadata: { name },
  spec: { type: 'NodePort', ports: [{ port: 80 }], ...spec },
});

describe('two API servers over one etcd', () => {
  it('show at once what the other has written', async () => {
    for (let round = 0; round < 10; round++) {
      const name = `a${round}`;
      const created = await ask[0]('POST', maps, { body: configMap(name) });
      const { resourceVersion } = created.body.metadata;
      const seen = [
        await ask[1]('GET', `${maps}/${name}`),
        await ask[1]('GET', `${maps}/${name}?resourceVersion=${resourceVersion}`),
      ];
      for (const { body } of seen) expect(body).toEqual(created.body);
      const { body: list } = await ask[1]('GET', maps);
      expect((list['items'] as object[]).length).toBe(round + 1);
    }
  });

  it('send watchers what either writes, in one order', async () => {
    const told = async (server: ApiServer): Promise<string[]> => {
      const names: string[] = [];
      for await (const { object } of cluster.watch(`${maps}?watch=1`, server)) {
        names.push(object.metadata.name ?? '');
        if (names.length === 40) break;
      }
      return names;
    };
    const watchers = [told(cluster.server), told(other)];
    await atOnce(40, (request, index) =>
      request('POST', maps, { body: configMap(`map-${index}`) }),
    );
    const [first, second] = await Promise.all(watchers);
    expect(second).toEqual(first);
    expect(new Set(first).size).toBe(40);
  });

  it('go on with pages that the other began', async () => {
    for (const name of ['a', 'b', 'c']) await ask[0]('POST', maps, { body: configMap(name) });
    const first = await ask[0]('GET', `${maps}?limit=2`);
    await ask[1]('DELETE', `${maps}/c`);
    const token = String(first.body.metadata['continue']);
    const second = await ask[1]('GET', `${maps}?limit=2&continue=${token}`);
    expect(second.body['items']).toMatchObject([{ metadata: { name: 'c' } }]);
  });

  it('let one of two writers win', async () => {
    const { body } = await ask[0]('POST', maps, { body: configMap('a') });
    const put = await atOnce(6, (request, index) =>
      request('PUT', `${maps}/a`, { body: { ...body, data: { index: String(index) } } }),
    );
    expect(statuses(put)).toEqual([200, 409, 409, 409, 409, 409]);
    const post = await atOnce(4, (request) => request('POST', maps, { body: configMap('b') }));
    expect(statuses(post)).toEqual([201, 409, 409, 409]);
    // A patch has no version of its own: all are done, one after the other.
    const patched = await atOnce(8, (request, index) =>
      request('PATCH', `${maps}/a`, {
        body: { data: { [`key-${index}`]: 'x' } },
        headers: { 'content-type': 'application/merge-patch+json' },
      }),
    );
    expect(new Set(statuses(patched))).toEqual(new Set([200]));
    const { body: last } = await ask[1]('GET', `${maps}/a`);
    expect(Object.keys(last['data'] as object)).toHaveLength(9);
  });

  it('never give an address or a port twice', async () => {
    const made = await atOnce(60, (request, index) =>
      request('POST', services, { body: service(`service-${index}`) }),
    );
    expect(new Set(statuses(made))).toEqual(new Set([201]));
    const specs = made.map(
      ({ body }) => body['spec'] as { clusterIP: string; ports: { nodePort: number }[] },
    );
    expect(new Set(specs.map(({ clusterIP }) => clusterIP)).size).toBe(60);
    expect(new Set(specs.map(({ ports }) => ports[0]?.nodePort)).size).toBe(60);
    const wanted = await atOnce(4, (request, index) =>
      request('POST', services, {
        body: service(`wanted-${index}`, { clusterIP: '10.96.77.7' }),
      }),
    );
    expect(statuses(wanted)).toEqual([201, 422, 422, 422]);
  });

  it('keep quotas together', async () => {
    await ask[0]('POST', '/api/v1/namespaces/default/resourcequotas', {
      body: {
        kind: 'ResourceQuota',
        apiVersion: 'v1',
        metadata: { name: 'few' },
        spec: { hard: { 'count/configmaps': '5' } },
      },
    });
    await ask[0]('PATCH', '/api/v1/namespaces/default/resourcequotas/few/status', {
      body: { status: { hard: { 'count/configmaps': '5' }, used: { 'count/configmaps': '0' } } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    const made = await atOnce(16, (request, index) =>
      request('POST', maps, { body: configMap(`counted-${index}`) }),
    );
    expect(made.filter(({ status }) => status === 201)).toHaveLength(5);
  });

  it('serve custom resources that were defined at the other', async () => {
    const definition = {
      kind: 'CustomResourceDefinition',
      apiVersion: 'apiextensions.k8s.io/v1',
      metadata: { name: 'ships.sea.example' },
      spec: {
        group: 'sea.example',
        scope: 'Namespaced',
        names: { plural: 'ships', kind: 'Ship' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object' } },
          },
        ],
      },
    };
    const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    const ships = '/apis/sea.example/v1/namespaces/default/ships';
    await ask[0]('POST', definitions, { body: definition });
    await until(async () => (await ask[1]('GET', ships)).status === 200);
    const ship = { kind: 'Ship', apiVersion: 'sea.example/v1', metadata: { name: 'pequod' } };
    expect((await ask[1]('POST', ships, { body: ship })).status).toBe(201);
    await until(async () => (await ask[0]('GET', `${ships}/pequod`)).status === 200);
    const { body } = await ask[1]('GET', '/apis/sea.example/v1');
    expect(body['resources']).toMatchObject([{ name: 'ships', kind: 'Ship' }]);
    await ask[1]('DELETE', `${definitions}/ships.sea.example`);
    await until(async () => (await ask[0]('GET', ships)).status === 404);
  });

  it('accept tokens that the other has signed', async () => {
    await ask[0]('POST', '/api/v1/namespaces/default/serviceaccounts', {
      body: { kind: 'ServiceAccount', apiVersion: 'v1', metadata: { name: 'robot' } },
    });
    const { body } = await ask[0](
      'POST',
      '/api/v1/namespaces/default/serviceaccounts/robot/token',
      { body: { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', spec: {} } },
    );
    const { token } = body['status'] as { token: string };
    const review = await ask[1]('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      body: { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1' },
      user: null,
      headers: { authorization: `Bearer ${token}` },
    });
    expect(review.body).toMatchObject({
      status: { userInfo: { username: 'system:serviceaccount:default:robot' } },
    });
  });
});

/** Asks again until it holds: the other server hears of it through etcd. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let round = 0; !(await holds()); round++) {
    if (round === 500) throw new Error('It does not come true.');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
