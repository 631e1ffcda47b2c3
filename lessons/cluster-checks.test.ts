import { expect, it } from 'vitest';
import type { Stored } from '../engine/client/resource.ts';
import { resources } from '../engine/client/resources.ts';
import type { Pod } from '../engine/objects/generated/core-v1.generated.ts';
import type { KubernetesObject } from '../engine/objects/kubernetes-object.ts';
import type { Check, LessonWorld } from './checks.ts';
import {
  absent,
  conditionOf,
  containerState,
  eventsAbout,
  exists,
  hasCondition,
  podsOf,
  printed,
  processesOn,
  rulesOn,
  servesWithout,
} from './cluster-checks.ts';

const web = { namespace: 'default', name: 'web' };

function pod(part: object = {}): Stored<Pod> {
  const labels = { app: 'web' };
  return { metadata: { ...web, labels }, ...part } as unknown as Stored<Pod>;
}

/** A world with these objects of whatever kind, and a terminal that printed this. */
function worldOf(all: readonly KubernetesObject[], text = ''): LessonWorld {
  return {
    printed: () => text,
    cluster: {
      objects: async () => all,
      object: async () => all[0],
      node: (name: string) => ({
        run: async (...argv: readonly string[]) => ({ stdout: `${name}: ${argv.join(' ')}\n` }),
      }),
    },
  } as unknown as LessonWorld;
}

const look = async (make: () => Check, ...worlds: readonly LessonWorld[]): Promise<string> => {
  const check = make();
  let state = '';
  for (const world of worlds) state = (await check.evaluate(world)).state;
  return state;
};

it('sees objects come and go', async () => {
  const [none, one] = [worldOf([]), worldOf([pod()])];
  expect(await look(exists(resources.pods, web), none)).toBe('waiting');
  expect(await look(exists(resources.pods, web), one)).toBe('passed');
  expect(await look(absent(resources.pods, web), none)).toBe('waiting');
  expect(await look(absent(resources.pods, web), one, none)).toBe('passed');
});

it('tells a condition, with its reason while it is not as wished', async () => {
  const conditions = [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady' }];
  const world = worldOf([pod({ status: { conditions } })]);
  const check = hasCondition(resources.pods, web, 'Ready')();
  expect((await check.evaluate(world)).reason).toBe(
    'Ready of default/web is False. ContainersNotReady',
  );
  expect(await look(hasCondition(resources.pods, web, 'Ready', 'False'), world)).toBe('passed');
  expect(conditionOf(pod({ status: { conditions } }), 'Ready')?.reason).toBe('ContainersNotReady');
  expect(conditionOf(undefined, 'Ready')).toBeUndefined();
});

it('finds Pods by labels, without those on their way out', async () => {
  const leaving = pod({ metadata: { ...web, labels: { app: 'web' }, deletionTimestamp: 'now' } });
  const world = worldOf([pod(), leaving]);
  expect(await podsOf(world, 'default', { app: 'web' })).toEqual([pod()]);
  expect(await podsOf(world, 'default', { app: 'other' })).toEqual([]);
});

it('says how a container is', () => {
  const state = { waiting: { reason: 'CrashLoopBackOff' } };
  const containerStatuses = [{ name: 'nginx', restartCount: 2, state }];
  expect(containerState(pod({ status: { containerStatuses } }))).toEqual({
    kind: 'waiting',
    reason: 'CrashLoopBackOff',
    exitCode: undefined,
    restarts: 2,
  });
  expect(containerState(pod())).toBeUndefined();
});

it('finds events, processes, rules and what terminals have shown', async () => {
  const involvedObject = { kind: 'Pod', ...web };
  const world = worldOf(
    [{ metadata: web, involvedObject, reason: 'Scheduled' } as unknown as KubernetesObject],
    'v1.37.2',
  );
  expect(await eventsAbout(world, { kind: 'Pod', ...web }, 'Scheduled')).toHaveLength(1);
  expect(await eventsAbout(world, { kind: 'Pod', ...web }, 'Killing')).toHaveLength(0);
  expect(await processesOn(world, 'worker-1', 'nginx')).toEqual(['worker-1: pgrep -af nginx']);
  expect(await rulesOn(world, 'worker-1')).toContain('worker-1: nft list ruleset');
  expect(await look(printed(/v1\.37/, 'the version'), world)).toBe('passed');
});

it('sees that a page is served on without a component', async () => {
  const check = servesWithout('etcd', 'default', { app: 'web' }, 'nothing new is remembered.')();
  const at = (running: boolean, served: string, status: object = { podIP: '10.244.1.7' }) =>
    check.evaluate({
      ...worldOf([pod({ status })]),
      cluster: {
        ...worldOf([pod({ status })]).cluster,
        state: () => ({ nodes: [{ components: [{ name: 'etcd', running }] }] }),
      },
      run: async (...argv: readonly string[]) => ({ stdout: `${served} ${argv.join(' ')}` }),
    } as unknown as LessonWorld);
  expect((await at(false, 'nginx', {})).reason).toBe('There is no Pod of web with an address yet.');
  expect((await at(true, 'nginx')).reason).toBe('etcd runs.');
  expect(await at(false, 'nginx')).toMatchObject({
    state: 'passed',
    reason: '10.244.1.7 answers, and nothing new is remembered.',
  });
  expect(await at(false, '')).toMatchObject({
    state: 'failed',
    reason: 'etcd is away, and nothing answers at 10.244.1.7.',
  });
});
