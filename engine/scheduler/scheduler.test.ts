import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../base/fake-clock.ts';
import { SeededRandom } from '../base/random.ts';
import { Client } from '../client/client.ts';
import { SharedInformers } from '../client/informer/shared-informers.ts';
import { resources } from '../client/resources.ts';
import { advance, settle } from '../client/testing/settle.ts';
import type { Node, Pod } from '../objects/generated/core-v1.generated.ts';
import { readConfiguration } from './configuration/configuration.ts';
import type { PluginRegistry } from './configuration/registry.ts';
import { Scheduler } from './scheduler.ts';
import { node, pod, taint } from './testing/builders.ts';
import { SchedulingApi } from './testing/scheduling-api.ts';

let ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends) end();
  ends = [];
});

interface Given {
  readonly nodes?: readonly Node[];
  readonly configuration?: unknown;
  readonly plugins?: PluginRegistry;
}

async function scheduling({ nodes = [], configuration, plugins = {} }: Given = {}) {
  const api = new SchedulingApi();
  const clock = new FakeClock();
  const random = new SeededRandom(1);
  const client = new Client({ transport: api.transport, clock, userAgent: 'test' });
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const informers = new SharedInformers({ client, clock, random, onError });
  for (const one of nodes) await client.create(resources.nodes, one);
  const scheduler = new Scheduler({
    client,
    informers,
    clock,
    random,
    configuration: readConfiguration(configuration),
    plugins,
    hostName: 'control-plane',
    onError,
  });
  const ending = new AbortController();
  const running = scheduler.run(ending.signal);
  ends.push(() => {
    ending.abort();
    informers.dispose();
    scheduler.dispose();
    void running;
  });
  await settle();
  const create = async (...pods: Pod[]) => {
    for (const one of pods) await client.create(resources.pods, one);
    await settle();
  };
  const get = (name: string) => client.get(resources.pods, { namespace: 'default', name });
  const nodeOf = async (name: string) => (await get(name)).spec.nodeName;
  const events = async () =>
    (await client.list(resources.groupEvents)).items.map(
      ({ reason, note, regarding }) => `${regarding?.name} ${reason}: ${note}`,
    );
  return { api, clock, client, scheduler, errors, create, get, nodeOf, events };
}

describe('Scheduler', () => {
  it('binds a Pod and says so', async () => {
    const { create, nodeOf, events, errors } = await scheduling({ nodes: [node('a')] });
    await create(pod('web'));
    expect(await nodeOf('web')).toBe('a');
    expect(await events()).toEqual(['web Scheduled: Successfully assigned default/web to a']);
    expect(errors).toEqual([]);
  });

  it('leaves Pods of other schedulers alone', async () => {
    const { create, nodeOf, scheduler } = await scheduling({ nodes: [node('a')] });
    await create(pod('web', { schedulerName: 'another' }));
    expect(await nodeOf('web')).toBeUndefined();
    expect(scheduler.pending).toEqual({ active: 0, backoff: 0, unschedulable: 0 });
  });

  it('says in event and status why a Pod gets no node, and tries again when that changes', async () => {
    const tainted = node('a', { taints: [taint('x:NoSchedule')] });
    const { create, get, nodeOf, events, client, clock } = await scheduling({ nodes: [tainted] });
    await create(pod('web'));
    const message =
      '0/1 nodes are available: 1 node(s) had untolerated taint(s). preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.';
    expect(await events()).toEqual([`web FailedScheduling: ${message}`]);
    expect((await get('web')).status?.conditions).toEqual([
      {
        type: 'PodScheduled',
        status: 'False',
        reason: 'Unschedulable',
        message,
        lastTransitionTime: '2023-11-14T22:13:20Z',
      },
    ]);
    // No plugin that refused it waits for labels.
    await client.patch(
      resources.nodes,
      { name: 'a' },
      { type: 'merge', patch: { metadata: { labels: { disk: 'ssd' } } } },
    );
    await advance(clock, 20_000, 1000);
    expect((await events()).length).toBe(1);
    await client.patch(
      resources.nodes,
      { name: 'a' },
      { type: 'merge', patch: { spec: { taints: null } } },
    );
    await advance(clock, 1000);
    expect(await nodeOf('web')).toBe('a');
  });

  it('waits for the first node', async () => {
    const { create, nodeOf, events, client, clock } = await scheduling();
    await create(pod('web'));
    expect(await events()).toEqual(['web FailedScheduling: no nodes available to schedule pods']);
    await client.create(resources.nodes, node('a'));
    await advance(clock, 2000);
    expect(await nodeOf('web')).toBe('a');
  });

  it('tries Pods of higher priority first', async () => {
    const { create, api, client, clock } = await scheduling();
    await create(
      pod('low', { priority: 1 }),
      pod('high', { priority: 10 }),
      pod('mid', { priority: 5 }),
    );
    await client.create(resources.nodes, node('a'));
    await advance(clock, 5000);
    expect(api.bindings).toEqual(['high on a', 'mid on a', 'low on a']);
  });

  it('counts Pods before their bindings are written', async () => {
    const { create, nodeOf } = await scheduling({ nodes: [node('a'), node('b')] });
    await create(...['1', '2', '3', '4'].map((name) => pod(name, { requests: { cpu: '2' } })));
    const bound = await Promise.all(['1', '2', '3', '4'].map(nodeOf));
    expect(bound.filter((name) => name === 'a')).toHaveLength(2);
    expect(bound.filter((name) => name === 'b')).toHaveLength(2);
  });

  it('lets gated Pods alone until their gates are gone', async () => {
    const { create, nodeOf, client, scheduler, events } = await scheduling({ nodes: [node('a')] });
    await create(pod('web', { schedulingGates: [{ name: 'quota' }] }));
    expect(scheduler.pending.unschedulable).toBe(1);
    expect(await events()).toEqual([]);
    const name = { namespace: 'default', name: 'web' };
    await client.patch(resources.pods, name, {
      type: 'merge',
      patch: { spec: { schedulingGates: null } },
    });
    await settle();
    expect(await nodeOf('web')).toBe('a');
  });

  it('gives back what a failed binding held, and tries again after a backoff', async () => {
    const { create, nodeOf, api, clock, events } = await scheduling({ nodes: [node('a')] });
    api.refuse = () => new Error('not now');
    await create(pod('web', { requests: { cpu: '4' } }));
    expect(await events()).toEqual(['web FailedScheduling: not now']);
    api.refuse = () => undefined;
    await settle();
    expect(await nodeOf('web')).toBeUndefined();
    await advance(clock, 2000);
    expect(await nodeOf('web')).toBe('a');
  });

  it('removes Pods of lower priority, nominates the node, and comes back when they are gone', async () => {
    const { create, get, nodeOf, events, client, clock } = await scheduling({ nodes: [node('a')] });
    await create(pod('low', { priority: 1, requests: { cpu: '3' } }));
    await create(pod('high', { priority: 10, requests: { cpu: '2' } }));
    expect((await get('high')).status?.nominatedNodeName).toBe('a');
    expect(
      await client.get(resources.pods, { namespace: 'default', name: 'low' }).catch(() => 'gone'),
    ).toBe('gone');
    const uid = (await get('high')).metadata.uid;
    expect(await events()).toContain(`low Preempted: Preempted by pod ${uid} on node a`);
    await advance(clock, 3000);
    expect(await nodeOf('high')).toBe('a');
  });

  it('runs several schedulers by name, each as it is configured', async () => {
    const fit = (type: string) => ({
      name: 'NodeResourcesFit',
      args: { scoringStrategy: { type } },
    });
    const { create, nodeOf } = await scheduling({
      nodes: [node('a'), node('b')],
      configuration: {
        profiles: [
          { schedulerName: 'default-scheduler' },
          {
            schedulerName: 'packing',
            pluginConfig: [fit('MostAllocated')],
            plugins: { multiPoint: { disabled: [{ name: 'NodeResourcesBalancedAllocation' }] } },
          },
        ],
      },
    });
    await create(pod('first', { requests: { cpu: '1', memory: '1Gi' } }));
    await create(pod('spread', { requests: { cpu: '1', memory: '1Gi' } }));
    expect(await nodeOf('spread')).not.toBe(await nodeOf('first'));
    await create(
      pod('more', {
        requests: { cpu: '1', memory: '1Gi' },
        nodeSelector: { 'kubernetes.io/hostname': 'a' },
      }),
    );
    await create(
      pod('packed', { schedulerName: 'packing', requests: { cpu: '1', memory: '1Gi' } }),
    );
    expect(await nodeOf('packed')).toBe('a');
  });

  it('has Pods wait for Permit plugins', async () => {
    const holding: PluginRegistry = {
      Hold: () => ({ name: 'Hold', permit: () => ({ waitMilliseconds: 5000 }) }),
    };
    const configuration = {
      profiles: [{ plugins: { multiPoint: { enabled: [{ name: 'Hold' }] } } }],
    };
    const { create, get, nodeOf, events, scheduler, clock } = await scheduling({
      nodes: [node('a')],
      configuration,
      plugins: holding,
    });
    await create(pod('held'), pod('let'));
    expect((await get('let')).status?.nominatedNodeName).toBe('a');
    scheduler.waitingPods.allow((await get('let')).metadata.uid, 'Hold');
    await settle();
    expect(await nodeOf('let')).toBe('a');
    await advance(clock, 5000, 1000);
    expect(await nodeOf('held')).toBeUndefined();
    expect(await events()).toContain(
      'held FailedScheduling: 0/1 nodes are available: 1 rejected due to timeout after waiting 5s at plugin Hold.',
    );
  });

  it('explains its decisions', async () => {
    const nodes = [
      node('a'),
      node('b', { allocatable: { cpu: '8' } }),
      node('c', { unschedulable: true }),
    ];
    const { create, scheduler } = await scheduling({ nodes });
    await create(pod('web', { requests: { cpu: '2', memory: '2Gi' } }));
    const decision = await scheduler.service.explain('default', 'web');
    expect(decision).toMatchObject({ outcome: 'scheduled', nodeName: 'b', attempt: 1 });
    expect(decision?.nodes.map(({ nodeName, verdict }) => `${nodeName} ${verdict}`)).toEqual([
      'b chosen',
      'a fits',
      'c refused',
    ]);
    const [best, , refused] = decision?.nodes ?? [];
    expect(best?.scores.find(({ plugin }) => plugin === 'NodeResourcesFit')).toEqual({
      plugin: 'NodeResourcesFit',
      raw: 75,
      normalized: 75,
      weighted: 75,
    });
    expect(best?.total).toBe(best?.scores.reduce((sum, { weighted }) => sum + weighted, 0));
    expect(refused?.refusal).toEqual({
      plugin: 'NodeUnschedulable',
      reasons: ['node(s) were unschedulable'],
    });
    expect(await scheduler.service.decisions()).toMatchObject([{ name: 'web' }]);
  });
});
