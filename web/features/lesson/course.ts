/** The course as it is bundled with the page. A lesson's text, checks and files are fetched when it is opened. */
import type { Checks } from '../../../lessons/checks.ts';
import { moduleFrontMatter, type ModuleFrontMatter } from '../../../lessons/front-matter.ts';
import { parseGlossary, type Glossary } from '../../../lessons/glossary.ts';
import type { Lesson } from '../../../lessons/lesson.ts';
import type { TextFiles } from '../../../lessons/lesson-files.ts';
import { parseFrontMatter } from '../../../lessons/parse-front-matter.ts';
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

const seedFiles = import.meta.glob<string>('../../../lessons/*/*/seed/*', {
  query: '?raw',
  import: 'default',
});

export interface CourseModule extends ModuleFrontMatter {
  /** such as `01-containers` */
  readonly folder: string;
  readonly lessons: readonly Lesson[];
}

/** Each with where its parts are: `.../01-containers/04-first-image/`. */
interface Course {
  readonly glossary: Glossary;
  readonly modules: readonly CourseModule[];
  readonly folders: ReadonlyMap<Lesson, string>;
}

let reading: Promise<Course> | undefined;

/** All modules with their lessons, in order. */
export async function readCourse(): Promise<readonly CourseModule[]> {
  return (await course()).modules;
}

export async function readGlossary(): Promise<Glossary> {
  return (await course()).glossary;
}

/** Read once, and again after a failure. */
function course(): Promise<Course> {
  reading ??= readAll();
  reading.catch(() => (reading = undefined));
  return reading;
}

async function readAll(): Promise<Course> {
  const { default: terms } = await import('../../../lessons/glossary.yaml?raw');
  const glossary = parseGlossary(terms, 'lessons/glossary.yaml');
  const folders = new Map<Lesson, string>();
  const modules = await Promise.all(
    Object.entries(moduleTexts).map(async ([path, load]): Promise<CourseModule> => {
      const folder = path.replace(/module\.md$/, '');
      const texts = Object.entries(lessonTexts).filter(([lesson]) => lesson.startsWith(folder));
      const lessons = texts.map(async ([file, text]) => {
        const lesson = parseLesson(await text(), file, glossary);
        folders.set(lesson, file.replace(/lesson\.md$/, ''));
        return lesson;
      });
      return {
        ...parseFrontMatter(await load(), path, moduleFrontMatter).data,
        folder: folder.split('/').at(-2) ?? '',
        lessons: await Promise.all(lessons),
      };
    }),
  );
  return { glossary, modules, folders };
}

export interface LessonParts {
  readonly lesson: Lesson;
  readonly checks: Checks;
  /** what it starts with, by path below its folder in the machine */
  readonly files: TextFiles;
  /** manifests of the objects that its cluster has at the beginning */
  readonly seed: TextFiles;
  /** SVG by name of the file */
  readonly pictures: TextFiles;
}

/** Undefined when there is no lesson of this id. */
export async function readLessonParts(id: string): Promise<LessonParts | undefined> {
  const { folders } = await course();
  for (const [lesson, folder] of folders) {
    if (lesson.id !== id) continue;
    const found = await checkModules[`${folder}checks.ts`]?.();
    if (found === undefined) throw new Error(`The lesson ${id} has no checks.`);
    return {
      lesson,
      checks: found.checks,
      files: await textsBelow(`${folder}files/`, startFiles),
      seed: await textsBelow(`${folder}seed/`, seedFiles),
      pictures: await textsBelow(folder, pictureFiles),
    };
  }
  return undefined;
}

async function textsBelow(
  folder: string,
  texts: Readonly<Record<string, () => Promise<string>>>,
): Promise<TextFiles> {
  const found = Object.entries(texts).filter(([file]) => file.startsWith(folder));
  return Object.fromEntries(
    await Promise.all(
      found.map(async ([file, text]) => [file.slice(folder.length), await text()] as const),
    ),
  );
}
