import { describe, expect, it } from 'vitest';
import type { Checkpoint, World } from '../../../engine/api/checkpoint.ts';
import { FakeClock } from '../../../engine/base/fake-clock.ts';
import { entryOf, LAST_LEFT, type CheckpointEntry } from '../checkpoints/checkpoint-database.ts';
import { AutoSave, type AutoSaveState } from './auto-save.ts';

const machine = {} as NonNullable<Checkpoint['machine']>;
const cluster = new Blob(['cluster']);
const others = { lesson: 'virtual-machines', machines: {} };

/** Waits for what does not depend on the clock. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

async function visit(
  options: {
    readonly left?: Partial<Checkpoint>;
    readonly hasCluster?: boolean;
    readonly isSecondTab?: boolean;
    /** milliseconds */
    readonly timersEarlyBy?: number;
  } = {},
) {
  const clock = new FakeClock();
  const asEntry = (checkpoint: Checkpoint) => entryOf(LAST_LEFT, checkpoint, 1);
  const former =
    options.left && asEntry({ name: 'left', savedAt: clock.now() - 1000, ...options.left });
  const seen = {
    kept: [] as CheckpointEntry[],
    aside: [] as string[],
    gaps: [] as string[],
    starting: false,
    busy: false,
    takes: 0,
    wentOn: 0,
    /** what `keep`, `goOn` and `take` do instead, once */
    fail: undefined as Error | undefined,
    runs: true,
    present: { machine } as World,
    /** what happens while the world is taken, once */
    meanwhile: undefined as (() => void) | undefined,
  };
  const failOnce = (): void => {
    const { fail } = seen;
    seen.fail = undefined;
    if (fail) throw fail;
  };
  const autoSave = new AutoSave(
    {
      leavesOut: () => seen.gaps,
      isStarting: () => seen.starting,
      hasCluster: () => options.hasCluster ?? false,
      isBusy: () => Promise.resolve(seen.busy),
      parts: () => Object.values(seen.present),
      async take() {
        seen.takes++;
        const taken = { name: 'now', savedAt: clock.now(), ...seen.present };
        await Promise.resolve();
        const { meanwhile } = seen;
        seen.meanwhile = undefined;
        meanwhile?.();
        return taken;
      },
      goOn() {
        seen.wentOn++;
        failOnce();
        return Promise.resolve(seen.runs);
      },
    },
    {
      find: () => Promise.resolve(former),
      async keep(checkpoint) {
        await Promise.resolve();
        failOnce();
        const entry = asEntry(checkpoint);
        seen.kept.push(entry);
        return entry;
      },
      load: () => Promise.resolve({ name: 'left', savedAt: 0, ...options.left }),
      setAside(name) {
        seen.aside.push(name);
        return Promise.resolve();
      },
    },
    {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      setTimer: (what, wait) =>
        clock.setTimer(what, Math.max(0, wait - (options.timersEarlyBy ?? 0))),
    },
  );
  await autoSave.begin(options.isSecondTab ?? false);
  /** Time passes, and what begins then comes to its end. */
  const pass = async (seconds: number): Promise<void> => {
    for (let passed = 0; passed < seconds; passed++) {
      clock.advance(1000);
      await settle();
    }
  };
  const words = (): Partial<AutoSaveState> => autoSave.state();
  return { autoSave, seen, pass, words };
}

describe('what is done', () => {
  it('is saved once somebody pauses, and not before anything was done', async () => {
    const { autoSave, seen, pass, words } = await visit();
    autoSave.printed();
    await pass(60);
    expect(seen.takes).toBe(0);
    for (let key = 0; key < 10; key++) {
      autoSave.used();
      await pass(1);
    }
    expect(seen.takes).toBe(0);
    expect(words()).toMatchObject({ isChanged: true });
    await pass(3);
    expect(seen.kept).toHaveLength(1);
    expect(words()).toMatchObject({ isChanged: false, last: seen.kept[0] });
  });

  it('is saved again at most every half minute, and beside a cluster only when nobody types', async () => {
    const alone = await visit();
    const withCluster = await visit({ hasCluster: true });
    for (const { autoSave, pass } of [alone, withCluster])
      for (let second = 0; second < 300; second++) {
        autoSave.used();
        await pass(1);
      }
    expect(alone.seen.kept).toHaveLength(2);
    expect(withCluster.seen.kept).toHaveLength(0);
    await withCluster.pass(15);
    expect(withCluster.seen.kept).toHaveLength(1);
    withCluster.autoSave.used();
    await withCluster.pass(20);
    expect(withCluster.seen.kept).toHaveLength(1);
    await withCluster.pass(10);
    expect(withCluster.seen.kept).toHaveLength(2);
  });

  it('goes on to change while a program prints, until nobody was here for long', async () => {
    const { autoSave, seen, pass } = await visit();
    autoSave.used();
    await pass(4);
    autoSave.printed();
    await pass(40);
    expect(seen.kept).toHaveLength(2);
    await pass(600);
    autoSave.printed();
    await pass(60);
    expect(seen.kept).toHaveLength(2);
  });

  it('is saved at once when the page is hidden', async () => {
    const { autoSave, seen } = await visit();
    await autoSave.leaving();
    expect(seen.takes).toBe(0);
    autoSave.used();
    await autoSave.leaving();
    expect(seen.kept).toHaveLength(1);
  });

  it('waits for a machine that is at work, for two minutes at most', async () => {
    const { autoSave, seen, pass } = await visit();
    seen.busy = true;
    autoSave.used();
    await pass(60);
    expect(seen.takes).toBe(0);
    seen.busy = false;
    await pass(1);
    expect(seen.kept).toHaveLength(1);
    seen.busy = true;
    autoSave.used();
    await pass(110);
    expect(seen.kept).toHaveLength(1);
    await pass(15);
    expect(seen.kept).toHaveLength(2);
  });

  it('is saved also when a timer was early', async () => {
    const { autoSave, seen, pass } = await visit({ timersEarlyBy: 1500 });
    autoSave.used();
    await pass(4);
    expect(seen.kept).toHaveLength(1);
  });

  it('waits for what is still starting', async () => {
    const { autoSave, seen, pass } = await visit();
    seen.starting = true;
    autoSave.used();
    await pass(30);
    expect(seen.takes).toBe(0);
    seen.starting = false;
    await pass(3);
    expect(seen.kept).toHaveLength(1);
  });

  it('is saved without a part that has failed; what had it becomes a checkpoint', async () => {
    const { autoSave, seen, pass } = await visit();
    seen.present = { machine, cluster };
    autoSave.used();
    await pass(40);
    seen.present = { machine };
    seen.gaps = ['The cluster is not ready and is left out.'];
    for (let save = 0; save < 2; save++) {
      autoSave.used();
      await pass(40);
    }
    expect([seen.kept.length, seen.aside.length]).toEqual([3, 1]);
  });

  it('gives way to what is there after a cluster was ended', async () => {
    const { autoSave, seen, pass } = await visit();
    seen.present = { machine, cluster };
    autoSave.used();
    await pass(40);
    seen.present = { machine };
    autoSave.used();
    await pass(40);
    expect([seen.kept.length, seen.aside.length]).toEqual([2, 0]);
  });

  it.each([
    ['what was taken is of a cluster that is no more', () => {}],
    [
      'nothing could be taken',
      () => {
        throw new Error('The machine has gone.');
      },
    ],
  ])('is kept as it was when a cluster ends meanwhile, and %s', async (_how, fails) => {
    const { autoSave, seen, pass, words } = await visit({ hasCluster: true });
    seen.present = { machine, cluster };
    autoSave.used();
    await pass(20);
    const [former] = seen.kept;
    const problems: unknown[] = [];
    autoSave.subscribe(() =>
      problems.push(Object.entries(words()).find(([key]) => key === 'problem')),
    );
    autoSave.used();
    seen.meanwhile = () => {
      seen.present = { machine };
      fails();
    };
    await pass(27);
    expect(seen.takes).toBe(2);
    expect(seen.kept).toEqual([former]);
    expect(words()).toMatchObject({ isSaving: false, isChanged: true, last: former });
    // What is there now follows soon.
    await pass(5);
    expect(seen.kept.map(({ holds }) => holds)).toEqual([['machine', 'cluster'], ['machine']]);
    expect(problems.filter(Boolean)).toEqual([]);
  });

  it('is told as not saved when a part that goes on could not be taken', async () => {
    const { autoSave, seen, pass, words } = await visit();
    autoSave.used();
    seen.meanwhile = () => {
      throw new Error('It was in the midst of something.');
    };
    await pass(4);
    expect(words()).toMatchObject({ problem: 'It was in the midst of something.' });
  });

  it('is not lost when there is no room: it is told, and tried again', async () => {
    const { autoSave, seen, pass, words } = await visit();
    autoSave.used();
    await pass(3);
    seen.fail = new DOMException('full', 'QuotaExceededError');
    autoSave.used();
    await pass(40);
    const problem = expect.stringContaining('There is no room left') as string;
    expect(words()).toMatchObject({ isChanged: true, problem, last: seen.kept[0] });
    await pass(60);
    expect(words()).toMatchObject({ isChanged: false, last: seen.kept[1] });
    expect(words()).not.toHaveProperty('problem');
  });

  it('is not saved by a second tab', async () => {
    const { autoSave, seen, pass, words } = await visit({ isSecondTab: true, left: { machine } });
    autoSave.used();
    await pass(300);
    expect(seen.takes).toBe(0);
    expect(words()).toEqual({ kind: 'off', why: 'second-tab' });
  });
});

describe('what was left', () => {
  it('is offered, and nothing takes its place before there is a choice', async () => {
    const { autoSave, seen, pass, words } = await visit({ left: { machine } });
    autoSave.used();
    await pass(300);
    await autoSave.leaving();
    expect(seen.takes).toBe(0);
    expect(words()).toMatchObject({ kind: 'offered', isUsed: true });
    autoSave.startFresh();
    await pass(1);
    expect(seen.kept).toHaveLength(1);
    expect(seen.aside).toEqual([]);
  });

  it('is gone on from, and saved from then on', async () => {
    const { autoSave, seen, pass, words } = await visit({ left: { machine } });
    await autoSave.goOn();
    expect(words()).toMatchObject({
      kind: 'on',
      isChanged: false,
      last: { savedAt: 1_699_999_999_000 },
    });
    autoSave.used();
    await pass(4);
    expect([seen.wentOn, seen.kept.length, seen.aside]).toEqual([1, 1, []]);
  });

  it('stays where it was refused', async () => {
    const { autoSave, seen, pass, words } = await visit({ left: { machine } });
    seen.fail = new Error('The machine was saved by another version of Drydock.');
    await autoSave.goOn();
    autoSave.used();
    await pass(300);
    expect(seen.takes).toBe(0);
    expect(words()).toMatchObject({ kind: 'offered', problem: expect.any(String) as string });
    await autoSave.goOn();
    expect(words()).toMatchObject({ kind: 'on' });
  });

  it.each([
    ['its machine did not start', { machine }, false, { machine }],
    ['its cluster did not become ready', { machine, cluster }, true, { machine }],
    ['a machine of its lesson did not come back', { machine, others }, true, { machine }],
  ])('becomes a checkpoint when %s', async (_why, left, runs, present) => {
    const { autoSave, seen, pass } = await visit({ left });
    Object.assign(seen, { runs, present });
    await autoSave.goOn();
    autoSave.used();
    await pass(60);
    expect(seen.aside).toEqual([expect.stringMatching(/^Left on /)]);
    autoSave.used();
    await pass(60);
    expect([seen.kept.length, seen.aside.length]).toEqual([2, 1]);
  });
});
