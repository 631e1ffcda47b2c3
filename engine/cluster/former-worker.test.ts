import { expect, it } from 'vitest';
import type { MachineOptions, MachineProgress } from '../api/machine.ts';
import { FakeClock } from '../base/fake-clock.ts';
import { MachineError } from '../machine/machine-error.ts';
import type { MachineClient } from '../machine/worker/machine-client.ts';
import { startInFormer } from './former-worker.ts';

const OPTIONS: MachineOptions = { profile: 'bare', hostname: 'a', start: { kind: 'restore' } };
const REPORT: MachineProgress = { phase: 'restoring', text: 'Restoring memory', done: 0, total: 1 };

/** A start in a worker that does as it is told. */
function begin() {
  const clock = new FakeClock();
  const giveUp = new AbortController();
  let resolve: () => void = () => {};
  let reject: (error: Error) => void = () => {};
  const starting = new Promise<void>((...both) => ([resolve, reject] = both));
  const reports: MachineProgress[] = [];
  let report: (progress: MachineProgress) => void = () => {};
  let isEnded = false;
  const service: Partial<MachineClient['service']> = {
    start(_options, onProgress) {
      report = onProgress;
      return starting;
    },
  };
  const client: Pick<MachineClient, 'destroy'> & { service: typeof service } = {
    service,
    async destroy() {
      isEnded = true;
      reject(new Error('The worker was stopped.'));
    },
  };
  const started = startInFormer(client as MachineClient, {
    options: OPTIONS,
    onProgress: (progress) => reports.push(progress),
    signal: giveUp.signal,
    clock,
  });
  started.catch(() => {});
  return {
    client,
    clock,
    giveUp,
    resolve,
    reject,
    started,
    reports,
    report: () => report(REPORT),
    isEnded: () => isEnded,
  };
}

it('goes on for as long as the worker tells of it', async () => {
  const { client, clock, resolve, started, report, reports, isEnded } = begin();
  clock.advance(9000);
  for (let minute = 0; minute < 5; minute++) {
    report();
    clock.advance(29_000);
  }
  resolve();
  expect(await started).toBe(client);
  clock.advance(60_000);
  expect([reports.length, isEnded(), clock.pending]).toEqual([5, false, 0]);
});

it('ends a worker that does not begin within ten seconds', async () => {
  const { clock, started, isEnded } = begin();
  clock.advance(9999);
  expect(isEnded()).toBe(false);
  clock.advance(1);
  expect([await started, isEnded()]).toEqual([undefined, true]);
});

it('ends a worker that falls silent for half a minute after a report', async () => {
  const { clock, started, report, isEnded } = begin();
  report();
  clock.advance(29_999);
  expect(isEnded()).toBe(false);
  clock.advance(1);
  expect([await started, isEnded(), clock.pending]).toEqual([undefined, true, 0]);
});

it('leaves it to a new worker when this one cannot, but not what no worker can', async () => {
  const unable = begin();
  unable.reject(new MachineError('BOOT_FAILED', 'The machine did not come up.'));
  expect([await unable.started, unable.isEnded()]).toEqual([undefined, true]);
  const hopeless = begin();
  hopeless.reject(new MachineError('STATE_DAMAGED', 'It is cut.'));
  await expect(hopeless.started).rejects.toMatchObject({ code: 'STATE_DAMAGED' });
});

it('is given up with the reason', async () => {
  const { giveUp, started, isEnded } = begin();
  giveUp.abort(new Error('The machine was destroyed.'));
  await expect(started).rejects.toThrow('The machine was destroyed.');
  expect(isEnded()).toBe(true);
});
