import { describe, expect, it } from 'vitest';
import type { MachineProgress } from '../../../engine/api/machine.ts';
import { startMachine } from '../../../engine/machine/worker/machine-client.ts';
import { spawnNodeMachine } from '../../../engine/machine/worker/node-machine.node.ts';
import { testMachine } from './machines.ts';

/** How far apart two clocks may be that were set by messages, in milliseconds. */
const TOLERANCE = 250;

describe('a machine', () => {
  it('boots cold from the BIOS, reporting progress', async () => {
    const phases: MachineProgress['phase'][] = [];
    const { service, destroy } = await startMachine(
      spawnNodeMachine(),
      { profile: 'bare', hostname: 'cold', start: { kind: 'cold' } },
      ({ phase }) => {
        if (phases.at(-1) !== phase) phases.push(phase);
      },
    );
    expect(phases).toEqual(['fetching', 'booting', 'personalising', 'ready']);
    const serial = (await service.openSerial()).getReader();
    expect((await serial.read()).value).toBeInstanceOf(Uint8Array);
    await destroy();
  });

  it('restores, runs programs, keeps their exit status and counts what it does', async () => {
    const machine = await testMachine();
    expect(await machine.sh('hostname; id -u')).toBe('test\n0');
    const run = await machine.agent.call('run', {
      argv: ['sh', '-c', 'cat; echo bad >&2; exit 7'],
      stdin: 'in',
    });
    expect(run).toMatchObject({ exit: { code: 7 }, stdout: 'in', stderr: 'bad\n' });
    const metrics = await machine.service.metrics();
    expect(metrics.instructions).toBeGreaterThan(1_000_000);
    expect(metrics.diskReadBytes).toBeGreaterThan(0);
    expect(metrics.fetchedBytes).toBeGreaterThan(1_000_000);
    await machine.destroy();
    await expect(machine.service.metrics()).rejects.toMatchObject({ code: 'DISCONNECTED' });
  });

  it('has the time of its host from the start', async () => {
    const machine = await testMachine();
    /** milliseconds by which the guest's clock is ahead of the host's, at least and at most */
    let least = -Infinity;
    let most = Infinity;
    for (let sample = 0; sample < 10; sample++) {
      const asked = Date.now();
      const { time } = await machine.agent.call('stats', {});
      least = Math.max(least, time - Date.now());
      most = Math.min(most, time - asked);
    }
    expect(least).toBeLessThan(TOLERANCE);
    expect(most).toBeGreaterThan(-TOLERANCE);
    await machine.destroy();
  });

  it('sleeps by a timer that can wait for long', async () => {
    const machine = await testMachine();
    expect(await machine.sh('cat /sys/devices/system/clockevents/clockevent0/current_device')).toBe(
      'lapic',
    );
    await machine.destroy();
  });

  it('stands still while paused and has the right time afterwards', async () => {
    const machine = await testMachine();
    await machine.service.pause();
    const before = await machine.service.metrics();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const after = await machine.service.metrics();
    expect(after.paused).toBe(true);
    expect(after.instructions).toBe(before.instructions);
    await machine.service.resume();
    const asked = Date.now();
    const time = Number(await machine.sh('date +%s%3N'));
    expect(time).toBeGreaterThan(asked - 1000);
    expect(time).toBeLessThan(Date.now() + 1000);
    await machine.destroy();
  });

  it('is saved and goes on elsewhere: processes, files in memory and on disk', async () => {
    const first = await testMachine();
    await first.sh('echo disk > /root/on-disk; echo memory > /dev/shm/in-memory; sync');
    await first.sh('(while :; do echo tick >> /dev/shm/ticks; sleep 0.2; done) >/dev/null 2>&1 &');
    const saved = await first.service.save();
    expect(await first.sh('cat /root/on-disk')).toBe('disk');
    await first.destroy();

    const second = await testMachine({ hostname: 'again', start: { kind: 'saved', state: saved } });
    expect(await second.sh('cat /root/on-disk /dev/shm/in-memory; hostname')).toBe(
      'disk\nmemory\nagain',
    );
    const ticks = Number(await second.sh('wc -l < /dev/shm/ticks'));
    await second.sh('sleep 0.5');
    expect(Number(await second.sh('wc -l < /dev/shm/ticks'))).toBeGreaterThan(ticks);
    await second.destroy();

    const other = testMachine({
      memory: saved.memory * 2,
      start: { kind: 'saved', state: saved },
    });
    await expect(other).rejects.toMatchObject({ name: 'MachineError', code: 'STATE_MISMATCH' });
  });

  it('ends with its worker, and tells', async () => {
    const machine = await testMachine();
    const death = new Promise<Error>((resolve) => machine.onDeath(resolve));
    const running = machine.agent.call('run', { argv: ['sleep', '100'] });
    const [result] = await Promise.allSettled([running, machine.destroy()]);
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'DISCONNECTED' } });
    expect(await death).toMatchObject({ code: 'DISCONNECTED' });
  });
});
