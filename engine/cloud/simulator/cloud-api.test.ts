import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../base/fake-clock.ts';
import { SeededRandom } from '../../base/random.ts';
import { MemoryStorage } from '../../storage/memory-storage.ts';
import { cloudApi } from './cloud-api.ts';
import { SimulatedCloud } from './simulated-cloud.ts';

let clock: FakeClock;
let storage: MemoryStorage;
let cloud: SimulatedCloud;

const open = () => SimulatedCloud.open({ storage, clock, random: new SeededRandom(1) });
beforeEach(async () => {
  clock = new FakeClock();
  storage = new MemoryStorage();
  cloud = await open();
});

async function ask(method: string, path: string, body?: object) {
  const response = await cloudApi(
    cloud,
    clock,
  )({
    method,
    url: `http://127.0.0.1${path}`,
    headers: new Headers(),
    body: body === undefined ? null : new Blob([JSON.stringify(body)]).stream(),
  });
  const bytes = response.body instanceof Uint8Array ? response.body : new Uint8Array();
  expect(response.headers.get('x-drydock-simulated')).toBe('true');
  return { status: response.status, body: JSON.parse(new TextDecoder().decode(bytes)) as object };
}

const createMachine = (name: string) =>
  ask('POST', '/machines', {
    name,
    type: 'dock.small',
    addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
  });

const balancer = (machines: readonly string[], more: object = {}) => ({
  ports: [{ name: '', protocol: 'TCP', port: 80, nodePort: 30080 }],
  machines,
  sourceRanges: [],
  ...more,
});

it('says that it is simulated', async () => {
  expect((await ask('GET', '/')).body).toMatchObject({ simulated: true, region: 'harbor-1' });
  expect((await ask('GET', '/nothing')).status).toBe(404);
});

describe('machines', () => {
  it('are spread over the zones, and are there once under a name', async () => {
    const zones = [];
    for (const name of ['a', 'b', 'c', 'd', 'd'])
      zones.push(((await createMachine(name)).body as { zone: string }).zone);
    expect(zones).toEqual(['harbor-1a', 'harbor-1b', 'harbor-1c', 'harbor-1a', 'harbor-1a']);
    expect(cloud.state.machines.map(({ id }) => id)).toSatisfy((ids: string[]) =>
      ids.every((id) => /^i-[0-9a-f]{17}$/.test(id)),
    );
  });

  it('take their routes with them, and load balancers lose them', async () => {
    await createMachine('a');
    await createMachine('b');
    await ask('POST', '/routes', { machine: 'a', destinationCidr: '10.1.0.0/24' });
    await ask('PUT', '/load-balancers/web', balancer(['a', 'b']));
    const changes: unknown[] = [];
    cloud.onPower((change) => changes.push(change));
    await ask('DELETE', `/machines/${cloud.state.machines[0]?.id}`);
    expect(cloud.state.routes).toEqual([]);
    expect(cloud.state.loadBalancers[0]?.machines).toEqual(['b']);
    expect(changes).toEqual([{ name: 'a', power: 'gone' }]);
  });

  it('answer no health checks while they are switched off', async () => {
    await createMachine('a');
    await createMachine('b');
    await ask('PUT', '/load-balancers/web', balancer(['a', 'b']));
    await ask('PATCH', `/machines/${cloud.state.machines[0]?.id}`, { power: 'off' });
    expect((await ask('GET', '/load-balancers/web')).body).toMatchObject({
      machines: ['a', 'b'],
      healthyMachines: ['b'],
    });
  });
});

describe('load balancers', () => {
  it('get addresses of their own, and keep them', async () => {
    const put = async (name: string, more: object = {}) =>
      (
        (await ask('PUT', `/load-balancers/${name}`, balancer([], more))).body as {
          address: string;
        }
      ).address;
    expect(await put('a')).toBe('203.0.113.1');
    expect(await put('b')).toBe('203.0.113.2');
    expect(await put('a')).toBe('203.0.113.1');
    await ask('DELETE', '/load-balancers/a');
    expect(await put('c', { address: '203.0.113.77' })).toBe('203.0.113.77');
    expect(await put('d')).toBe('203.0.113.1');
    const taken = await ask('PUT', '/load-balancers/e', balancer([], { address: '203.0.113.77' }));
    expect(taken).toEqual({
      status: 409,
      body: { error: { code: 'Conflict', message: '203.0.113.77 is in use.' } },
    });
  });

  it('refuses what is none', async () => {
    const { status, body } = await ask('PUT', '/load-balancers/a', { ports: 80 });
    expect(status).toBe(400);
    expect(body).toMatchObject({ error: { code: 'Invalid' } });
  });
});

describe('settings', () => {
  it('limit how much there is', async () => {
    const quotas = { machines: 1, routes: 0, loadBalancers: 0 };
    await ask('PATCH', '/settings', { quotas });
    await createMachine('a');
    expect(await createMachine('b')).toEqual({
      status: 429,
      body: {
        error: { code: 'QuotaExceeded', message: 'The quota of 1 machines is used up.' },
      },
    });
    expect((await ask('PUT', '/load-balancers/a', balancer([]))).status).toBe(429);
  });

  it('make requests fail, all or so many', async () => {
    const fault = { operation: 'machines.*', status: 503, message: 'on fire' };
    await ask('PATCH', '/settings', { faults: [{ ...fault, times: 2 }] });
    expect(await createMachine('a')).toEqual({
      status: 503,
      body: { error: { code: 'Fault', message: 'on fire' } },
    });
    expect((await ask('GET', '/routes')).status).toBe(200);
    expect((await ask('GET', '/machines')).status).toBe(503);
    expect((await createMachine('a')).status).toBe(200);
    expect(cloud.state.settings.faults).toEqual([]);
  });

  it('make no more requests fail than they say, also of those under way together', async () => {
    const fault = { operation: '*', status: 503, message: 'on fire', times: 1 };
    await ask('PATCH', '/settings', { latency: 500, faults: [fault] });
    const asked = [ask('GET', '/machines'), ask('GET', '/machines')];
    clock.advance(500);
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(statuses).toEqual([503, 200]);
  });

  it('make requests take time', async () => {
    await ask('PATCH', '/settings', { latency: 500 });
    let isOver = false;
    const asked = ask('GET', '/machines').then(() => (isOver = true));
    clock.advance(499);
    await Promise.resolve();
    expect(isOver).toBe(false);
    clock.advance(1);
    await asked;
  });
});

it('has what it had after a restart', async () => {
  await createMachine('a');
  await Promise.all([
    ask('PUT', '/load-balancers/a', balancer(['a'])),
    ask('POST', '/routes', { machine: 'a', destinationCidr: '10.1.0.0/24' }),
    ask('PATCH', '/settings', { latency: 5 }),
  ]);
  const before = cloud.state;
  cloud = await open();
  expect(cloud.state).toEqual(before);
});
