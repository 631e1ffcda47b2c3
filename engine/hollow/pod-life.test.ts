import { describe, expect, it } from 'vitest';
import { isDown, wishesOf } from './annotations.ts';
import { podLife } from './pod-life.ts';

const wish = (annotations: Record<string, string>) => wishesOf({ annotations }, 500);

describe('wishes of Pods', () => {
  it.each([
    [{}, { readyAfter: 500, runFor: undefined, exitCode: 0 }],
    [{ 'ready-after': '2.5' }, { readyAfter: 2500, runFor: undefined, exitCode: 0 }],
    [{ 'exit-code': '1' }, { readyAfter: 500, runFor: 0, exitCode: 1 }],
    [{ 'run-for': '3' }, { readyAfter: 500, runFor: 3000, exitCode: 0 }],
    [
      { 'ready-after': 'soon', 'exit-code': 'x' },
      { readyAfter: 500, runFor: undefined, exitCode: 0 },
    ],
  ])('%j', (wishes, expected) => {
    const annotations = Object.fromEntries(
      Object.entries(wishes).map(([name, value]) => [`hollow.drydock.dev/${name}`, String(value)]),
    );
    expect(wish(annotations)).toEqual(expected);
  });

  it('lets a node be down', () => {
    expect(isDown({ annotations: { 'hollow.drydock.dev/down': 'true' } })).toBe(true);
    expect(isDown({})).toBe(false);
  });
});

describe('life of a Pod', () => {
  const failing = { readyAfter: 1000, runFor: 2000, exitCode: 1 };

  it('runs for ever when nothing else is asked', () => {
    const wishes = { readyAfter: 1000, runFor: undefined, exitCode: 0 };
    expect(podLife(wishes, 'Always', 0, 999)).toEqual({ state: { kind: 'creating' }, next: 1000 });
    expect(podLife(wishes, 'Always', 0, 5000)).toEqual({
      state: { kind: 'running', since: 1000, restarts: 0 },
    });
  });

  it.each([
    ['Never', 1, 'ended'],
    ['Never', 0, 'ended'],
    ['OnFailure', 0, 'ended'],
    ['OnFailure', 1, 'backingOff'],
    ['Always', 0, 'backingOff'],
  ] as const)('%s, exit code %i: %s', (policy, exitCode, kind) => {
    expect(podLife({ ...failing, exitCode }, policy, 0, 3000).state).toMatchObject({
      kind,
      ended: { start: 1000, end: 3000 },
      restarts: 0,
    });
  });

  it('is restarted after a backoff that doubles', () => {
    const seconds: string[] = [];
    for (let now = 0; now < 120_000; now += 1000) {
      const { state } = podLife(failing, 'Always', 0, now);
      const name = `${state.kind} ${'restarts' in state ? state.restarts : ''}`;
      if (!seconds.at(-1)?.endsWith(name)) seconds.push(`${now / 1000}: ${name}`);
    }
    expect(seconds).toEqual([
      '0: creating ',
      '1: running 0',
      '3: backingOff 0',
      '13: running 1',
      '15: backingOff 1',
      '35: running 2',
      '37: backingOff 2',
      '77: running 3',
      '79: backingOff 3',
    ]);
  });
});
