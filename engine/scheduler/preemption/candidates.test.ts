import { describe, expect, it } from 'vitest';
import type { Stored } from '../../client/resource.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import type { PodDisruptionBudget } from '../../objects/generated/policy-v1.generated.ts';
import { PodInfo } from '../cache/pod-info.ts';
import { meta, node, pod } from '../testing/builders.ts';
import { TestFramework } from '../testing/test-framework.ts';
import { leastHarmful, type Candidate } from './candidates.ts';
import { splitByBudget } from './disruption-budgets.ts';

const NOW = 1_700_000_000_000;
const budget = (name: string, labels: Record<string, string>, disruptionsAllowed: number) =>
  ({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: meta(name, { namespace: 'default' }),
    spec: { selector: { matchLabels: labels } },
    status: { disruptionsAllowed, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
  }) satisfies PodDisruptionBudget;
const victim = (name: string, priority: number, startTime?: string): Pod =>
  pod(name, { priority, ...(startTime === undefined ? {} : { status: { startTime } }) });
const candidate = (nodeName: string, victims: readonly Pod[], budgetViolations = 0): Candidate => ({
  nodeName,
  victims,
  budgetViolations,
});

describe('the node on which Pods are removed', () => {
  it.each<[string, Candidate[], string]>([
    [
      'violates the fewest budgets',
      [candidate('a', [victim('x', 1)], 1), candidate('b', [victim('y', 5), victim('z', 5)])],
      'b',
    ],
    [
      'has the least important of most important Pods',
      [candidate('a', [victim('x', 5)]), candidate('b', [victim('y', 4), victim('z', 4)])],
      'b',
    ],
    [
      'has the lowest sum of priorities',
      [
        candidate('a', [victim('x', 5), victim('y', 4)]),
        candidate('b', [victim('z', 5), victim('w', 3)]),
      ],
      'b',
    ],
    [
      'has fewer Pods, also of negative priorities',
      [candidate('a', [victim('x', -1), victim('y', -5)]), candidate('b', [victim('z', -1)])],
      'b',
    ],
    [
      'has those that started last',
      [
        candidate('a', [victim('x', 5, '2023-11-14T10:00:00Z')]),
        candidate('b', [victim('y', 5, '2023-11-14T12:00:00Z')]),
      ],
      'b',
    ],
    [
      'is the first of equals',
      [candidate('a', [victim('x', 5)]), candidate('b', [victim('y', 5)])],
      'a',
    ],
  ])('%s', (_rule, candidates, expected) => {
    expect(leastHarmful(candidates, NOW)?.nodeName).toBe(expected);
  });
});

describe('disruption budgets', () => {
  const pods = ['1', '2', '3'].map((name) => new PodInfo(pod(name, { labels: { app: 'db' } })));
  const names = (infos: readonly PodInfo[]) => infos.map(({ pod: { metadata } }) => metadata.name);

  it('allow so many', () => {
    const { violating, allowed } = splitByBudget(pods, [budget('db', { app: 'db' }, 1)]);
    expect(names(allowed)).toEqual(['1']);
    expect(names(violating)).toEqual(['2', '3']);
  });

  it('mean nothing to other Pods, and to other namespaces', () => {
    const other = {
      ...budget('db', { app: 'db' }, 0),
      metadata: meta('db', { namespace: 'other' }),
    };
    const { violating } = splitByBudget(pods, [budget('web', { app: 'web' }, 0), other]);
    expect(violating).toEqual([]);
  });

  it('do not count Pods twice that are ending', () => {
    const ending = budget('db', { app: 'db' }, 1);
    const status = { ...ending.status, disruptedPods: { '1': '2023-11-14T22:13:20Z' } };
    const { allowed } = splitByBudget(pods, [{ ...ending, status }]);
    expect(names(allowed)).toEqual(['1', '2']);
  });

  const protectedPod = (name: string, nodeName: string, app: string): Stored<Pod> =>
    pod(name, { nodeName, priority: 1, labels: { app }, requests: { cpu: '4' } });
  const nominated = (
    pods: readonly Stored<Pod>[],
    budgets: readonly Stored<PodDisruptionBudget>[],
  ) =>
    new TestFramework({
      nodes: [node('a'), node('b')],
      pods,
      objects: { podDisruptionBudgets: [...budgets] },
    }).message(pod('p', { priority: 10, requests: { cpu: '1' } }));

  it('have the scheduler look for another node', () => {
    const pods = [protectedPod('x', 'a', 'db'), protectedPod('y', 'b', 'web')];
    expect(nominated(pods, [budget('db', { app: 'db' }, 0)])).toContain(
      'found a potential placement for pod on node b, preempting 1 victims',
    );
    expect(nominated(pods, [budget('web', { app: 'web' }, 0)])).toContain('on node a,');
  });

  it('are violated when nothing else helps', () => {
    const pods = [protectedPod('x', 'a', 'db'), protectedPod('y', 'b', 'db')];
    expect(nominated(pods, [budget('db', { app: 'db' }, 0)])).toContain('preempting 1 victims');
  });
});
