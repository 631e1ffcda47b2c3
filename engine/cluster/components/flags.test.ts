import { describe, expect, it } from 'vitest';
import { durationOf, readFlags } from './flags.ts';

describe('flags', () => {
  it('have values in either form, or mean yes', () => {
    const argv = ['kube-x', '--a=1', '--b', '2', '--c', '--d=x=y', '-v', '2'];
    expect(Object.fromEntries(readFlags(argv))).toEqual({
      a: '1',
      b: '2',
      c: 'true',
      d: 'x=y',
      v: '2',
    });
  });

  it('have durations of Go', () => {
    expect(durationOf('x', '1m30s')).toBe(90_000);
    expect(durationOf('x', '500ms')).toBe(500);
    expect(() => durationOf('node-monitor-period', 'soon')).toThrow(
      'invalid argument "soon" for "--node-monitor-period" flag: time: invalid duration "soon"',
    );
  });
});
