import { expect, it } from 'vitest';
import type { AddMachine, LabMachine } from '../engine/api/lab.ts';
import type { SavedMachine } from '../engine/api/machine.ts';
import { FakeClock } from '../engine/base/fake-clock.ts';
import { OtherMachines, type MachineLab } from './other-machines.ts';

/** A lab whose machines take so long to start, or cannot. */
function fakeLab(clock: FakeClock, startMs: number) {
  const machines: AddMachine[] = [];
  const lab = {
    isBroken: false,
    machines: () => machines as unknown as readonly LabMachine[],
    addMachine: async (options: AddMachine) => {
      const save = () => Promise.resolve(`saved ${options.name}` as unknown as SavedMachine);
      machines.push(Object.defineProperty({ ...options }, 'save', { value: save }));
      await Promise.resolve();
      if (lab.isBroken) throw new Error('no memory left');
      clock.advance(startMs);
      return options as unknown as LabMachine;
    },
    resetMachine: (name: string, start: AddMachine['start']) => {
      const old = machines.find((one) => one.name === name);
      return Promise.resolve(Object.assign(old ?? {}, { start }) as unknown as LabMachine);
    },
    removeMachine: async (name: string) => {
      const at = machines.findIndex((one) => one.name === name);
      if (at >= 0) machines.splice(at, 1);
    },
  };
  return lab satisfies MachineLab;
}

const WANTED = { vm: { profile: 'bare', start: 'cold' } } as const;

it('is there once it is started, can be used once it answers, and ends with the lesson', async () => {
  const clock = new FakeClock();
  const lab = fakeLab(clock, 4200);
  const others = new OtherMachines(lab, WANTED, clock);
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
});

it('can be started again when it could not be', async () => {
  const clock = new FakeClock();
  const lab = fakeLab(clock, 1);
  const others = new OtherMachines(lab, WANTED, clock);
  lab.isBroken = true;
  await expect(others.start('vm')).rejects.toThrow('no memory left');
  expect(others.running('vm')).toBeUndefined();
  lab.isBroken = false;
  await others.start('vm');
  expect(lab.machines()).toHaveLength(1);
});

it('refuses a machine that the lesson does not name', async () => {
  const clock = new FakeClock();
  const others = new OtherMachines(fakeLab(clock, 1), WANTED, clock);
  await expect(others.start('drydock')).rejects.toThrow('no machine drydock');
});

it('goes back to the machines that there were, and has no others then', async () => {
  const clock = new FakeClock();
  const lab = fakeLab(clock, 4200);
  const wanted = { ...WANTED, second: { profile: 'docker', start: 'restore' } } as const;
  const others = new OtherMachines(lab, wanted, clock);
  expect(await others.save()).toEqual({});
  await others.start('vm');
  const kept = await others.save();
  expect(kept).toEqual({ vm: { saved: 'saved vm', startMs: 4200 } });
  await others.start('second');

  // The lesson is opened anew for it.
  const again = new OtherMachines(lab, wanted, clock);
  expect(again.running('vm')).toBeUndefined();
  await again.goBackTo(kept);
  const vm = { name: 'vm', profile: 'bare', start: 'saved vm' };
  expect(lab.machines()).toEqual([vm]);
  expect([again.running('vm'), again.startMs('vm')]).toEqual([vm, 4200]);
  await again.end();
  await again.goBackTo(kept);
  expect(lab.machines()).toEqual([vm]);
});
