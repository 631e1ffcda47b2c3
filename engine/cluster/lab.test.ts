import { expect, it } from 'vitest';
import type { AddMachine } from '../api/lab.ts';
import { Emitter } from '../base/emitter.ts';
import { FakeClock } from '../base/fake-clock.ts';
import * as Comlink from 'comlink';
import type { ProfileName } from '../api/machine.ts';
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

/** Workers whose machines start at once, each as often as it may. */
function willing(startsOfEach = Number.POSITIVE_INFINITY, canEnd = () => true) {
  let restart: ((rest: unknown) => unknown) | undefined;
  let saved: (() => void) | undefined;
  let spawned = 0;
  let living = 0;
  const spawnMachine = (): WorkerLink => {
    const { port1, port2 } = new MessageChannel();
    let starts = 0;
    const death = new Emitter<Error>();
    spawned++;
    living++;
    const nothing = () => Promise.resolve();
    Comlink.expose(
      {
        start: () =>
          ++starts > startsOfEach ? Promise.reject(new Error('no more')) : Promise.resolve(),
        watchDisk: nothing,
        watchRestart(onRestart: (rest: unknown) => unknown) {
          restart ??= onRestart;
          return Promise.resolve();
        },
        pause: nothing,
        save: () => new Promise((resolve) => (saved = () => resolve({}))),
        connectNetwork: nothing,
        agentCall: () => Promise.resolve({}),
      },
      port2,
    );
    port2.postMessage({ drydock: 'ready' });
    return {
      endpoint: port1 as WorkerLink['endpoint'],
      onDeath: death.event,
      async terminate() {
        if (!canEnd()) throw new Error('It does not end.');
        living--;
        port1.close();
      },
    };
  };
  return {
    spawnMachine,
    counts: () => ({ spawned, living }),
    /** The guest of the first machine resets its processor. */
    restartFirst: async () => restart?.({ memory: 64 }),
    isSaving: () => saved !== undefined,
    finishSaving: () => saved?.(),
  };
}

const labWith = (spawnMachine: () => WorkerLink): WorkerLab =>
  new WorkerLab({ spawnMachine, spawnDocker: silent, spawnHub: silent, clock: new FakeClock() });

const bare = (name: string, profile: ProfileName = 'bare'): AddMachine => ({
  name,
  profile,
  start: 'restore',
});

it('starts a machine that takes the place of one of its profile in that one’s worker', async () => {
  const { spawnMachine, counts } = willing();
  const lab = labWith(spawnMachine);
  const first = await lab.addMachine(bare('a'));
  const second = await lab.resetMachine('a', 'restore');
  expect([first.state().kind, second.state().kind, counts()]).toEqual([
    'stopped',
    'running',
    { spawned: 1, living: 1 },
  ]);
  await lab.resetMachine('a', 'cold');
  await lab.resetMachine('a', 'restore', 'node');
  expect(counts()).toEqual({ spawned: 3, living: 1 });
  await lab.close();
  expect(counts().living).toBe(0);
});

it('has a new worker where the one of before can start no other machine', async () => {
  const { spawnMachine, counts } = willing(1);
  const lab = labWith(spawnMachine);
  await lab.addMachine(bare('a'));
  const second = await lab.resetMachine('a', 'restore');
  expect([second.state().kind, counts()]).toEqual(['running', { spawned: 2, living: 1 }]);
  await lab.close();
});

it('leaves the workers of machines that are removed to those that follow, and ends the others', async () => {
  const { spawnMachine, counts } = willing();
  const lab = labWith(spawnMachine);
  await Promise.all(['a', 'b'].map((name) => lab.addMachine(bare(name))));
  await Promise.all(['a', 'b'].map((name) => lab.removeMachine(name, true)));
  expect([lab.machines(), counts()]).toEqual([[], { spawned: 2, living: 2 }]);
  await lab.addMachine(bare('a'));
  await lab.endVacated();
  expect(counts()).toEqual({ spawned: 2, living: 1 });
  await lab.close();
  expect(counts().living).toBe(0);
});

it('has the name of a machine again that does not end, and takes the places of those that gave way', async () => {
  let canEnd = true;
  const { spawnMachine, counts } = willing(Number.POSITIVE_INFINITY, () => canEnd);
  const lab = labWith(spawnMachine);
  await Promise.all(['a', 'b'].map((name) => lab.addMachine(bare(name))));
  canEnd = false;
  const removed = [lab.removeMachine('a'), lab.removeMachine('b', true)];
  await expect(removed[0]).rejects.toThrow('It does not end.');
  await removed[1];
  canEnd = true;
  expect(lab.machines()).toEqual([]);
  await Promise.all(['a', 'b'].map((name) => lab.addMachine(bare(name))));
  expect(counts().spawned).toBe(3);
  await lab.close();
});

it('keeps the former machine’s hands off its successor', async () => {
  const { spawnMachine, counts, restartFirst, isSaving, finishSaving } = willing();
  const lab = labWith(spawnMachine);
  const first = await lab.addMachine(bare('a'));
  const saving = first.save();
  await expect.poll(isSaving).toBe(true);
  const second = await lab.resetMachine('a', 'restore');
  finishSaving();
  // It would lack what its engine kept.
  await expect(saving).rejects.toMatchObject({ code: 'NOT_RUNNING' });
  await expect(first.pause()).rejects.toMatchObject({ code: 'NOT_RUNNING' });
  await restartFirst();
  await first.destroy();
  expect([second.state().kind, lab.machines(), counts()]).toEqual([
    'running',
    [second],
    { spawned: 1, living: 1 },
  ]);
  await lab.close();
  expect(counts().living).toBe(0);
});

it('lets one of two machines have the place of a third, and leaves no worker of the other', async () => {
  const { spawnMachine, counts } = willing();
  const lab = labWith(spawnMachine);
  await lab.addMachine(bare('a'));
  const both = await Promise.allSettled([0, 1].map(() => lab.resetMachine('a', 'restore')));
  expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(lab.machines()).toHaveLength(1);
  await lab.close();
  expect(counts().living).toBe(0);
});
