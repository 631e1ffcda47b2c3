import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../base/fake-clock.ts';
import { ACTION } from '../framework/cluster-event.ts';
import type { Plugin } from '../framework/plugin.ts';
import { prioritySort } from '../plugins/priority-sort.ts';
import { node, pod } from '../testing/builders.ts';
import { SchedulingQueue } from './scheduling-queue.ts';

const waitsForNodes: Plugin = {
  name: 'WaitsForNodes',
  interests: [
    {
      resource: 'Node',
      actions: ACTION.add,
      hint: (_pod, _before, after) => after?.metadata.name !== 'useless',
    },
  ],
};
const nodeAdded = (name: string) =>
  ({ resource: 'Node', action: ACTION.add, after: node(name) }) as const;

function queueing(plugins: readonly Plugin[] = [waitsForNodes]) {
  const clock = new FakeClock(0);
  const queue = new SchedulingQueue({
    clock,
    compare: (a, b) => prioritySort.compare?.(a, b) ?? 0,
    pluginsOf: () => plugins,
    preEnqueueOf: () => plugins.filter(({ preEnqueue }) => preEnqueue !== undefined),
    initialBackoffMilliseconds: 1000,
    maxBackoffMilliseconds: 10_000,
    onError: () => {},
  });
  queue.start();
  /** Pops a Pod and has it refused, or fail. */
  const fail = (...refusedBy: string[]) => {
    const popped = queue.pop();
    if (popped === undefined) throw new Error('There is no Pod to fail.');
    popped.unschedulablePlugins.clear();
    for (const plugin of refusedBy) popped.unschedulablePlugins.add(plugin);
    queue.addUnschedulable(popped);
    return popped;
  };
  return { queue, clock, fail };
}

describe('SchedulingQueue', () => {
  it('is ordered by priority, then by time', () => {
    const { queue, clock } = queueing();
    queue.add(pod('a'));
    clock.advance(1);
    queue.add(pod('b', { priority: 5 }));
    clock.advance(1);
    queue.add(pod('c', { priority: 5 }));
    expect([queue.pop(), queue.pop(), queue.pop()].map((next) => next?.pod.metadata.name)).toEqual([
      'b',
      'c',
      'a',
    ]);
    expect(queue.pop()).toBeUndefined();
  });

  it('keeps refused Pods until an event that their plugins wait for', () => {
    const { queue, clock, fail } = queueing();
    queue.add(pod('a'));
    fail('WaitsForNodes');
    expect(queue.sizes).toEqual({ active: 0, backoff: 0, unschedulable: 1 });
    queue.onEvent({ resource: 'Node', action: ACTION.updateNodeLabel, after: node('n') });
    queue.onEvent(nodeAdded('useless'));
    expect(queue.sizes.unschedulable).toBe(1);
    clock.advance(2000);
    queue.onEvent(nodeAdded('n'));
    expect(queue.sizes).toEqual({ active: 1, backoff: 0, unschedulable: 0 });
  });

  it('backs off when the event comes early, and tries early when nothing else is to do', () => {
    const { queue, fail } = queueing();
    queue.add(pod('a'));
    fail('WaitsForNodes');
    queue.onEvent(nodeAdded('n'));
    expect(queue.sizes).toEqual({ active: 0, backoff: 1, unschedulable: 0 });
    expect(queue.pop()?.pod.metadata.name).toBe('a');
  });

  it('doubles the backoff up to its limit', () => {
    const { queue, clock, fail } = queueing();
    queue.add(pod('a'));
    const waits: number[] = [];
    for (let failures = 0; failures < 6; failures++) {
      fail();
      const start = clock.now();
      expect(queue.pop()).toBeUndefined();
      while (queue.sizes.active === 0) clock.advance(1000);
      waits.push((clock.now() - start) / 1000);
    }
    expect(waits).toEqual([1, 2, 4, 8, 10, 10]);
  });

  it('notices what happens while a Pod is being tried', () => {
    const { queue } = queueing();
    queue.add(pod('a'));
    const popped = queue.pop();
    queue.onEvent(nodeAdded('n'));
    popped?.unschedulablePlugins.add('WaitsForNodes');
    if (popped !== undefined) queue.addUnschedulable(popped);
    expect(queue.sizes).toEqual({ active: 0, backoff: 1, unschedulable: 0 });
  });

  it('tries Pods at once whose plugins wait for something to be done', () => {
    const { queue } = queueing();
    queue.add(pod('a'));
    const popped = queue.pop();
    popped?.pendingPlugins.add('WaitsForNodes');
    if (popped !== undefined) queue.addUnschedulable(popped);
    queue.onEvent(nodeAdded('n'));
    expect(queue.sizes.active).toBe(1);
  });

  it('tries forgotten Pods after five minutes', () => {
    const { queue, clock, fail } = queueing();
    queue.add(pod('a'));
    fail('WaitsForNodes');
    clock.advance(5 * 60_000);
    expect(queue.sizes.unschedulable).toBe(1);
    clock.advance(30_000);
    expect(queue.sizes.active).toBe(1);
  });

  it('asks the plugins before a Pod becomes active', () => {
    let closed = true;
    const gate: Plugin = {
      name: 'Gate',
      interests: [{ resource: 'TargetPod', actions: ACTION.updatePodLabel }],
      preEnqueue: () =>
        closed
          ? { plugin: 'Gate', code: 'UnschedulableAndUnresolvable', reasons: ['closed'] }
          : undefined,
    };
    const { queue } = queueing([gate, waitsForNodes]);
    const before = pod('a');
    queue.add(before);
    expect(queue.sizes.unschedulable).toBe(1);
    queue.onEvent(nodeAdded('n'));
    expect(queue.sizes.unschedulable).toBe(1);
    closed = false;
    queue.update(before, pod('a', { labels: { ready: 'yes' } }));
    expect(queue.sizes.active).toBe(1);
  });

  it('forgets Pods that are deleted', () => {
    const { queue } = queueing();
    queue.add(pod('a'));
    queue.delete('uid-a');
    expect(queue.pop()).toBeUndefined();
  });

  it('keeps track of nominations', () => {
    const { queue } = queueing();
    queue.add(pod('a', { status: { nominatedNodeName: 'n' } }));
    expect(queue.nominator.podsFor('n').map(({ uid }) => uid)).toEqual(['uid-a']);
    queue.delete('uid-a');
    expect(queue.nominator.podsFor('n')).toEqual([]);
  });
});
