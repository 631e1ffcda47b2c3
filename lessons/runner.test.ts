import { expect, it, vi } from 'vitest';
import { FakeClock } from '../engine/base/fake-clock.ts';
import {
  edge,
  failed,
  gone,
  level,
  passed,
  waiting,
  type LessonWorld,
  type Trigger,
} from './checks.ts';
import { StepRun, type Verdicts } from './runner.ts';

const docker: Trigger = { kind: 'docker' };

/** A world of one fact, which tells when it changes. */
function factWorld() {
  const listeners = new Set<() => void>();
  const world = {
    fact: '',
    set(fact: string) {
      world.fact = fact;
      for (const listener of listeners) listener();
    },
    listeners,
    on: (_: Trigger, listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return world as typeof world & LessonWorld;
}

function run(
  checks: ConstructorParameters<typeof StepRun>[0]['checks'],
  done: string[] = [],
  isWatched = () => true,
) {
  const world = factWorld();
  const clock = new FakeClock();
  let verdicts: Verdicts = {};
  const onVerdicts = (all: Verdicts) => (verdicts = all);
  const step = new StepRun({ world, clock, checks, done, onVerdicts, isWatched });
  step.start();
  const settle = async () => {
    for (const milliseconds of [0, 80, 80]) {
      clock.advance(milliseconds);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return {
    world,
    clock,
    step,
    settle,
    state: (id: string) => verdicts[id]?.state,
    verdicts: () => verdicts,
  };
}

const isSet = async (world: LessonWorld) =>
  (world as ReturnType<typeof factWorld>).fact === 'set'
    ? passed('It is set.')
    : waiting('It is not set.');

it('turns green when the fact is there; an edge stays so, a level falls back', async () => {
  const { world, state, settle, step } = run({
    once: edge([docker], isSet),
    always: level([docker], isSet),
  });
  await settle();
  expect([state('once'), state('always'), step.complete]).toEqual(['waiting', 'waiting', false]);
  world.set('set');
  await settle();
  expect([state('once'), state('always'), step.complete]).toEqual(['passed', 'passed', true]);
  world.set('gone');
  await settle();
  expect([state('once'), state('always'), step.complete]).toEqual(['passed', 'waiting', false]);
});

it('asks an edge that was passed before no more', async () => {
  const asked = vi.fn<typeof isSet>(isSet);
  const { step, settle } = run({ once: edge([docker], asked) }, ['once']);
  await settle();
  expect(step.complete).toBe(true);
  expect(asked).not.toHaveBeenCalled();
});

it('misses only what it has seen', async () => {
  const there = async (world: LessonWorld) =>
    (world as ReturnType<typeof factWorld>).fact === 'set';
  const { world, state, settle } = run({ clean: gone([docker], 'It', there) });
  await settle();
  expect(state('clean')).toBe('waiting');
  world.set('set');
  await settle();
  expect(state('clean')).toBe('waiting');
  world.set('');
  await settle();
  expect(state('clean')).toBe('passed');
});

it('tells a check that throws, or never answers, from one that failed', async () => {
  const { clock, state, settle, verdicts } = run({
    throws: level([docker], () => Promise.reject(new Error('no such thing'))),
    hangs: level([docker], () => new Promise(() => {})),
    fails: level([docker], () => Promise.resolve(failed('It is wrong.'))),
  });
  await settle();
  clock.advance(20_000);
  await settle();
  expect([state('throws'), state('hangs'), state('fails')]).toEqual(['error', 'error', 'failed']);
  expect(verdicts()['throws']?.reason).toContain('no such thing');
});

it('asks again a while after an event: what that began takes time', async () => {
  const { clock, world, settle, state } = run({ once: edge([docker], isSet) });
  await settle();
  world.fact = 'set';
  clock.advance(300);
  await settle();
  expect(state('once')).toBe('passed');
});

it('goes on asking slowly, for as long as somebody looks', async () => {
  let watched = true;
  const asked = vi.fn<typeof isSet>(isSet);
  const { clock, world, settle, state } = run({ once: edge([docker], asked) }, [], () => watched);
  await settle();
  for (const milliseconds of [300, 1000, 3000, 10_000, 10_000]) {
    clock.advance(milliseconds);
    await settle();
  }
  expect(asked).toHaveBeenCalledTimes(6);
  watched = false;
  world.fact = 'set';
  clock.advance(10_000);
  await settle();
  expect([asked.mock.calls.length, state('once')]).toEqual([6, 'waiting']);
  watched = true;
  clock.advance(10_000);
  await settle();
  expect([asked.mock.calls.length, state('once')]).toEqual([7, 'passed']);
});

it('gathers events, and asks once more for what happened while it asked', async () => {
  let answer: (outcome: ReturnType<typeof passed>) => void = () => {};
  const asked = vi.fn<() => Promise<ReturnType<typeof passed>>>(
    () => new Promise<ReturnType<typeof passed>>((resolve) => (answer = resolve)),
  );
  const { world, settle } = run({ busy: level([docker], asked) });
  expect(asked).toHaveBeenCalledTimes(1);
  world.set('a');
  world.set('b');
  await settle();
  expect(asked).toHaveBeenCalledTimes(1);
  answer(passed('first'));
  await settle();
  expect(asked).toHaveBeenCalledTimes(2);
});

it('listens no more when it is stopped', async () => {
  const { world, step, settle, state } = run({ once: edge([docker], isSet) });
  await settle();
  step.stop();
  expect(world.listeners.size).toBe(0);
  world.set('set');
  await settle();
  expect(state('once')).toBe('waiting');
});
