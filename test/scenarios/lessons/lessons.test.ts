/** Every lesson: begun it is not done, its solutions do it step by step, and a reset undoes it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, it } from 'vitest';
import type { Lab } from '../../../engine/api/lab.ts';
import { openNodeLab } from '../../../engine/cluster/node-lab.node.ts';
import { lessonNames, readLesson } from '../../../lessons/course.node.ts';
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

it.each(await lessonNames())('%s', async (name) => {
  await tryLesson(lab, await readLesson(name));
});
