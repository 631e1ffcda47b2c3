import { expect, it } from 'vitest';
import { FakeClock } from '../../base/fake-clock.ts';
import { SeededRandom } from '../../base/random.ts';
import { Client } from '../../client/client.ts';
import { LeaderElector } from '../../client/leader-elector.ts';
import { resources } from '../../client/resources.ts';
import { FakeApi } from '../../client/testing/fake-api.ts';
import { settle } from '../../client/testing/settle.ts';
import { takeUp } from './take-up.ts';

const lease = { namespace: 'kube-system', name: 'kube-scheduler' };
const saved = { nodes: [{ name: 'control-plane', plugged: true }] };

function setUp() {
  const clock = new FakeClock();
  const client = new Client({ transport: new FakeApi().transport, clock, userAgent: 'test' });
  return { clock, client };
}

it('lets another lead at once who had to wait for the end of the lease', async () => {
  const { client, clock } = setUp();
  await client.create(resources.leases, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: lease,
    spec: {
      holderIdentity: 'who led when it was saved',
      leaseDurationSeconds: 15,
      leaseTransitions: 3,
      renewTime: '2023-11-14T22:13:20.000000Z',
    },
  });
  await takeUp(client, { isDedicated: false, dedicate: () => Promise.reject(new Error()) }, saved);
  const stop = new AbortController();
  const elector = new LeaderElector({
    client,
    clock,
    random: new SeededRandom(1),
    lease,
    identity: 'who leads now',
    onError: () => {},
  });
  const ended = elector.run(stop.signal, (leading) => {
    return new Promise((resolve) => leading.addEventListener('abort', () => resolve()));
  });
  await settle();
  expect((await client.get(resources.leases, lease)).spec).toMatchObject({
    holderIdentity: 'who leads now',
    leaseTransitions: 4,
  });
  stop.abort();
  await ended;
});

it('keeps Pods off the control plane that had only its machine, and now has others', async () => {
  const { client } = setUp();
  let dedications = 0;
  const nodes = { isDedicated: true, dedicate: () => Promise.resolve(void dedications++) };
  await takeUp(client, nodes, saved);
  await takeUp(client, nodes, { nodes: [...saved.nodes, { name: 'worker-1', plugged: true }] });
  expect(dedications).toBe(1);
});
