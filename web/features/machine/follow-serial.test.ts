import { expect, it } from 'vitest';
import type { LabMachine, MachineState } from '../../../engine/api/lab.ts';
import { Emitter } from '../../../engine/base/emitter.ts';
import { settle } from '../../../engine/client/testing/settle.ts';
import { followSerial } from './follow-serial.ts';

/** A machine in a worker that does not close its serial stream. */
function fakeMachine(kind: 'starting' | 'running') {
  const states = new Emitter<MachineState>();
  let state: MachineState =
    kind === 'running'
      ? { kind }
      : { kind, progress: { phase: 'fetching', text: 'Getting ready', done: 0, total: 1 } };
  let port: ReadableStreamDefaultController<Uint8Array> | undefined;
  const seen = { opened: 0, left: 0, text: '' };
  const machine = {
    state: () => state,
    onState(listener: (state: MachineState) => void) {
      const subscription = states.event(listener);
      return () => subscription.dispose();
    },
    serial() {
      seen.opened++;
      const stream = new ReadableStream<Uint8Array>({
        start: (controller) => (port = controller),
        cancel: () => void seen.left++,
      });
      return Promise.resolve(stream);
    },
  } as Partial<LabMachine> as LabMachine;
  const stop = followSerial(machine, (text) => (seen.text += text));
  return {
    seen,
    stop,
    states,
    become(next: MachineState) {
      state = next;
      states.fire(next);
      return settle();
    },
    write(bytes: Uint8Array<ArrayBuffer>) {
      port?.enqueue(bytes);
      return settle();
    },
  };
}

const bytesOf = (text: string) => new TextEncoder().encode(text);

it('begins when the machine runs, once', async () => {
  const { seen, become, write, stop } = fakeMachine('starting');
  await settle();
  expect(seen.opened).toBe(0);
  await become({ kind: 'running' });
  await become({ kind: 'paused' });
  await become({ kind: 'running' });
  await write(bytesOf('Linux version 6.1\n'));
  expect(seen).toEqual({ opened: 1, left: 0, text: 'Linux version 6.1\n' });
  stop();
});

it('puts a letter together that came in two parts', async () => {
  const { seen, write, stop } = fakeMachine('running');
  const [first = 0, ...rest] = bytesOf('é');
  await settle();
  await write(Uint8Array.of(first));
  await write(Uint8Array.from(rest));
  expect(seen.text).toBe('é');
  stop();
});

it('leaves the stream of a machine that gave way, though nothing closes it', async () => {
  const { seen, become } = fakeMachine('running');
  await settle();
  await become({ kind: 'stopped' });
  expect(seen.left).toBe(1);
});

it('is told the last words of a machine that failed', async () => {
  const { seen, become, write, stop } = fakeMachine('running');
  await settle();
  await become({ kind: 'failed', error: new Error('The worker died.') });
  await write(bytesOf('Kernel panic'));
  expect(seen).toEqual({ opened: 1, left: 0, text: 'Kernel panic' });
  stop();
});

it('leaves the stream, and hears no more of the machine, when nobody looks', async () => {
  const { seen, states, stop } = fakeMachine('running');
  await settle();
  stop();
  await settle();
  expect(seen.left).toBe(1);
  expect(states.hasListeners).toBe(false);
});
