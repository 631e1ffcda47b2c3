import { describe, expect, it } from 'vitest';
import type { Pod, PodStatus } from '../../objects/generated/core-v1.generated.ts';
import { formatTime } from '../../objects/time.ts';
import type { PodMetrics } from './pod-metrics.ts';
import {
  countByAverage,
  countByShare,
  countByTotal,
  countByUtilization,
  type PodMetricInput,
} from './replica-count.ts';

const NOW = 1_700_000_000_000;
const MINUTE = 60_000;
const tolerances = { down: 0.1, up: 0.1 };

type State = 'ready' | 'unready' | 'pending' | 'failed' | 'new';

/** Started an hour ago and ready since, each asking for a whole core. */
function pod(name: string, state: State = 'ready'): Pod {
  const startedAt = NOW - (state === 'new' ? MINUTE : 60 * MINUTE);
  const status: PodStatus = {
    phase: state === 'pending' ? 'Pending' : state === 'failed' ? 'Failed' : 'Running',
    startTime: formatTime(startedAt),
    conditions: [
      {
        type: 'Ready',
        status: state === 'ready' || state === 'new' ? 'True' : 'False',
        lastTransitionTime: formatTime(startedAt + 10_000),
      },
    ],
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '1' } } }] },
    status,
  };
}

/** In thousandths, measured over the last half minute. */
function metrics(values: Readonly<Record<string, number>>, at = NOW): PodMetrics {
  return new Map(
    Object.entries(values).map(([name, value]) => [name, { value, at, window: 30_000 }]),
  );
}

function input(
  pods: readonly Pod[],
  values: PodMetrics,
  options: Partial<PodMetricInput> = {},
): PodMetricInput {
  const current = pods.length;
  return { current, tolerances, pods, metrics: values, resource: 'cpu', now: NOW, ...options };
}

const ready = (count: number) => Array.from({ length: count }, (_, index) => pod(`p${index}`));

describe('by utilization of what Pods request', () => {
  it('goes with the ratio of usage to target', () => {
    const counted = countByUtilization(input(ready(2), metrics({ p0: 900, p1: 700 })), 40, '');
    expect(counted).toEqual({ replicas: 4, usage: 800, utilization: 80 });
  });

  it('lets small differences be, and tolerances be other ones', () => {
    const used = metrics({ p0: 540, p1: 550 });
    expect(countByUtilization(input(ready(2), used), 50, '').replicas).toBe(2);
    const strict = input(ready(2), used, { tolerances: { down: 0.1, up: 0 } });
    expect(countByUtilization(strict, 50, '').replicas).toBe(3);
  });

  it('takes Pods without metrics for busy when there would be fewer, and for idle when more', () => {
    const four = [...ready(3), pod('p3')];
    const fewer = countByUtilization(input(four, metrics({ p0: 100, p1: 100, p2: 100 })), 50, '');
    // 10 percent would be one Pod; with one at 100 percent the average is 32.
    expect(fewer.replicas).toBe(3);
    const more = countByUtilization(input(four, metrics({ p0: 900, p1: 900, p2: 900 })), 50, '');
    expect(more.replicas).toBe(6);
  });

  it('does not let Pods without metrics turn the direction', () => {
    const two = ready(2);
    expect(countByUtilization(input(two, metrics({ p0: 600 })), 50, '').replicas).toBe(2);
  });

  it('takes Pods that are not ready for idle when there would be more, and leaves them out else', () => {
    const pods = [...ready(2), pod('p2', 'pending'), pod('p3', 'unready')];
    const busy = metrics({ p0: 1000, p1: 1000, p3: 1000 });
    expect(countByUtilization(input(pods, busy), 50, '').replicas).toBe(4);
    const idle = metrics({ p0: 100, p1: 100, p3: 100 });
    expect(countByUtilization(input(pods, idle), 50, '').replicas).toBe(1);
  });

  it('does not count what was measured while a Pod started', () => {
    const pods = [pod('p0'), pod('p1', 'new')];
    const early = new Map([
      ...metrics({ p0: 500 }),
      ...metrics({ p1: 4000 }, NOW - MINUTE + 20_000),
    ]);
    expect(countByUtilization(input(pods, early), 50, '')).toMatchObject({
      replicas: 2,
      utilization: 50,
    });
    const late = metrics({ p0: 500, p1: 4000 });
    expect(countByUtilization(input(pods, late), 50, '').replicas).toBe(9);
  });

  it('ignores Pods that failed', () => {
    const pods = [...ready(2), pod('p2', 'failed')];
    const used = metrics({ p0: 500, p1: 500, p2: 5000 });
    expect(countByUtilization(input(pods, used), 50, '').replicas).toBe(3);
  });

  it('says what is missing', () => {
    const none = input([], metrics({}));
    expect(() => countByUtilization(none, 50, '')).toThrow(
      'no pods returned by selector while calculating replica count',
    );
    expect(() => countByUtilization(input(ready(1), metrics({})), 50, '')).toThrow(
      'did not receive metrics for targeted pods (pods might be unready)',
    );
    const used = input(ready(1), metrics({ p0: 1 }));
    expect(() => countByUtilization(used, 50, 'sidecar')).toThrow(
      'container sidecar not found in Pod p0',
    );
    expect(() => countByUtilization({ ...used, resource: 'memory' }, 50, '')).toThrow(
      'missing request for memory in container c of Pod p0',
    );
  });
});

describe('by other values', () => {
  it('averages over Pods', () => {
    const counted = countByAverage(
      input(ready(3), metrics({ p0: 12_000, p1: 20_000, p2: 10_000 }), { resource: '' }),
      7000,
    );
    expect(counted).toEqual({ replicas: 6, usage: 14_000 });
  });

  it('goes with a total by the number of ready Pods, and from none by the ratio alone', () => {
    const pods = [...ready(2), pod('p2', 'unready')];
    const state = { current: 3, tolerances, pods };
    expect(countByTotal(30_000, 10_000, state)).toEqual({ replicas: 6, usage: 30_000 });
    expect(countByTotal(10_500, 10_000, state).replicas).toBe(3);
    expect(countByTotal(25_000, 10_000, { ...state, current: 0, pods: [] }).replicas).toBe(3);
    expect(() => countByTotal(30_000, 10_000, { ...state, pods: [] })).toThrow(
      'unable to calculate ready pods: no pods returned by selector',
    );
  });

  it('gives each Pod its share', () => {
    expect(countByShare(100_000, 20_000, 2, tolerances)).toEqual({ replicas: 5, usage: 50_000 });
    expect(countByShare(41_000, 20_000, 2, tolerances)).toEqual({ replicas: 2, usage: 20_500 });
    expect(countByShare(40_000, 20_000, 0, tolerances).replicas).toBe(2);
  });
});
