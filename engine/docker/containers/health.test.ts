import { expect, it } from 'vitest';
import { FakeClock } from '../../base/fake-clock.ts';
import type { Healthcheck } from './container-config.ts';
import { HealthMonitor, probeCommand, type HealthStatus, type Probe } from './health.ts';

const SECOND = 1e9;
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function monitorOf(
  clock: FakeClock,
  check: Healthcheck,
  probe: Probe,
): { readonly monitor: HealthMonitor; readonly told: HealthStatus[] } {
  const told: HealthStatus[] = [];
  const monitor = new HealthMonitor(clock, check, ['check'], probe, (status) => told.push(status));
  monitor.begin(clock.now());
  return { monitor, told };
}

it('turns healthy at the first success and unhealthy after enough failures', async () => {
  const clock = new FakeClock();
  const codes = [1, 0, 1, 1];
  const { monitor, told } = monitorOf(
    clock,
    { Interval: SECOND, Retries: 2, StartPeriod: 2 * SECOND },
    () => Promise.resolve({ code: codes.shift() ?? 0, output: 'said' }),
  );
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

it('counts a check that takes too long as failed, and waits for its end', async () => {
  const clock = new FakeClock();
  const probes: { readonly signal: AbortSignal; end(): void }[] = [];
  const { monitor } = monitorOf(
    clock,
    { Interval: SECOND, Timeout: 90 * SECOND, Retries: 1 },
    (_args, signal) =>
      new Promise((resolve) =>
        probes.push({ signal, end: () => resolve({ code: 0, output: 'late' }) }),
      ),
  );
  clock.advance(1000);
  await settled();
  clock.advance(90_000);
  await settled();
  expect(probes[0]?.signal.aborted).toBe(true);
  expect(monitor.health).toMatchObject({
    Status: 'unhealthy',
    Log: [{ ExitCode: -1, Output: 'Health check exceeded timeout (1m30s)' }],
  });
  clock.advance(5000);
  await settled();
  expect(probes).toHaveLength(1);
  probes[0]?.end();
  await settled();
  expect(monitor.health.Log).toHaveLength(1);
  clock.advance(1000);
  await settled();
  expect(probes).toHaveLength(2);
  monitor.stop();
  expect(probes[1]?.signal.aborted).toBe(true);
});

it('keeps results over pauses, and the log over starts', async () => {
  const clock = new FakeClock();
  const { monitor, told } = monitorOf(clock, { Interval: SECOND }, () =>
    Promise.resolve({ code: 0, output: '' }),
  );
  clock.advance(1000);
  await settled();
  monitor.stop();
  clock.advance(5000);
  await settled();
  expect(monitor.health).toMatchObject({ Status: 'healthy', Log: [{}] });
  monitor.resume();
  clock.advance(1000);
  await settled();
  expect(monitor.health).toMatchObject({ Status: 'healthy', Log: [{}, {}] });
  monitor.begin(clock.now());
  expect(monitor.health).toMatchObject({ Status: 'starting', Log: [{}, {}] });
  clock.advance(1000);
  await settled();
  expect(told).toEqual(['healthy', 'healthy']);
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
