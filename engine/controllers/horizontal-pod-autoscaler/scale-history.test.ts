import { describe, expect, it } from 'vitest';
import type { HPAScalingRules } from '../../objects/generated/autoscaling-v2.generated.ts';
import { limitByDefault, ScaleHistory } from './scale-history.ts';

const MINUTE = 60_000;
const rules = (
  policies: readonly (readonly ['Pods' | 'Percent', number, number])[],
  selectPolicy: 'Max' | 'Min' | 'Disabled' = 'Max',
  stabilizationWindowSeconds = 0,
): HPAScalingRules => ({
  selectPolicy,
  stabilizationWindowSeconds,
  policies: policies.map(([type, value, periodSeconds]) => ({ type, value, periodSeconds })),
});
const free = rules([['Percent', 1000, 15]]);
const range = (current: number) => ({ current, least: 1, most: 100 });

describe('recommendations', () => {
  it('keep the highest of five minutes without behaviour', () => {
    const history = new ScaleHistory(4, 0);
    expect(history.stabilize(10, MINUTE)).toBe(10);
    expect(history.stabilize(2, 5 * MINUTE)).toBe(10);
    expect(history.stabilize(2, 6 * MINUTE)).toBe(10);
    expect(history.stabilize(2, 6 * MINUTE + 1)).toBe(2);
  });

  it('keep the nearest that both windows allow', () => {
    const up = rules([], 'Max', 60);
    const down = rules([], 'Max', 120);
    const history = new ScaleHistory(5, 0);
    expect(history.stabilizeBoth(8, 5, up, down, 10_000)).toBe(5);
    expect(history.stabilizeBoth(9, 5, up, down, 65_000)).toBe(8);
    expect(history.stabilizeBoth(3, 8, up, down, 100_000)).toBe(8);
    expect(history.stabilizeBoth(3, 8, up, down, 190_000)).toBe(3);
  });
});

describe('limits', () => {
  it('double or go to four without behaviour, within the range', () => {
    expect(limitByDefault(9, { current: 1, least: 1, most: 10 })).toMatchObject({
      replicas: 4,
      reason: 'ScaleUpLimit',
    });
    expect(limitByDefault(9, { current: 3, least: 1, most: 5 })).toMatchObject({
      replicas: 5,
      reason: 'TooManyReplicas',
    });
    expect(limitByDefault(1, { current: 3, least: 2, most: 5 })).toMatchObject({
      replicas: 2,
      reason: 'TooFewReplicas',
    });
    expect(limitByDefault(3, { current: 3, least: 2, most: 5 }).reason).toBe('DesiredWithinRange');
  });

  it('take the policy that goes farthest, or the one that does not', () => {
    const policies = [
      ['Pods', 4, 60],
      ['Percent', 100, 60],
    ] as const;
    const up = (select: 'Max' | 'Min' | 'Disabled', current: number) =>
      new ScaleHistory(current, 0).limit(50, range(current), rules(policies, select), free, 0);
    expect(up('Max', 2).replicas).toBe(6);
    expect(up('Max', 10).replicas).toBe(20);
    expect(up('Min', 2).replicas).toBe(4);
    expect(up('Disabled', 2)).toMatchObject({ replicas: 2, reason: 'ScaleUpLimit' });
    const down = (select: 'Max' | 'Min') =>
      new ScaleHistory(20, 0).limit(
        1,
        range(20),
        free,
        rules(
          [
            ['Pods', 4, 60],
            ['Percent', 10, 60],
          ],
          select,
        ),
        0,
      );
    expect(down('Max')).toMatchObject({ replicas: 16, reason: 'ScaleDownLimit' });
    expect(down('Min').replicas).toBe(18);
  });

  it('count what changed within the period', () => {
    const up = rules([['Pods', 4, 60]]);
    const history = new ScaleHistory(1, 0);
    history.changed(1, 5, up, 0);
    expect(history.limit(20, range(5), up, free, 30_000)).toMatchObject({
      replicas: 5,
      reason: 'ScaleUpLimit',
    });
    expect(history.limit(20, range(5), up, free, 61_000).replicas).toBe(9);
    // What went down since may come up again.
    history.changed(5, 3, free, 61_000);
    expect(history.limit(20, range(3), up, free, 62_000).replicas).toBe(9);
  });
});
