import { expect, it } from 'vitest';
import { lessonNames, moduleNames, readLesson, readModule } from './course.node.ts';

it.each(await moduleNames())('the module %s says what it is about', async (name) => {
  expect((await readModule(name)).title).not.toBe('');
});

it.each(await lessonNames())('the lesson %s is whole', async (name) => {
  expect((await readLesson(name)).name).toBe(name);
});

it('names each lesson once, and needs only lessons that are there', async () => {
  const lessons = await Promise.all((await lessonNames()).map(readLesson));
  const ids = lessons.map(({ lesson }) => lesson.id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { lesson } of lessons)
    expect(ids, `needs of ${lesson.id}`).toEqual(expect.arrayContaining([...lesson.needs]));
});
