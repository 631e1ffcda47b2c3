import { afterEach, describe, expect, it } from 'vitest';
import { formatMicroTime, formatTime } from '../../objects/time.ts';
import { resources } from '../../client/resources.ts';
import type { Node } from '../../objects/generated/core-v1.generated.ts';
import { descriptors } from '../descriptors.ts';
import { ControlWorld } from '../testing/control-world.ts';

let world: ControlWorld;
afterEach(async () => {
  await world.end();
  expect(world.errors).toEqual([]);
});

const LEASES = 'kube-node-lease';
const NODE = '/api/v1/nodes';

async function start(): Promise<void> {
  world = await ControlWorld.start(
    descriptors.filter(({ name }) => name === 'node-lifecycle-controller'),
  );
}

function conditionsAt(ready: string) {
  const time = formatTime(world.clock.now());
  const times = { lastHeartbeatTime: time, lastTransitionTime: time };
  return [
    { type: 'MemoryPressure', status: 'False', reason: 'KubeletHasSufficientMemory', ...times },
    { type: 'Ready', status: ready, reason: 'KubeletReady', ...times },
  ];
}

/** As a kubelet does. */
async function report(name: string, ready = 'True'): Promise<void> {
  await world.client.patch(
    resources.nodes,
    { name },
    { type: 'strategic', patch: { status: { conditions: conditionsAt(ready) } } },
    { subresource: 'status' },
  );
}

async function renew(name: string): Promise<void> {
  const spec = {
    holderIdentity: name,
    leaseDurationSeconds: 40,
    renewTime: formatMicroTime(world.clock.now()),
  };
  const metadata = { namespace: LEASES, name };
  await world.client
    .patch(resources.leases, metadata, { type: 'merge', patch: { spec } })
    .catch(() =>
      world.client.create(resources.leases, {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata,
        spec,
      }),
    );
}

async function node(name: string, labels: Record<string, string> = {}): Promise<void> {
  const fresh: Node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
    spec: {},
  };
  await world.client.create(resources.nodes, fresh);
  await report(name);
  await renew(name);
  await world.settle();
}

async function pod(name: string, nodeName: string): Promise<void> {
  await world.client.create(resources.pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name },
    spec: { nodeName, containers: [{ name: 'c', image: 'web' }] },
  });
  const time = formatTime(world.clock.now());
  const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: time }];
  await world.client.patch(
    resources.pods,
    { namespace: 'default', name },
    { type: 'strategic', patch: { status: { phase: 'Running', conditions } } },
    { subresource: 'status' },
  );
  await world.settle();
}

/** Lets time go by while these nodes are alive. */
async function live(seconds: number, ...alive: readonly string[]): Promise<void> {
  for (let second = 0; second < seconds; second += 5) {
    for (const name of alive) await renew(name);
    await world.advance(5000);
  }
  // Taints that evict come a moment after the look.
  await world.advance(100);
}

async function taintsOf(name: string): Promise<string[]> {
  const { spec } = await world.client.get(resources.nodes, { name });
  return (spec.taints ?? []).map(({ key, effect }) => `${key.split('/')[1] ?? key}:${effect}`);
}

async function readyOf(name: string) {
  const { status } = await world.client.get(resources.nodes, { name });
  return status?.conditions?.find(({ type }) => type === 'Ready');
}

async function events(): Promise<string[]> {
  await world.settle();
  const { items } = await world.client.list(resources.events);
  return items.map(
    ({ type, reason, message, source, involvedObject }) =>
      `${source?.component} ${involvedObject.kind} ${type} ${reason}: ${message}`,
  );
}

describe('node-lifecycle-controller', () => {
  it('lets Pods onto a node once it is ready, and keeps older labels the same', async () => {
    await start();
    await node('a', { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' });
    expect(await taintsOf('a')).toEqual([]);
    const { metadata } = await world.client.get(resources.nodes, { name: 'a' });
    expect(metadata.labels).toMatchObject({
      'beta.kubernetes.io/os': 'linux',
      'beta.kubernetes.io/arch': 'amd64',
    });
    expect(new Set(world.sent.map(({ by }) => by))).toEqual(new Set(['node-controller']));
    await live(5, 'a');
    expect(await events()).toEqual([
      'node-controller Node Normal RegisteredNode: Node a event: Registered Node a in Controller',
    ]);
  });

  it('taints by conditions and cordons', async () => {
    await start();
    await node('a');
    await world.client.patch(
      resources.nodes,
      { name: 'a' },
      { type: 'merge', patch: { spec: { unschedulable: true } } },
    );
    await world.client.patch(
      resources.nodes,
      { name: 'a' },
      {
        type: 'strategic',
        patch: { status: { conditions: [{ type: 'DiskPressure', status: 'True' }] } },
      },
      { subresource: 'status' },
    );
    await world.settle();
    expect((await taintsOf('a')).toSorted()).toEqual([
      'disk-pressure:NoSchedule',
      'unschedulable:NoSchedule',
    ]);
    await world.client.patch(
      resources.nodes,
      { name: 'a' },
      { type: 'merge', patch: { spec: { unschedulable: false } } },
    );
    await world.settle();
    expect(await taintsOf('a')).toEqual(['disk-pressure:NoSchedule']);
  });

  it('says that nobody knows how a silent node is after 50 s', async () => {
    await start();
    await node('a');
    await node('b');
    await pod('web', 'a');
    await live(50, 'b');
    expect((await readyOf('a'))?.status).toBe('True');
    world.sent.length = 0;
    await live(10, 'b');
    expect(await readyOf('a')).toMatchObject({
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
    });
    const { status } = await world.client.get(resources.nodes, { name: 'a' });
    expect(status?.conditions?.map(({ type, reason }) => `${type} ${reason}`)).toEqual([
      'MemoryPressure NodeStatusUnknown',
      'Ready NodeStatusUnknown',
      'DiskPressure NodeStatusNeverUpdated',
      'PIDPressure NodeStatusNeverUpdated',
    ]);
    expect((await taintsOf('a')).toSorted()).toEqual([
      'unreachable:NoExecute',
      'unreachable:NoSchedule',
    ]);
    const web = await world.client.get(resources.pods, { namespace: 'default', name: 'web' });
    expect(web.status?.conditions?.[0]).toMatchObject({ type: 'Ready', status: 'False' });
    const requests = world.sent.map(({ method, path }) => `${method} ${path}`);
    expect(requests.filter((request) => !request.includes('/events'))).toEqual([
      `PUT ${NODE}/a/status`,
      'PUT /api/v1/namespaces/default/pods/web/status',
      `PATCH ${NODE}/a`,
      `PATCH ${NODE}/a`,
    ]);
    expect(await events()).toEqual(
      expect.arrayContaining([
        'node-controller Node Normal NodeNotReady: Node a status is now: NodeNotReady',
        'node-controller Pod Warning NodeNotReady: Node is not ready',
      ]),
    );
    expect((await readyOf('b'))?.status).toBe('True');
  });

  it('takes the taints away when the node is back', async () => {
    await start();
    await node('a');
    await node('b');
    await live(65, 'b');
    await report('a');
    await live(5, 'a', 'b');
    expect(await taintsOf('a')).toEqual([]);
  });

  it('changes one taint for the other at once', async () => {
    await start();
    await node('a');
    await node('b');
    await report('a', 'False');
    await live(10, 'a', 'b');
    expect((await taintsOf('a')).toSorted()).toEqual([
      'not-ready:NoExecute',
      'not-ready:NoSchedule',
    ]);
    await live(60, 'b');
    expect((await taintsOf('a')).toSorted()).toEqual([
      'unreachable:NoExecute',
      'unreachable:NoSchedule',
    ]);
  });

  it('gives one node in ten seconds the taint that evicts', async () => {
    await start();
    for (const name of ['a', 'b', 'c', 'd', 'e']) await node(name);
    await live(60, 'c', 'd', 'e');
    const evicted = async () =>
      (await Promise.all(['a', 'b'].map(taintsOf))).filter((taints) =>
        taints.includes('unreachable:NoExecute'),
      ).length;
    expect(await evicted()).toBe(1);
    await live(10, 'c', 'd', 'e');
    expect(await evicted()).toBe(2);
  });

  it('evicts nothing when all nodes are silent: the control plane may be what is cut off', async () => {
    await start();
    for (const name of ['a', 'b']) await node(name);
    await live(90);
    expect(await taintsOf('a')).toEqual(['unreachable:NoSchedule']);
    expect(await taintsOf('b')).toEqual(['unreachable:NoSchedule']);
    // Those that come back first must not be alone: the others get ten seconds.
    await report('a');
    await live(5, 'a');
    expect(await taintsOf('b')).toEqual(['unreachable:NoSchedule']);
    await live(20, 'a');
    expect(await taintsOf('b')).toContain('unreachable:NoExecute');
  });

  it('evicts nothing in a small zone of which more than half is silent', async () => {
    await start();
    for (const name of ['a', 'b', 'c', 'd', 'e']) await node(name);
    await live(90, 'd', 'e');
    for (const name of ['a', 'b', 'c'])
      expect(await taintsOf(name)).toEqual(['unreachable:NoSchedule']);
    await report('a');
    await live(20, 'a', 'd', 'e');
    const taints = (await Promise.all(['b', 'c'].map(taintsOf))).flat();
    expect(taints).toContain('unreachable:NoExecute');
  });

  it('gives a node whose kubelet never spoke a minute', async () => {
    await start();
    await node('a');
    await world.client.create(resources.nodes, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'mute' },
      spec: {},
    });
    await live(60, 'a');
    expect(await readyOf('mute')).toBeUndefined();
    await live(10, 'a');
    expect(await readyOf('mute')).toMatchObject({
      status: 'Unknown',
      reason: 'NodeStatusNeverUpdated',
      message: 'Kubelet never posted node status.',
    });
  });

  it('tells that a node is gone', async () => {
    await start();
    await node('a');
    await live(5, 'a');
    await world.client.delete(resources.nodes, { name: 'a' });
    await live(5);
    expect(await events()).toContain(
      'node-controller Node Normal RemovingNode: Node a event: Removing Node a from Controller',
    );
  });

  it('marks a Pod that comes to a node which is not ready', async () => {
    await start();
    await node('a');
    await node('b');
    await report('a', 'False');
    await live(10, 'a', 'b');
    world.sent.length = 0;
    const time = formatTime(world.clock.now());
    const bound = { namespace: 'default', name: 'late' };
    await world.client.create(resources.pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: bound,
      spec: { containers: [{ name: 'c', image: 'web' }] },
    });
    await world.client.patch(
      resources.pods,
      bound,
      {
        type: 'strategic',
        patch: {
          status: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: time }] },
        },
      },
      { subresource: 'status' },
    );
    await world.client.createSubresource(resources.pods, bound, 'binding', {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: bound,
      target: { kind: 'Node', name: 'a' },
    });
    await world.settle();
    expect(world.sent.map(({ path }) => path)).toContain(
      '/api/v1/namespaces/default/pods/late/status',
    );
  });
});
