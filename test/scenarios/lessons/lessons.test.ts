/** Every lesson on a machine: begun it is not done, its solutions do it step by step, and a reset undoes it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Lab } from '../../../engine/api/lab.ts';
import { openNodeLab } from '../../../engine/cluster/node-lab.node.ts';
import { readLessons } from '../../../lessons/course.node.ts';
import { machineGround, tryLesson } from '../../../lessons/try-lesson.node.ts';

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

describe.each(await readLessons('machine'))('$name', (lesson) => {
  it('is done by its solutions, and a reset undoes it', async () => {
    const solved = await tryLesson(machineGround(lab), lesson);
    expect(solved.toSorted()).toEqual(Object.keys(lesson.solutions).toSorted());
  });
});
