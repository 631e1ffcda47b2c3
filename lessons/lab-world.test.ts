import { expect, it } from 'vitest';
import type { LabMachine } from '../engine/api/lab.ts';
import { FakeClock } from '../engine/base/fake-clock.ts';
import { LabWorld } from './lab-world.ts';
import type { OtherMachines } from './other-machines.ts';

function terminalWorld() {
  const listeners = new Set<(text: string) => void>();
  const world = new LabWorld(
    { kind: 'machine', machine: {} as LabMachine, others: {} as OtherMachines },
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    new FakeClock(),
  );
  return { world, listeners, print: (text: string) => listeners.forEach((tell) => tell(text)) };
}

it('knows what terminals have shown, without colours and titles', () => {
  const { world, print } = terminalWorld();
  print('\u001b]0;root@drydock\u0007\u001b[1;32mRun');
  print('ning\u001b[0m\r\n');
  expect(world.printed()).toBe('Running\n');
});

it('has no cluster where the lesson has none', () => {
  expect(() => terminalWorld().world.cluster).toThrow('This lesson has no cluster.');
});

it('leaves nothing behind', () => {
  const { world, listeners } = terminalWorld();
  world.on({ kind: 'terminal' }, () => {})();
  world.dispose();
  expect(listeners.size).toBe(0);
});
