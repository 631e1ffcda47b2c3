import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../base/fake-clock.ts';
import type { Stored } from '../../client/resource.ts';
import type { Pod, PodSpec, PodStatus } from '../../objects/generated/core-v1.generated.ts';
import type { ObjectMeta } from '../../objects/generated/meta-v1.generated.ts';
import { formatTime } from '../../objects/time.ts';
import { byActivity, inDeletionOrder } from './deletion-order.ts';
import { Expectations } from './expectations.ts';
import {
  isPodActive,
  isPodAvailable,
  isPodReady,
  isPodTerminal,
  isPodTerminating,
  nextAvailability,
  podCondition,
} from './pod-state.ts';
import { slowStart } from './slow-start.ts';
import { safeEncode, templateHash } from './template-hash.ts';

const NOW = Date.parse('2026-11-26T12:00:00Z');
const ago = (seconds: number): string => formatTime(NOW - seconds * 1000);

interface PodParts {
  readonly meta?: ObjectMeta;
  readonly spec?: Partial<PodSpec>;
  readonly status?: PodStatus;
  /** seconds for which it has been ready */
  readonly ready?: number;
  /** seconds for which it has been there */
  readonly age?: number;
}

function pod(name: string, { meta, spec, status, ready, age = 5000 }: PodParts = {}): Stored<Pod> {
  const lastTransitionTime = ago(ready ?? 0);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: ago(age), ...meta },
    spec: { containers: [], nodeName: 'node-1', ...spec },
    status: {
      phase: 'Running',
      ...(ready === undefined
        ? {}
        : { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime }] }),
      ...status,
    },
  };
}

it('encodes what identifies so that it says nothing', () => {
  // As apimachinery encodes them.
  expect(safeEncode('0123456789')).toBe('456789bcdf');
});

describe('templateHash', () => {
  const template = { metadata: { labels: { app: 'web', tier: 'a' } }, spec: { containers: [] } };

  it('is that of equal templates, however they are written', () => {
    const other = { spec: { containers: [] }, metadata: { labels: { tier: 'a', app: 'web' } } };
    expect(templateHash(other)).toBe(templateHash(template));
    expect(templateHash(template)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
  });

  it('changes with the template and with each collision', () => {
    const hashes = [undefined, 0, 1, 2].map((collisions) => templateHash(template, collisions));
    hashes.push(templateHash({ ...template, spec: { containers: [], hostname: 'a' } }));
    expect(new Set(hashes).size).toBe(5);
  });
});

describe('Expectations', () => {
  it('are met by what is seen or given up', () => {
    const expectations = new Expectations(new FakeClock());
    expect(expectations.satisfied('default/web')).toBe(true);
    expectations.expectCreations('default/web', 3);
    expectations.creationObserved('default/web');
    expect(expectations.satisfied('default/web')).toBe(false);
    expectations.creationObserved('default/web', 2);
    expect(expectations.satisfied('default/web')).toBe(true);
  });

  it('count each deletion once', () => {
    const expectations = new Expectations(new FakeClock());
    expectations.expectDeletions('default/web', ['a', 'b']);
    for (const key of ['a', 'a', 'c']) expectations.deletionObserved('default/web', key);
    expect(expectations.satisfied('default/web')).toBe(false);
    expectations.deletionObserved('default/web', 'b');
    expect(expectations.satisfied('default/web')).toBe(true);
  });

  it('are given up after five minutes, and forgotten', () => {
    const clock = new FakeClock();
    const expectations = new Expectations(clock);
    expectations.expect('default/web', 1, 1);
    clock.advance(300_000);
    expect(expectations.satisfied('default/web')).toBe(false);
    clock.advance(1);
    expect(expectations.satisfied('default/web')).toBe(true);
    expectations.expect('default/web', 1, 0);
    expectations.forget('default/web');
    expect(expectations.satisfied('default/web')).toBe(true);
  });
});

describe('slowStart', () => {
  it('doubles its batches', async () => {
    const open: number[] = [];
    const begun: number[] = [];
    const result = await slowStart(10, async (index) => {
      begun.push(index);
      open.push(begun.length);
      await Promise.resolve();
    });
    expect(result).toEqual({ succeeded: 10, failed: undefined });
    expect(begun).toEqual([...Array(10).keys()]);
  });

  it('ends after the batch in which one failed', async () => {
    const begun: number[] = [];
    const result = await slowStart(100, async (index) => {
      begun.push(index);
      if (index === 4) throw new Error('no quota');
    });
    expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(result).toEqual({ succeeded: 6, failed: [new Error('no quota')] });
  });
});

describe('the state of a Pod', () => {
  it('is available when it has been ready for long enough', () => {
    expect(isPodReady(pod('a'))).toBe(false);
    expect(isPodAvailable(pod('a'), 0, NOW)).toBe(false);
    expect(isPodAvailable(pod('a', { ready: 9 }), 0, NOW)).toBe(true);
    expect(isPodAvailable(pod('a', { ready: 9 }), 10, NOW)).toBe(false);
    expect(isPodAvailable(pod('a', { ready: 10 }), 10, NOW)).toBe(true);
  });

  it('is looked at again when the first becomes available', () => {
    const pods = [
      pod('a'),
      pod('b', { ready: 3 }),
      pod('c', { ready: 7 }),
      pod('d', { ready: 20 }),
    ];
    expect(nextAvailability(pods, 10, NOW, NOW)).toBe(3000);
    expect(nextAvailability(pods, 10, NOW, NOW + 1000)).toBe(2000);
    expect(nextAvailability(pods, 10, NOW, NOW + 4000)).toBe(0);
    expect(nextAvailability(pods, 0, NOW, NOW)).toBeUndefined();
    expect(nextAvailability(pods, 1, NOW, NOW)).toBeUndefined();
  });

  it('is active until it ends or is deleted', () => {
    const deleted = pod('a', { meta: { deletionTimestamp: ago(1) } });
    const ended = pod('a', { meta: { deletionTimestamp: ago(1) }, status: { phase: 'Failed' } });
    expect([pod('a'), deleted, ended].map(isPodActive)).toEqual([true, false, false]);
    expect([pod('a'), deleted, ended].map(isPodTerminating)).toEqual([false, true, false]);
    expect([pod('a'), deleted, ended].map(isPodTerminal)).toEqual([false, false, true]);
    expect(podCondition(pod('a', { ready: 1 }), 'Ready')?.status).toBe('True');
  });
});

/** Each is better deleted than the next. */
const pairs: readonly (readonly [string, PodParts, PodParts])[] = [
  ['not assigned', { spec: { nodeName: '' }, ready: 9 }, { status: { phase: 'Pending' } }],
  ['pending', { status: { phase: 'Pending' } }, { status: { phase: 'Unknown' } }],
  ['of unknown phase', { status: { phase: 'Unknown' } }, { status: { phase: 'Running' } }],
  ['not ready', { age: 9000 }, { ready: 1, age: 10 }],
  ['ready for less long', { ready: 10, age: 9000 }, { ready: 4000, age: 4000 }],
  [
    'more often restarted',
    { ready: 9, age: 9000, status: restarts(3, 9) },
    { ready: 9, age: 10, status: restarts(2, 9) },
  ],
  ['younger', { age: 10 }, { age: 9000 }],
];

function restarts(restartCount: number, ready: number): PodStatus {
  const status = { name: 'c', image: '', imageID: '', ready: true, restartCount };
  const lastTransitionTime = ago(ready);
  return {
    phase: 'Running',
    containerStatuses: [status],
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime }],
  };
}

describe.each(pairs)('%s', (_what, first, second) => {
  const [a, b] = [pod('z', first), pod('a', second)];

  it('goes first', () => {
    const none = () => 0;
    expect(inDeletionOrder([a, b], none, NOW)).toEqual([a, b]);
    expect(inDeletionOrder([b, a], none, NOW)).toEqual([a, b]);
    expect(byActivity([a, b])).toEqual([a, b]);
    expect(byActivity([b, a])).toEqual([a, b]);
  });
});

describe('inDeletionOrder', () => {
  const cost = (value: string): ObjectMeta => ({
    annotations: { 'controller.kubernetes.io/pod-deletion-cost': value },
  });

  it('lets costs count before neighbours, and neighbours before age', () => {
    const cheap = pod('cheap', { ready: 900, meta: cost('-5') });
    const doubled = pod('doubled', { ready: 900 });
    const young = pod('young', { ready: 2 });
    const dear = pod('dear', { ready: 2, meta: cost('10') });
    const ranks = new Map([[doubled, 2]]);
    const order = inDeletionOrder([dear, young, doubled, cheap], (one) => ranks.get(one) ?? 1, NOW);
    expect(order.map(({ metadata }) => metadata.name)).toEqual([
      'cheap',
      'doubled',
      'young',
      'dear',
    ]);
  });

  it.each(['+3', '03', '', 'much', '2147483648'])('takes the cost %j for none', (value) => {
    const order = inDeletionOrder(
      [pod('b', { meta: cost('1') }), pod('a', { meta: cost(value) })],
      () => 0,
      NOW,
    );
    expect(order.map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
  });

  it('takes ages of the same order of magnitude for alike', () => {
    const order = inDeletionOrder(
      [pod('b', { ready: 900 }), pod('a', { ready: 950 })],
      () => 0,
      NOW,
    );
    expect(order.map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
    const exactly = byActivity([pod('b', { ready: 900 }), pod('a', { ready: 950 })]);
    expect(exactly.map(({ metadata }) => metadata.name)).toEqual(['b', 'a']);
  });
});
