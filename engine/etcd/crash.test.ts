import { describe, expect, it } from 'vitest';
import { EtcdError } from '../api/etcd.ts';
import { FakeClock } from '../base/fake-clock.ts';
import { SeededRandom } from '../base/random.ts';
import { openEtcd, type EtcdServer } from './etcd-server.ts';
import { LOG, SNAPSHOTS } from './log/data-directory.ts';
import { encodeFrame } from './log/frame.ts';
import { CrashError, CrashStorage } from './testing/crash-storage.ts';
import { perform, RandomHistory, type Step } from './testing/history.ts';

function open(storage: CrashStorage, errors: unknown[] = []): Promise<EtcdServer> {
  return openEtcd({
    storage,
    clock: new FakeClock(),
    random: new SeededRandom(1),
    onError: (error) => errors.push(error),
    // So small that the log is replaced many times in a short history.
    snapshotBytes: 700,
  });
}

/** Steps that are in the log, whatever they answer. */
function writes(seed: number, count: number): Step[] {
  const history = new RandomHistory(new SeededRandom(seed));
  const steps: Step[] = [];
  while (steps.length < count) {
    const step = history.next(steps.length);
    if ('put' in step || 'deleteRange' in step || 'compact' in step || 'leaseGrant' in step)
      steps.push(step);
  }
  return steps;
}

const digest = async (etcd: EtcdServer): Promise<unknown> => ({
  ...(await etcd.hashKv({})),
  header: undefined,
  revision: (await etcd.status()).header.revision,
});

/** What a server that never crashed has after each command. */
async function expectedStates(steps: readonly Step[]): Promise<Map<number, unknown>> {
  const etcd = await open(new CrashStorage(new SeededRandom(1)));
  const states = new Map([[0, await digest(etcd)]]);
  for (const step of steps) {
    await perform(etcd, step);
    states.set((await etcd.status()).raftAppliedIndex, await digest(etcd));
  }
  await etcd.close();
  return states;
}

/** Asks in bursts, so that some share a flush. Returns how many commands were surely in the log. */
async function play(storage: CrashStorage, steps: readonly Step[], random: SeededRandom) {
  let acknowledged = 0;
  let etcd: EtcdServer;
  try {
    etcd = await open(storage);
  } catch (error) {
    if (storage.crashed) return acknowledged;
    throw error;
  }
  const base = (await etcd.status()).raftAppliedIndex;
  let next = base;
  while (next < steps.length) {
    const burst = steps.slice(next, next + 1 + Math.floor(random.next() * 4));
    const answers = await Promise.all(burst.map((step) => perform(etcd, step)));
    const stopped = answers.findIndex(({ error }) =>
      ['etcdserver: server stopped', 'etcdserver: mvcc: database space exceeded'].includes(
        String(error),
      ),
    );
    next += stopped === -1 ? burst.length : stopped;
    acknowledged = next;
    if (stopped !== -1) break;
  }
  await etcd.close().catch((error: unknown) => {
    if (!(error instanceof CrashError)) throw error;
  });
  return acknowledged;
}

describe('a crash at every step', () => {
  it.each([1, 2, 3])('loses nothing acknowledged and halves nothing, seed %i', async (seed) => {
    const steps = writes(seed, 80);
    const states = await expectedStates(steps);
    const whole = new CrashStorage(new SeededRandom(seed));
    expect(await play(whole, steps, new SeededRandom(seed))).toBe(steps.length);
    expect(whole.steps).toBeGreaterThan(60);
    for (let crashAt = 1; crashAt <= whole.steps; crashAt++) {
      const random = new SeededRandom(seed * 1000 + crashAt);
      const storage = new CrashStorage(random, crashAt);
      const acknowledged = await play(storage, steps, new SeededRandom(seed));
      // It may crash again while it recovers.
      const again = storage.survivors(1 + Math.floor(random.next() * 6));
      await open(again).then(
        (etcd) => etcd.close(),
        () => {},
      );
      const etcd = await open(again.survivors());
      const applied = (await etcd.status()).raftAppliedIndex;
      const where = `crash at step ${crashAt}`;
      expect(applied, where).toBeGreaterThanOrEqual(acknowledged);
      expect(await digest(etcd), where).toEqual(states.get(applied));
      // And it goes on.
      await etcd.put({ key: 'after', value: new Uint8Array([1]) });
      await etcd.close();
    }
  });
});

describe('damage', () => {
  async function filled(): Promise<CrashStorage> {
    const storage = new CrashStorage(new SeededRandom(1));
    const etcd = await openEtcd({
      storage,
      clock: new FakeClock(),
      random: new SeededRandom(1),
      onError: () => expect.unreachable(),
    });
    for (let count = 0; count < 10; count++)
      await etcd.put({ key: `key${count}`, value: new Uint8Array(100) });
    await etcd.close();
    return storage;
  }

  it('in the middle of the log refuses to start and says how to go on', async () => {
    const storage = await filled();
    const [log] = await storage.list(LOG);
    storage.damage(log?.name ?? '', 300);
    const failure = await open(storage).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(EtcdError);
    expect(failure).toMatchObject({ code: 'CORRUPT' });
    expect(String(failure)).toMatch(/log\/0+1 is damaged at byte \d+, and whole records follow/);
    expect(String(failure)).toContain('restore a snapshot');
  });

  it('of the last record is taken for a torn write', async () => {
    const storage = await filled();
    const [log] = await storage.list(LOG);
    storage.damage(log?.name ?? '', (log?.size ?? 0) - 10);
    const etcd = await open(storage);
    expect((await etcd.status()).raftAppliedIndex).toBe(9);
  });

  it('of the snapshot refuses to start', async () => {
    const storage = await filled();
    const etcd = await open(storage);
    await etcd.defragment();
    await etcd.close();
    const [snapshot] = await storage.list(SNAPSHOTS);
    storage.damage(snapshot?.name ?? '', 200);
    await expect(open(storage)).rejects.toMatchObject({
      code: 'CORRUPT',
      message: expect.stringMatching(/snapshots\/0+10 cannot be used/) as string,
    });
  });

  it('a command of a later version refuses to start', async () => {
    const storage = await filled();
    const file = await storage.append(`${LOG}0000000000000001`);
    await file.write(encodeFrame(11, [new Uint8Array([99])]));
    await file.flush();
    await expect(open(storage)).rejects.toThrow('command 11 is of a later version');
  });

  it('a missing part of the log refuses to start', async () => {
    const storage = await filled();
    const [log] = await storage.list(LOG);
    await storage.remove(log?.name ?? '');
    const file = await storage.append(`${LOG}0000000000000005`);
    await file.close();
    await expect(open(storage)).rejects.toThrow('commands 1 to 4 are missing');
  });
});
