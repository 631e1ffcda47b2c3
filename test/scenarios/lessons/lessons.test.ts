/** Every lesson: begun it is not done, its solutions do it step by step, and a reset undoes it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Lab } from '../../../engine/api/lab.ts';
import { openNodeLab } from '../../../engine/cluster/node-lab.node.ts';
import { lessonNames, readLesson, type LessonOnDisk } from '../../../lessons/course.node.ts';
import { tryLesson } from '../../../lessons/try-lesson.node.ts';

let storage: string;
let lab: Lab;
beforeAll(async () => {
  storage = await mkdtemp(path.join(tmpdir(), 'drydock-lessons-'));
  lab = openNodeLab(storage);
});
afterAll(async () => {
  await lab.close();
  await rm(storage, { recursive: true });
});

/** As the steps follow each other. */
function byStep({ lesson: { steps } }: LessonOnDisk) {
  const number = (id: string): number => steps.findIndex((step) => step.id === id);
  return (one: string, other: string): number => number(one) - number(other);
}

it.each(await lessonNames())('%s', async (name) => {
  const lesson = await readLesson(name);
  expect(await tryLesson(lab, lesson)).toEqual(
    Object.keys(lesson.solutions).toSorted(byStep(lesson)),
  );
});
