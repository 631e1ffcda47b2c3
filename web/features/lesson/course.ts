/** The course as it is bundled with the page. A lesson's text, checks and files are fetched when it is opened. */
import { z } from 'zod';
import { parse } from 'yaml';
import type { Checks } from '../../../lessons/checks.ts';
import type { Lesson } from '../../../lessons/lesson.ts';
import { parseLesson } from '../../../lessons/parse-lesson.ts';

const moduleTexts = import.meta.glob<string>('../../../lessons/*/module.md', {
  query: '?raw',
  import: 'default',
});
const lessonTexts = import.meta.glob<string>('../../../lessons/*/*/lesson.md', {
  query: '?raw',
  import: 'default',
});
const checkModules = import.meta.glob<{ readonly checks: Checks }>(
  '../../../lessons/*/*/checks.ts',
);
const startFiles = import.meta.glob<string>('../../../lessons/*/*/files/**/*', {
  query: '?raw',
  import: 'default',
});
const pictureFiles = import.meta.glob<string>('../../../lessons/*/*/*.svg', {
  query: '?raw',
  import: 'default',
});

const moduleFront = z.strictObject({ title: z.string(), summary: z.string() });

export interface CourseModule extends z.infer<typeof moduleFront> {
  /** such as `01-containers` */
  readonly folder: string;
  readonly lessons: readonly Lesson[];
}

let reading: Promise<readonly CourseModule[]> | undefined;

/** All modules with their lessons, in order. */
export function readCourse(): Promise<readonly CourseModule[]> {
  reading ??= readModules();
  reading.catch(() => (reading = undefined));
  return reading;
}

async function readModules(): Promise<readonly CourseModule[]> {
  const read = Object.entries(moduleTexts).map(async ([path, load]): Promise<CourseModule> => {
    const folder = path.split('/').at(-2) ?? '';
    const lessons = Object.entries(lessonTexts).filter(([lesson]) =>
      lesson.includes(`/${folder}/`),
    );
    const [, front = ''] = (await load()).split('---\n');
    return {
      ...moduleFront.parse(parse(front)),
      folder,
      lessons: await Promise.all(
        lessons.map(async ([lesson, text]) => parseLesson(await text(), lesson)),
      ),
    };
  });
  return Promise.all(read);
}

export interface LessonParts {
  readonly lesson: Lesson;
  readonly checks: Checks;
  /** what it starts with, by path below its folder in the machine */
  readonly files: Readonly<Record<string, string>>;
  /** SVG by name of the file */
  readonly pictures: Readonly<Record<string, string>>;
}

/** Undefined when there is no lesson of this id. */
export async function readLessonParts(id: string): Promise<LessonParts | undefined> {
  for (const [path, load] of Object.entries(lessonTexts)) {
    const lesson = parseLesson(await load(), path);
    if (lesson.id !== id) continue;
    const folder = path.replace(/lesson\.md$/, '');
    const checks = await checkModules[`${folder}checks.ts`]?.();
    if (checks === undefined) throw new Error(`The lesson ${id} has no checks.`);
    return {
      lesson,
      checks: checks.checks,
      files: await textsBelow(`${folder}files/`, startFiles),
      pictures: await textsBelow(folder, pictureFiles),
    };
  }
  return undefined;
}

async function textsBelow(
  prefix: string,
  files: Readonly<Record<string, () => Promise<string>>>,
): Promise<Record<string, string>> {
  const texts = await Promise.all(
    Object.entries(files)
      .filter(([file]) => file.startsWith(prefix))
      .map(async ([file, text]) => [file.slice(prefix.length), await text()] as const),
  );
  return Object.fromEntries(texts);
}
