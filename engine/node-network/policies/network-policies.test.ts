import { expect, onTestFinished, test } from 'vitest';
import { FakeClock } from '../../base/fake-clock.ts';
import { SeededRandom } from '../../base/random.ts';
import { Client } from '../../client/client.ts';
import { resources } from '../../client/resources.ts';
import { FakeApi } from '../../client/testing/fake-api.ts';
import { advance } from '../../client/testing/settle.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { FakeNode } from '../testing/fake-node.ts';
import { NetworkPolicies } from './network-policies.ts';

const pod = (name: string, address?: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop' },
  spec: { nodeName: 'worker-1', containers: [{ name: 'main', image: 'x' }] },
  ...(address !== undefined && {
    status: { phase: 'Running', podIP: address, podIPs: [{ ip: address }] },
  }),
});

function setUp(machine = new FakeNode()) {
  const api = new FakeApi();
  const clock = new FakeClock();
  const errors: unknown[] = [];
  const client = new Client({ transport: api.transport, clock, userAgent: 'test' });
  const policies = new NetworkPolicies({
    nodeName: 'worker-1',
    clusterCidr: '10.244.0.0/16',
    client,
    agent: machine.agent,
    clock,
    random: new SeededRandom(1),
    onError: (error) => void errors.push(error),
  });
  const stop = new AbortController();
  const ended = policies.start(stop.signal);
  onTestFinished(() => {
    stop.abort();
    return ended;
  });
  return { api, client, clock, machine, errors, policies, stop };
}

test('Pods are watched when there is a policy, and rules follow both', async () => {
  const { api, client, clock, machine, errors } = setUp();
  await client.create(resources.pods, pod('web', '10.244.1.5'));
  await advance(clock, 2000);
  expect(machine.nft.scripts).toEqual([]);
  expect(api.requests.filter((request) => request === 'GET /api/v1/pods')).toEqual([]);

  await client.create(resources.networkPolicies, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'nothing', namespace: 'shop' },
    spec: { podSelector: {}, policyTypes: ['Ingress'] },
  });
  await advance(clock, 2000);
  const isolated = () =>
    machine.nft
      .list('drydock-policies')
      ?.filter((line) => line.startsWith('map isolated-ingress {'));
  expect(isolated()).toEqual([
    'map isolated-ingress { 10.244.1.5 comment "shop/web" : goto pod-10.244.1.5-ingress }',
  ]);

  await client.create(resources.pods, pod('db'));
  await client.patch(
    resources.pods,
    { namespace: 'shop', name: 'db' },
    {
      type: 'merge',
      patch: { status: pod('db', '10.244.1.6').status },
    },
  );
  await advance(clock, 2000);
  expect(isolated()).toHaveLength(2);

  const scripts = machine.nft.scripts.length;
  await client.patch(
    resources.pods,
    { namespace: 'shop', name: 'db' },
    {
      type: 'merge',
      patch: { status: { message: 'nothing that matters' } },
    },
  );
  await advance(clock, 2000);
  expect(machine.nft.scripts).toHaveLength(scripts);

  await client.delete(resources.networkPolicies, { namespace: 'shop', name: 'nothing' });
  await advance(clock, 2000);
  expect(isolated()).toEqual([]);
  expect(errors).toEqual([]);
});

test('rules of one before it are gone when there are no policies any more', async () => {
  const { client, clock, machine, stop } = setUp();
  await client.create(resources.pods, pod('web', '10.244.1.5'));
  await client.create(resources.networkPolicies, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'nothing', namespace: 'shop' },
    spec: { podSelector: {}, policyTypes: ['Ingress'] },
  });
  await advance(clock, 2000);
  expect(machine.nft.list('drydock-policies')).not.toEqual([]);
  stop.abort();
  const next = setUp(machine);
  await advance(next.clock, 2000);
  expect(machine.nft.list('drydock-policies')).toEqual([]);
  next.stop.abort();
  await next.policies.remove();
  expect(machine.nft.list('drydock-policies')).toBeUndefined();
  expect([...machine.files.keys()]).toEqual([]);
  expect([...next.errors]).toEqual([]);
});
