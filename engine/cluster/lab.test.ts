import { expect, it } from 'vitest';
import type { AddMachine } from '../api/lab.ts';
import { Emitter } from '../base/emitter.ts';
import { FakeClock } from '../base/fake-clock.ts';
import type { WorkerLink } from '../rpc/worker-link.ts';
import { WorkerLab } from './lab.ts';

/** A worker that loads and answers nothing. */
function silent(): WorkerLink {
  const { port1, port2 } = new MessageChannel();
  port2.postMessage({ drydock: 'ready' });
  return {
    endpoint: port1 as WorkerLink['endpoint'],
    onDeath: new Emitter<Error>().event,
    async terminate() {
      port1.close();
    },
  };
}

it('has the name of a machine that was removed for another one, whose cable is plugged in and fast', async () => {
  const clock = new FakeClock();
  const lab = new WorkerLab({ spawnMachine: silent, spawnDocker: silent, spawnHub: silent, clock });
  const options: AddMachine = { name: 'worker-1', profile: 'node', start: 'restore' };
  const first = lab.addMachine(options);
  lab.setCable('worker-1', false);
  lab.setDelay('worker-1', 200);
  await expect(lab.addMachine(options)).rejects.toMatchObject({ code: 'NAME_IN_USE' });
  await lab.removeMachine('worker-1');
  await expect(first).rejects.toMatchObject({ code: 'NOT_RUNNING' });
  expect([lab.machines(), lab.isPlugged('worker-1'), lab.delayOf('worker-1')]).toEqual([
    [],
    true,
    0,
  ]);
  const second = lab.addMachine(options);
  expect(lab.machines().map(({ name }) => name)).toEqual(['worker-1']);
  await lab.close();
  await expect(second).rejects.toMatchObject({ code: 'NOT_RUNNING' });
});
