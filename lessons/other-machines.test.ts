import { expect, it } from 'vitest';
import type { AddMachine, LabMachine, MachineState } from '../engine/api/lab.ts';
import type { SavedMachine } from '../engine/api/machine.ts';
import { FakeClock } from '../engine/base/fake-clock.ts';
import { OtherMachines, type MachineLab } from './other-machines.ts';

/** A lab whose machines take so long to start, or cannot. */
function fakeLab(clock: FakeClock, startMs: number) {
  const machines: (AddMachine & { kind: MachineState['kind'] })[] = [];
  const lab = {
    isBroken: false,
    isStuck: false,
    machines: () => machines as unknown as readonly LabMachine[],
    addMachine: async (options: AddMachine) => {
      const { name, profile } = options;
      const machine = { ...options, kind: 'starting' as MachineState['kind'] };
      machines.push(
        Object.defineProperties(machine, {
          kind: { enumerable: false },
          state: { value: () => ({ kind: machine.kind }) },
          save: { value: () => Promise.resolve({ profile, state: `saved ${name}` }) },
        }),
      );
      await Promise.resolve();
      machine.kind = lab.isBroken ? 'failed' : 'running';
      if (lab.isBroken) throw new Error('no memory left');
      clock.advance(startMs);
      return options as unknown as LabMachine;
    },
    resetMachine: (name: string, start: AddMachine['start']) => {
      const old = machines.find((one) => one.name === name);
      return Promise.resolve(Object.assign(old ?? {}, { start }) as unknown as LabMachine);
    },
    removeMachine: async (name: string) => {
      await Promise.resolve();
      const at = machines.findIndex((one) => one.name === name);
      if (at >= 0) machines.splice(at, 1);
      if (lab.isStuck) throw new Error('its worker does not answer');
    },
    /** A machine comes to its end by itself. */
    fail: () => machines.forEach((one) => (one.kind = 'failed')),
  };
  return lab satisfies MachineLab;
}

const WANTED = { vm: { profile: 'bare', start: 'cold' } } as const;
const SAVED = { profile: 'bare', state: 'saved vm' } as unknown as SavedMachine;
const LEFT = { lesson: 'one', machines: { vm: { saved: SAVED, startMs: 4200 } } };
/** what the lab has when it came back */
const BACK = { name: 'vm', profile: 'bare', start: SAVED };

function openLab() {
  const clock = new FakeClock();
  const lab = fakeLab(clock, 4200);
  return { lab, others: new OtherMachines(lab, clock) };
}

it('is there once it is started, can be used once it answers, and ends with the lesson', async () => {
  const { lab, others } = openLab();
  await others.begin('one', WANTED);
  const seen: string[] = [];
  others.onChange(() => {
    const state = others.running('vm') ? 'running' : 'starting';
    seen.push(others.find('vm') ? state : 'none');
  });
  await others.start('vm');
  expect(seen).toEqual(['starting', 'running']);
  expect(lab.machines()).toEqual([{ name: 'vm', profile: 'bare', start: 'cold' }]);
  expect(others.startMs('vm')).toBe(4200);
  await others.end();
  expect(others.find('vm')).toBeUndefined();
  expect(lab.machines()).toEqual([]);
});

it('can be started again when it could not be', async () => {
  const { lab, others } = openLab();
  await others.begin('one', WANTED);
  lab.isBroken = true;
  await expect(others.start('vm')).rejects.toThrow('no memory left');
  expect(others.running('vm')).toBeUndefined();
  lab.isBroken = false;
  await others.start('vm');
  expect(lab.machines()).toHaveLength(1);
});

it('is not there when its lesson was closed before it began to start', async () => {
  const { lab, others } = openLab();
  await others.begin('one', WANTED);
  const starting = others.start('vm');
  await others.end();
  await starting;
  expect(lab.machines()).toEqual([]);
});

it('can be there in the next lesson when it has failed to end with the one before', async () => {
  const { lab, others } = openLab();
  await others.begin('one', WANTED);
  await others.start('vm');
  lab.isStuck = true;
  await others.end();
  lab.isStuck = false;
  await others.begin('two', WANTED);
  await others.start('vm');
  expect(lab.machines()).toHaveLength(1);
});

it('refuses a machine that the lesson does not name', async () => {
  const { others } = openLab();
  await others.begin('one', WANTED);
  await expect(others.start('drydock')).rejects.toThrow('no machine drydock');
});

it('goes back to the machines that there were, and has no others then', async () => {
  const { lab, others } = openLab();
  const wanted = { ...WANTED, second: { profile: 'docker', start: 'restore' } } as const;
  await others.begin('one', wanted);
  expect(await others.save()).toBeUndefined();
  await others.start('vm');
  const kept = await others.save();
  expect(kept).toEqual(LEFT);
  await others.start('second');

  // The lesson is opened anew for it.
  others.goOnWith(kept);
  await others.begin('one', wanted);
  expect(lab.machines()).toEqual([BACK]);
  expect([others.running('vm'), others.startMs('vm')]).toEqual([BACK, 4200]);
  others.goOnWith(undefined);
  await others.begin('one', wanted);
  expect(lab.machines()).toEqual([]);
});

it('comes back in a page that never had it, when its lesson opens and not another one', async () => {
  const { lab, others } = openLab();
  others.goOnWith(LEFT);
  await others.begin('two', WANTED);
  expect(lab.machines()).toEqual([]);
  // What waits is not lost by a save.
  expect(await others.save()).toEqual(LEFT);
  // A lesson that is closed has its machines until they have ended.
  await others.start('vm');
  void others.end();
  expect(await others.save()).toEqual(LEFT);
  await others.begin('one', WANTED);
  expect(lab.machines()).toEqual([BACK]);
  expect([others.running('vm'), others.startMs('vm')]).toEqual([BACK, 4200]);
  await others.end();
  expect(await others.save()).toBeUndefined();
});

it('that does not come back is told, and can be started anew', async () => {
  const { lab, others } = openLab();
  others.goOnWith(LEFT);
  lab.isBroken = true;
  let told = 0;
  others.onChange(() => told++);
  await expect(others.begin('one', WANTED)).rejects.toThrow('no memory left');
  expect([told, others.running('vm'), others.find('vm')?.state().kind]).toEqual([
    2,
    undefined,
    'failed',
  ]);
  expect(await others.save()).toBeUndefined();
  lab.isBroken = false;
  await others.start('vm');
  expect(lab.machines()).toEqual([{ name: 'vm', profile: 'bare', start: 'cold' }]);
});

it('is not saved when it has ended by itself', async () => {
  const { lab, others } = openLab();
  await others.begin('one', WANTED);
  await others.start('vm');
  lab.fail();
  expect(await others.save()).toBeUndefined();
  expect(others.all()).toHaveLength(1);
});
