import { expect, it } from 'vitest';
import { FakeClock } from '../../base/fake-clock.ts';
import { HealthMonitor, probeCommand, type HealthStatus } from './health.ts';

const SECOND = 1e9;
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('turns healthy at the first success and unhealthy after enough failures', async () => {
  const clock = new FakeClock();
  const codes = [1, 0, 1, 1];
  const told: HealthStatus[] = [];
  const probe = {
    run: () =>
      Promise.resolve({ exit: { code: codes.shift() ?? 0, finishedAt: 0 }, output: 'said' }),
  };
  const monitor = new HealthMonitor(
    clock,
    { Test: [], Interval: SECOND, Retries: 2, StartPeriod: 2 * SECOND },
    probe,
    (status) => told.push(status),
  );
  void monitor.run(['check']);
  expect(monitor.health.Status).toBe('starting');
  for (const expected of ['starting', 'healthy', 'healthy', 'unhealthy']) {
    clock.advance(1000);
    await settled();
    expect(monitor.health.Status).toBe(expected);
  }
  expect(told).toEqual(['healthy', 'unhealthy']);
  expect(monitor.health).toMatchObject({
    FailingStreak: 2,
    Log: [{ ExitCode: 1 }, { ExitCode: 0 }, { ExitCode: 1 }, { ExitCode: 1, Output: 'said' }],
  });
  monitor.stop();
  expect(clock.pending).toBe(0);
});

it('counts a check that takes too long as failed', async () => {
  const clock = new FakeClock();
  const monitor = new HealthMonitor(
    clock,
    { Interval: SECOND, Timeout: 3 * SECOND, Retries: 1 },
    { run: () => new Promise(() => {}) },
    () => {},
  );
  void monitor.run(['check']);
  clock.advance(1000);
  await settled();
  clock.advance(3000);
  await settled();
  expect(monitor.health).toMatchObject({
    Status: 'unhealthy',
    Log: [{ ExitCode: -1, Output: 'Health check exceeded timeout (3s)' }],
  });
  monitor.stop();
});

it('knows the forms of a check', () => {
  expect(probeCommand({ Test: ['CMD', 'a', 'b'] }, undefined)).toEqual(['a', 'b']);
  expect(probeCommand({ Test: ['CMD-SHELL', 'a b'] }, ['/bin/bash', '-c'])).toEqual([
    '/bin/bash',
    '-c',
    'a b',
  ]);
  expect(probeCommand({ Test: ['NONE'] }, undefined)).toBeUndefined();
});
