import { expect, it } from 'vitest';
import type { LabMachine } from '../../../engine/api/lab.ts';
import type { SavedMachine } from '../../../engine/api/machine.ts';
import { FakeClock } from '../../../engine/base/fake-clock.ts';
import { edge, passed, waiting } from '../../../lessons/checks.ts';
import { OtherMachines, type MachineLab } from '../../../lessons/other-machines.ts';
import { parseLesson } from '../../../lessons/parse-lesson.ts';
import { OpenLesson, type OpenLessonOptions } from './open-lesson.ts';
import type { LessonProgress } from './progress-record.ts';
import type { StepStart } from './step-start.ts';

const LESSON = parseLesson(
  `---
id: sample
title: A sample
summary: Two steps, each with a task.
objectives: [Do it]
minutes: 5
difficulty: first steps
environment: { machine: docker, others: { vm: { profile: bare } } }
---

## First

::: task one
Do one.
:::

## Second

::: task two
Do two.
:::
`,
  'lesson.md',
  new Map(),
);

/** What was done, without a browser's storage. */
function record(of: LessonProgress) {
  const kept = { of };
  return {
    kept,
    of: () => kept.of,
    change: (_lesson: string, change: Partial<LessonProgress>) =>
      void (kept.of = { ...kept.of, ...change }),
    forget: () => void (kept.of = { done: [], answered: [] }),
  };
}

/** The lesson beside a machine that needs nothing done to it; `facts` are the tasks that are done in it. */
function open(
  done: readonly string[],
  facts: Set<string>,
  options: Partial<OpenLessonOptions> = {},
) {
  const clock = new FakeClock();
  const machine: Pick<LabMachine, 'name' | 'save'> & { files: Partial<LabMachine['files']> } = {
    name: 'drydock',
    files: { makeDirectory: () => Promise.resolve() },
    save: () => Promise.resolve('saved' as unknown as SavedMachine),
  };
  const lab: MachineLab = {
    machines: () => [],
    addMachine: () => Promise.reject(new Error('There is no memory left.')),
    removeMachine: () => Promise.resolve(),
    resetMachine: () => Promise.reject(new Error('There is no such machine.')),
  };
  const others = new OtherMachines(lab, clock);
  const check = (task: string) =>
    edge([], () => Promise.resolve(facts.has(task) ? passed('Done.') : waiting('Not yet.')));
  const progress = record({ done: [...done], answered: [] });
  const lesson = new OpenLesson({
    parts: {
      lesson: LESSON,
      checks: { one: check('one'), two: check('two') },
      files: {},
      seed: {},
      pictures: {},
    },
    place: { kind: 'machine', machine: machine as LabMachine, others },
    showMachine: () => {},
    progress,
    clock,
    ...options,
  });
  return { lesson, progress, others };
}

const START: StepStart = { step: 'second', saved: {} };

it('tells progress of the step that is shown and of each task once it is done', async () => {
  const facts = new Set(['one']);
  const { lesson, progress } = open([], facts);
  await lesson.start();
  await expect.poll(() => progress.kept.of.done).toEqual(['one']);
  expect([lesson.state().verdicts['one']?.state, lesson.complete()]).toEqual(['passed', false]);
  facts.add('two');
  lesson.go(1);
  await expect.poll(() => progress.kept.of.done).toEqual(['one', 'two']);
  expect([progress.kept.of.step, lesson.complete()]).toEqual(['second', true]);
  lesson.dispose();
});

it('is where its reader was, and can begin a step anew once its start is saved', async () => {
  const { lesson, progress } = open(['one'], new Set());
  progress.change('sample', { step: 'second' });
  const again = open([], new Set(), { progress }).lesson;
  expect([lesson.state().step.id, again.state().step.id]).toEqual(['first', 'second']);
  expect(again.state().start).toBeUndefined();
  await again.start();
  await expect.poll(() => again.state().start).toMatchObject({ step: 'second' });
  again.dispose();
  lesson.dispose();
});

it('forgets the tasks of a step that is begun anew, and shows no other step meanwhile', async () => {
  const { lesson, progress } = open(['one', 'two'], new Set(), { stepId: 'second' });
  await lesson.start();
  let goneBack: () => void = () => {};
  const beginning = lesson.beginStepAnew(() => new Promise<void>((done) => (goneBack = done)));
  expect([progress.kept.of.done, lesson.state().isGoingBack]).toEqual([['one'], true]);
  lesson.go(0);
  expect(lesson.state().step.id).toBe('second');
  goneBack();
  await beginning;
  lesson.dispose();
  const after = open(progress.kept.of.done, new Set(), {
    stepId: 'second',
    restored: START,
    progress,
  }).lesson;
  await after.start();
  expect(progress.kept.of.done).toEqual(['one']);
  expect(after.state()).toMatchObject({ step: { id: 'second' }, start: START });
  expect(after.state().verdicts['two']?.state).not.toBe('passed');
  after.dispose();
});

it('forgets nothing when it is refused to go back, says why, and looks at the tasks again', async () => {
  const facts = new Set<string>();
  const { lesson, progress } = open(['one'], facts, { stepId: 'second' });
  await lesson.start();
  await lesson.beginStepAnew(() => Promise.reject(new Error('The file is damaged.')));
  expect(progress.kept.of.done).toEqual(['one']);
  const { problem, isGoingBack } = lesson.state();
  expect([problem, isGoingBack]).toEqual([
    'The step could not be begun anew: The file is damaged. Nothing was changed.',
    undefined,
  ]);
  facts.add('two');
  lesson.checkNow();
  await expect.poll(() => progress.kept.of.done).toEqual(['one', 'two']);
  await lesson.beginStepAnew(() => Promise.reject(new Error('The file is damaged.')));
  expect(progress.kept.of.done).toEqual(['one', 'two']);
  expect(lesson.state().verdicts['two']?.state).toBe('passed');
  lesson.dispose();
});

it('goes on, and says so, when a machine beside its own does not come back', async () => {
  const vm = { saved: 'saved' as unknown as SavedMachine, startMs: 1 };
  const { lesson, progress, others } = open(['one'], new Set(['two']), { stepId: 'second' });
  others.goOnWith({ lesson: 'sample', machines: { vm } });
  await lesson.start();
  expect(lesson.state().problem).toBe(
    'A machine beside the first one did not come back: There is no memory left.',
  );
  await expect.poll(() => progress.kept.of.done).toEqual(['one', 'two']);
  lesson.dispose();
});
