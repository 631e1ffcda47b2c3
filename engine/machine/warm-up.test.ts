import { describe, expect, it } from 'vitest';
import { FakeClock } from '../base/fake-clock.ts';
import { warmUp, type WarmUpTarget } from './warm-up.ts';

/** Lets promises run and `milliseconds` pass. */
async function pass(clock: FakeClock, milliseconds: number): Promise<void> {
  for (let elapsed = 0; elapsed < milliseconds; elapsed += 50) {
    clock.advance(50);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

class Guest implements WarmUpTarget {
  busy = 0;
  readonly commands: string[] = [];

  fetch(): Promise<void> {
    this.commands.push('fetch');
    return Promise.resolve();
  }

  run(argv: readonly string[]): Promise<unknown> {
    this.commands.push(argv.join(' '));
    return Promise.resolve();
  }
}

describe('warmUp', () => {
  it('fetches after a while, waits until the guest is idle, then runs one command after the other at low priority', async () => {
    const clock = new FakeClock();
    const guest = new Guest();
    const done = warmUp(guest, 'docker', clock, new AbortController().signal);
    for (let round = 0; round < 10; round++) {
      guest.busy += 200;
      await pass(clock, 250);
    }
    expect(guest.commands).toEqual(['fetch']);
    await pass(clock, 2000);
    await done;
    const [, ...commands] = guest.commands;
    expect(commands).toHaveLength(3);
    for (const command of commands) expect(command).toMatch(/^nice -n 19 /);
  });

  it('stops when told', async () => {
    const clock = new FakeClock();
    const abort = new AbortController();
    const done = warmUp(new Guest(), 'bare', clock, abort.signal);
    abort.abort(new Error('destroyed'));
    await expect(done).rejects.toThrow('destroyed');
    expect(clock.pending).toBe(0);
  });
});
