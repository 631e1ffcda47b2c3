import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../base/fake-clock.ts';
import { SeededRandom } from '../base/random.ts';
import { Client } from '../client/client.ts';
import { resources } from '../client/resources.ts';
import { FakeApi } from '../client/testing/fake-api.ts';
import { advance, settle } from '../client/testing/settle.ts';
import type { Pod } from '../objects/generated/core-v1.generated.ts';
import { HollowNodes } from './hollow-nodes.ts';

let stop = new AbortController();
afterEach(() => {
  stop.abort();
  stop = new AbortController();
});

async function hollow(count: number) {
  const api = new FakeApi();
  const clock = new FakeClock();
  const errors: unknown[] = [];
  const client = new Client({ transport: api.transport, clock, userAgent: 'test' });
  const nodes = new HollowNodes({
    client,
    clock,
    random: new SeededRandom(1),
    count,
    readyAfter: 500,
    onError: (error) => errors.push(error),
  });
  await nodes.start(stop.signal);
  const create = async (annotations: Record<string, string> = {}, spec: object = {}) => {
    const pod: Pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', namespace: 'default', annotations },
      spec: { nodeName: 'hollow-0000', containers: [{ name: 'c', image: 'web' }], ...spec },
    };
    await client.create(resources.pods, pod);
    await settle();
  };
  const get = () => client.get(resources.pods, { namespace: 'default', name: 'web' });
  return { nodes, api, clock, client, errors, create, get };
}

describe('hollow nodes', () => {
  it('register, say that they are hollow, and renew their leases', async () => {
    const { client, clock, api, errors } = await hollow(3);
    const { items } = await client.list(resources.nodes);
    expect(items.map(({ metadata }) => metadata.name)).toEqual([
      'hollow-0000',
      'hollow-0001',
      'hollow-0002',
    ]);
    expect(items[0]?.status?.nodeInfo?.osImage).toBe('Hollow node (simulated)');
    expect(items[0]?.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
    const renewals = () =>
      api.requests.filter((request) => request.startsWith('PATCH') && request.includes('leases'))
        .length;
    const before = renewals();
    await advance(clock, 10_500, 100);
    expect(renewals() - before).toBe(3);
    expect(errors).toEqual([]);
  });

  it('report Pods as ready after a delay', async () => {
    const { create, get, clock } = await hollow(1);
    await create();
    await advance(clock, 400, 100);
    expect((await get()).status).toBeUndefined();
    await advance(clock, 200, 100);
    const { status } = await get();
    expect(status).toMatchObject({ phase: 'Running', podIP: '10.128.0.1', hostIP: '100.64.0.0' });
    expect(status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
    expect(status?.containerStatuses).toMatchObject([{ ready: true, restartCount: 0 }]);
  });

  it('report containers as being created when that takes a while', async () => {
    const { create, get, clock } = await hollow(1);
    await create({ 'hollow.drydock.dev/ready-after': '5' });
    expect((await get()).status?.containerStatuses?.[0]?.state).toEqual({
      waiting: { reason: 'ContainerCreating' },
    });
    await advance(clock, 5000, 500);
    expect((await get()).status?.phase).toBe('Running');
  });

  it('have Pods fail on request', async () => {
    const { create, get, clock } = await hollow(1);
    await create(
      { 'hollow.drydock.dev/run-for': '2', 'hollow.drydock.dev/exit-code': '3' },
      { restartPolicy: 'Never' },
    );
    await advance(clock, 3000, 500);
    expect((await get()).status).toMatchObject({
      phase: 'Failed',
      containerStatuses: [{ state: { terminated: { exitCode: 3, reason: 'Error' } } }],
    });
  });

  it('let deleted Pods go', async () => {
    const { create, get, client, clock } = await hollow(1);
    await create();
    await advance(clock, 1000, 500);
    await client.patch(
      resources.pods,
      { namespace: 'default', name: 'web' },
      { type: 'merge', patch: { metadata: { deletionTimestamp: '2023-11-14T22:13:20Z' } } },
    );
    await settle();
    await expect(get()).rejects.toMatchObject({ reason: 'NotFound' });
  });

  it('say that they shut down when their machine is switched off, and come back with it', async () => {
    const { nodes, client, create, get, clock, api } = await hollow(1);
    const ready = async () => {
      const { status } = await client.get(resources.nodes, { name: 'hollow-0000' });
      return status?.conditions?.find(({ type }) => type === 'Ready');
    };
    await nodes.setPower('hollow-0000', false);
    expect(await ready()).toMatchObject({ status: 'False', message: 'node is shutting down' });
    await create();
    const before = api.requests.length;
    await advance(clock, 30_000, 1000);
    expect(api.requests.slice(before)).toEqual([]);
    await nodes.setPower('hollow-0000', true);
    expect(await ready()).toMatchObject({ status: 'True' });
    await advance(clock, 1000, 500);
    expect((await get()).status?.phase).toBe('Running');
  });

  it('say first how a Pod ended that somebody still holds', async () => {
    const { api, client, clock, create } = await hollow(1);
    await create();
    await advance(clock, 1000, 500);
    const metadata = {
      deletionTimestamp: '2023-11-14T22:13:20Z',
      finalizers: ['batch.kubernetes.io/job-tracking'],
    };
    await client.patch(
      resources.pods,
      { namespace: 'default', name: 'web' },
      { type: 'merge', patch: { metadata } },
    );
    const before = api.requests.length;
    await settle();
    const sent = api.requests.slice(before).filter((request) => request.includes('/pods/web'));
    expect(sent.map((request) => request.split('?')[0])).toEqual([
      'PATCH /api/v1/namespaces/default/pods/web/status',
      'DELETE /api/v1/namespaces/default/pods/web',
    ]);
  });

  it('fall silent on request, and come back', async () => {
    const { create, get, client, clock, api } = await hollow(1);
    const down = (value: string | null) =>
      client.patch(
        resources.nodes,
        { name: 'hollow-0000' },
        {
          type: 'merge',
          patch: { metadata: { annotations: { 'hollow.drydock.dev/down': value } } },
        },
      );
    await down('true');
    await create();
    const before = api.requests.length;
    await advance(clock, 30_000, 1000);
    expect(api.requests.slice(before).filter((request) => request.includes('leases'))).toEqual([]);
    expect((await get()).status).toBeUndefined();
    await down(null);
    await advance(clock, 1000, 500);
    expect((await get()).status?.phase).toBe('Running');
  });

  it('say that they are ready again when somebody said that nobody knows', async () => {
    const { client, clock } = await hollow(2);
    const name = 'hollow-0001';
    const condition = async () => {
      const { status } = await client.get(resources.nodes, { name });
      return status?.conditions?.find(({ type }) => type === 'Ready')?.status;
    };
    await client.patch(
      resources.nodes,
      { name },
      { type: 'merge', patch: { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } } },
    );
    expect(await condition()).toBe('Unknown');
    await advance(clock, 10_000, 500);
    expect(await condition()).toBe('True');
  });
});
