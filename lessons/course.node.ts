/** The course as it lies on disk, for tests and for authors. The page has it from its bundle. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Checks } from './checks.ts';
import { moduleFrontMatter, type FrontMatter, type ModuleFrontMatter } from './front-matter.ts';
import { parseGlossary, type Glossary } from './glossary.ts';
import { picturesOf, tasksOf, type Lesson } from './lesson.ts';
import { LessonError } from './lesson-error.ts';
import { parseFrontMatter } from './parse-front-matter.ts';
import { parseLesson } from './parse-lesson.ts';

const ROOT = import.meta.dirname;

export interface LessonOnDisk {
  /** such as `01-containers/04-first-image` */
  readonly name: string;
  readonly lesson: Lesson;
  readonly checks: Checks;
  /** what the learner starts with, by path below the lesson's folder in the machine */
  readonly files: Readonly<Record<string, string>>;
  /** manifests of the objects that are in the cluster at the beginning */
  readonly seed: Readonly<Record<string, string>>;
  /** what solves each step, as lines for a shell, by id of the step */
  readonly solutions: Readonly<Record<string, string>>;
}

/** @throws LessonError when it is not as it has to be */
export async function readGlossary(): Promise<Glossary> {
  const text = await readFile(path.join(ROOT, 'glossary.yaml'), 'utf8');
  return parseGlossary(text, 'lessons/glossary.yaml');
}

/** Names of all modules, in order. */
export function moduleNames(): Promise<readonly string[]> {
  return numbered(ROOT);
}

/** @throws LessonError when it is not as it has to be */
export async function readModule(name: string): Promise<ModuleFrontMatter> {
  const text = await readFile(path.join(ROOT, name, 'module.md'), 'utf8');
  return parseFrontMatter(text, `lessons/${name}/module.md`, moduleFrontMatter).data;
}

/** Names of all lessons, in order. */
export async function lessonNames(): Promise<readonly string[]> {
  const names: string[] = [];
  for (const module of await moduleNames())
    for (const lesson of await numbered(path.join(ROOT, module))) names.push(`${module}/${lesson}`);
  return names;
}

/** All lessons that happen on a machine, or on a cluster, in order. */
export async function readLessons(
  kind: FrontMatter['environment']['kind'],
): Promise<readonly LessonOnDisk[]> {
  const all = await Promise.all((await lessonNames()).map(readLesson));
  return all.filter(({ lesson }) => lesson.environment.kind === kind);
}

async function numbered(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && /^\d\d-/.test(entry.name))
    .map(({ name }) => name)
    .toSorted();
}

/** Reads a lesson whole. @throws LessonError when parts of it do not fit each other */
export async function readLesson(name: string): Promise<LessonOnDisk> {
  const folder = path.join(ROOT, name);
  const file = `lessons/${name}/lesson.md`;
  const text = await readFile(path.join(folder, 'lesson.md'), 'utf8');
  const lesson = parseLesson(text, file, await readGlossary());
  const { checks } = (await import(pathToFileURL(path.join(folder, 'checks.ts')).href)) as {
    readonly checks: Checks;
  };
  const solutions = await readSolutions(path.join(folder, 'solution'));
  const pictures = (await readdir(folder)).filter((one) => one.endsWith('.svg'));
  const tasks = lesson.steps.flatMap((step) => tasksOf(step).map(({ id }) => id));
  const fits = (wanted: readonly string[], given: readonly string[], what: string): void => {
    const missing = wanted.filter((id) => !given.includes(id));
    const extra = given.filter((id) => !wanted.includes(id));
    if (missing.length > 0)
      throw new LessonError(file, 1, `there is no ${what} for: ${missing.join(', ')}`);
    if (extra.length > 0)
      throw new LessonError(file, 1, `a ${what} belongs to nothing: ${extra.join(', ')}`);
  };
  fits(tasks, Object.keys(checks), 'check');
  fits(picturesOf(lesson), pictures, 'picture');
  const withTasks = lesson.steps.filter((step) => tasksOf(step).length > 0);
  fits(
    withTasks.map(({ id }) => id),
    Object.keys(solutions),
    'solution',
  );
  const seed = await readFiles(path.join(folder, 'seed'));
  if (Object.keys(seed).length > 0 && lesson.environment.kind !== 'cluster')
    throw new LessonError(file, 1, 'objects in seed/ need “environment: { cluster: … }”');
  const files = await readFiles(path.join(folder, 'files'));
  return { name, lesson, checks, files, seed, solutions };
}

async function readSolutions(folder: string): Promise<Record<string, string>> {
  const files = await readFiles(folder);
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => [name.replace(/\.sh$/, ''), text]),
  );
}

/** Text files below a folder, which need not exist. */
async function readFiles(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const found: Record<string, string> = {};
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    found[path.relative(folder, file).replaceAll(path.sep, '/')] = await readFile(file, 'utf8');
  }
  return found;
}
