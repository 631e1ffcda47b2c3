import { describe, expect, it } from 'vitest';
import type { StatefulSet, StatefulSetSpec } from '../../objects/generated/apps-v1.generated.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { podsToReplace } from './rolling-update.ts';

const setOf = (
  podManagementPolicy: 'OrderedReady' | 'Parallel',
  rollingUpdate: NonNullable<StatefulSetSpec['updateStrategy']>['rollingUpdate'] = {},
): StatefulSet => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'web' },
  spec: {
    replicas: 6,
    podManagementPolicy,
    selector: {},
    template: {},
    updateStrategy: { type: 'RollingUpdate', rollingUpdate },
  },
});

/** One character a Pod: `o` old, `n` new; large when it is available; `x` old and on its way out. */
function replicas(text: string): readonly Pod[] {
  return Array.from(text, (state, ordinal) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `web-${ordinal}`,
      labels: { 'controller-revision-hash': state.toLowerCase() === 'n' ? 'new' : 'old' },
      ...(state === 'x' ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: { containers: [] },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: state === state.toUpperCase() ? 'True' : 'False' }],
    },
  }));
}

const chosen = (set: StatefulSet, text: string): readonly (string | undefined)[] =>
  podsToReplace(set, replicas(text), 'new', 0).map(({ metadata }) => metadata.name);

describe('in order', () => {
  it.each([
    ['OOOOOO', ['web-5']],
    ['OOOOON', ['web-4']],
    // Whatever is not available, new or old, uses up what may be.
    ['OOOOOn', []],
    ['oOOOOO', []],
    ['OOOOOx', []],
    ['NNNNNN', []],
  ])('from %s it takes %o', (text, names) => {
    expect(chosen(setOf('OrderedReady'), text)).toEqual(names);
  });

  it('takes as many as may be unavailable, down to the partition', () => {
    const set = setOf('OrderedReady', { maxUnavailable: 3, partition: 4 });
    expect(chosen(set, 'OOOOOO')).toEqual(['web-5', 'web-4']);
    expect(chosen(setOf('OrderedReady', { maxUnavailable: '50%' }), 'OOOOOn')).toEqual([
      'web-4',
      'web-3',
    ]);
    // A share of less than one is one.
    expect(chosen(setOf('OrderedReady', { maxUnavailable: '1%' }), 'OOOOOO')).toEqual(['web-5']);
  });
});

describe('in parallel', () => {
  it.each([
    ['OOOOOO', ['web-5']],
    // What is broken already costs nothing and goes first, however much of it there is.
    ['ooOOOO', ['web-1', 'web-0']],
    ['ooOOOn', ['web-1', 'web-0']],
    ['OOOOOx', []],
    ['OOOOOn', []],
  ])('from %s it takes %o', (text, names) => {
    expect(chosen(setOf('Parallel'), text)).toEqual(names);
  });

  it('adds good ones while fewer than may be are unavailable', () => {
    const set = setOf('Parallel', { maxUnavailable: 3 });
    expect(chosen(set, 'oOOOOO')).toEqual(['web-0', 'web-5', 'web-4']);
    expect(chosen(setOf('Parallel', { maxUnavailable: 3, partition: 5 }), 'oOOOOO')).toEqual([
      'web-5',
    ]);
  });
});
