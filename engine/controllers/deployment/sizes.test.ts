import { describe, expect, it } from 'vitest';
import type { Stored } from '../../client/resource.ts';
import type {
  Deployment,
  ReplicaSet,
  RollingUpdateDeployment,
} from '../../objects/generated/apps-v1.generated.ts';
import { replicaSetName } from './replica-sets.ts';
import { lastRevision, withRevision } from './revisions.ts';
import { minAvailable, mostPods, newSize, proportionalSizes, shrinkOld } from './sizes.ts';

const selector = { matchLabels: { app: 'web' } };

function deployment(replicas: number, rollingUpdate: RollingUpdateDeployment): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', annotations: { note: 'yes' } },
    spec: { replicas, selector, strategy: { type: 'RollingUpdate', rollingUpdate }, template: {} },
  };
}

/** @param age orders them: the older ones have smaller ones */
function set(
  age: number,
  replicas: number,
  available = 0,
  annotations: Readonly<Record<string, string>> = {},
): Stored<ReplicaSet> {
  const name = `web-${age}`;
  const creationTimestamp = `2026-01-01T00:00:0${age}Z`;
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, uid: name, resourceVersion: '1', creationTimestamp, annotations },
    spec: { replicas, selector },
    status: { replicas, availableReplicas: available },
  };
}

describe('the bounds of a rollout', () => {
  it.each([
    // replicas, maxSurge, maxUnavailable, at most, at least
    [2, 0, '1%', 2, 1],
    [1, 0, '1%', 1, 0],
    [2, '1%', '25%', 3, 2],
    [1, '1%', '25%', 2, 1],
    [2, '1%', 0, 3, 2],
    [10, '25%', '25%', 13, 8],
    [10, 3, 2, 13, 8],
    [3, 0, 100, 3, 0],
    [0, '50%', '50%', 0, 0],
  ])('%i with %s more and %s less', (replicas, maxSurge, maxUnavailable, most, least) => {
    const wanted = deployment(replicas, { maxSurge, maxUnavailable });
    expect([mostPods(wanted), minAvailable(wanted)]).toEqual([most, least]);
  });
});

describe('the new ReplicaSet', () => {
  it.each([
    // wanted, surge, new, old, size
    [1, 0, 0, 0, 1],
    [10, 3, 0, 10, 3],
    [10, 3, 3, 8, 5],
    [10, 3, 5, 8, 5],
    [10, 3, 2, 20, 2],
    [10, 0, 10, 0, 10],
    [4, 1, 9, 0, 4],
  ])('of %i with %i more, %i new and %i old ones', (replicas, maxSurge, current, old, size) => {
    expect(newSize(deployment(replicas, { maxSurge }), current, [set(1, old)])).toBe(size);
  });
});

describe('old ReplicaSets', () => {
  const wanted = deployment(10, { maxSurge: 3, maxUnavailable: 2 });
  const shrunk = (current: Stored<ReplicaSet>, old: readonly Stored<ReplicaSet>[]) =>
    shrinkOld(wanted, current, old).map(({ replicaSet, size }) => [replicaSet.metadata.name, size]);

  it('shrink as far as enough stays available', () => {
    expect(shrunk(set(9, 3, 0), [set(1, 10, 10)])).toEqual([['web-1', 8]]);
    expect(shrunk(set(9, 5, 2), [set(1, 8, 8)])).toEqual([['web-1', 6]]);
    expect(shrunk(set(9, 5, 0), [set(1, 8, 8)])).toEqual([]);
  });

  it('lose what is not available first, the oldest first', () => {
    expect(shrunk(set(9, 2, 2), [set(2, 6, 3), set(1, 5, 4)])).toEqual([
      ['web-1', 4],
      ['web-2', 3],
      ['web-1', 3],
    ]);
  });

  it('wait until one has as few Pods as it should', () => {
    expect(shrunk(set(9, 4, 2), [set(1, 8, 10)])).toEqual([]);
  });
});

describe('scaling in a rollout', () => {
  const most = (replicas: number) => ({
    'deployment.kubernetes.io/max-replicas': String(replicas),
  });
  const sizes = (wanted: Deployment, all: readonly Stored<ReplicaSet>[]) =>
    proportionalSizes(wanted, all).map(({ replicaSet, size }) => [replicaSet.metadata.name, size]);

  it('gives each its share, and what is left over to the largest', () => {
    const all = [set(1, 8, 8, most(13)), set(2, 5, 0, most(13))];
    expect(sizes(deployment(15, { maxSurge: 3 }), all)).toEqual([
      ['web-1', 11],
      ['web-2', 7],
    ]);
    expect(sizes(deployment(5, { maxSurge: 3 }), all)).toEqual([
      ['web-1', 5],
      ['web-2', 3],
    ]);
    expect(sizes(deployment(0, { maxSurge: 3 }), all)).toEqual([
      ['web-1', 0],
      ['web-2', 0],
    ]);
  });

  it('prefers the newer of equal ones when it grows, the older when it shrinks', () => {
    const all = [set(1, 5, 5, most(10)), set(2, 5, 0, most(10))];
    expect(sizes(deployment(11, {}), all)[0]).toEqual(['web-2', 6]);
    expect(sizes(deployment(9, {}), all)[0]).toEqual(['web-1', 4]);
  });

  it('changes nothing when all have what they may', () => {
    const all = [set(1, 4, 4, most(9)), set(2, 1)];
    expect(sizes(deployment(5, {}), all)).toEqual([
      ['web-1', 4],
      ['web-2', 1],
    ]);
  });
});

describe('revisions', () => {
  const REVISION = 'deployment.kubernetes.io/revision';
  const HISTORY = 'deployment.kubernetes.io/revision-history';
  const wanted = deployment(1, {});

  it('go up only, and leave what is up to date as it is', () => {
    const annotations = { note: 'yes', [REVISION]: '4' };
    expect(withRevision(wanted, annotations, 4)).toBe(annotations);
    expect(withRevision(wanted, annotations, 3)).toBe(annotations);
    expect(withRevision(wanted, annotations, 5)).toEqual({
      note: 'yes',
      [REVISION]: '5',
      [HISTORY]: '4',
    });
  });

  it('are remembered as far as there is room', () => {
    const long = Array.from({ length: 500 }, (_, index) => String(1000 + index)).join(',');
    const { [HISTORY]: history = '' } = withRevision(
      wanted,
      { [REVISION]: '9999', [HISTORY]: long },
      10_000,
    );
    expect(history.length).toBeLessThanOrEqual(2000);
    expect(history).toMatch(/^1101,.*,1499,9999$/);
  });

  it('have a last but one', () => {
    const sets = ['3', '1', 'x', '2'].map((revision) => set(1, 0, 0, { [REVISION]: revision }));
    expect(lastRevision(sets)).toBe(2);
    expect(lastRevision(sets.slice(0, 1))).toBe(0);
  });
});

it('cuts the names of long Deployments so that the hash has room', () => {
  expect(replicaSetName('web', '5d9c7b8f4')).toBe('web-5d9c7b8f4');
  const name = replicaSetName('w'.repeat(253), '5d9c7b8f4');
  expect(name).toHaveLength(253);
  expect(name.endsWith('w-5d9c7b8f4')).toBe(true);
});
