import { describe, expect, it } from 'vitest';
import { Emitter } from '../base/emitter.ts';
import { FakeClock } from '../base/fake-clock.ts';
import type { MachineClient } from '../machine/worker/machine-client.ts';
import type { WorkerLink } from '../rpc/worker-link.ts';
import { EngineKeeper } from './engine-keeper.ts';
import { HubKeeper } from './hub-keeper.ts';

/** A worker that ends before it says that it is ready. */
function stillborn(): WorkerLink {
  const death = new Emitter<Error>();
  queueMicrotask(() => death.fire(new Error('out of memory')));
  return {
    endpoint: new MessageChannel().port1 as WorkerLink['endpoint'],
    onDeath: death.event,
    terminate: () => Promise.resolve(),
  };
}

const machine = {} as MachineClient;

describe('an engine whose worker dies while it starts', () => {
  it('is started anew, until patience ends', async () => {
    let spawned = 0;
    const host = {
      spawnMachine: stillborn,
      spawnHub: stillborn,
      spawnDocker: () => {
        spawned++;
        return stillborn();
      },
      clock: new FakeClock(),
    };
    const keeper = new EngineKeeper(host, new HubKeeper(stillborn), { machine: 'dock' });
    await keeper.start(machine);
    expect(spawned).toBe(4);
    expect(keeper.state.value).toMatchObject({
      kind: 'failed',
      error: { message: 'The worker has ended: out of memory' },
    });
  });
});

/** A host whose workers load and answer nothing. */
function silentHost() {
  const { port1, port2 } = new MessageChannel();
  let ended = (): void => {};
  const terminated = new Promise<void>((resolve) => (ended = resolve));
  const silent = (): WorkerLink => {
    port2.postMessage({ drydock: 'ready' });
    return {
      endpoint: port1 as WorkerLink['endpoint'],
      onDeath: new Emitter<Error>().event,
      async terminate() {
        ended();
        port1.close();
      },
    };
  };
  const host = {
    spawnMachine: silent,
    spawnHub: silent,
    spawnDocker: silent,
    clock: new FakeClock(),
  };
  return { terminated, keeper: new EngineKeeper(host, new HubKeeper(silent), { machine: 'dock' }) };
}

describe('an engine that is closed', () => {
  it('while it starts leaves no worker behind, although its machine answers no more', async () => {
    const { keeper, terminated } = silentHost();
    let ask = (): void => {};
    const asked = new Promise<void>((resolve) => (ask = resolve));
    const mute = {
      openPort() {
        ask();
        return new Promise<MessagePort>(() => {});
      },
    } as unknown as MachineClient;
    void keeper.start(mute);
    await asked;
    await keeper.close();
    await terminated;
    expect(keeper.state.value).toEqual({ kind: 'absent' });
  });

  it('before its machine was there leaves no worker behind', async () => {
    const { keeper, terminated } = silentHost();
    await keeper.close();
    await terminated;
    expect(keeper.state.value).toEqual({ kind: 'absent' });
  });
});
