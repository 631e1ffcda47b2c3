import type { Page } from 'playwright-core';
import { largestRenderer } from '../harness/chromium.ts';
import { focusTerminal, runFocused, waitForScreen, waitForShell } from '../harness/shell.ts';
import { loadsAtRest } from './at-rest.ts';
import { median, prove } from './bench.ts';

/** What the budgets are about, measured with a lesson open beside it, as a learner has it. */
export type LessonMeasure =
  | 'echo'
  | 'docker-run'
  | 'idle-cpu'
  | 'memory'
  | 'cluster-ready'
  | 'cluster-kubectl-get'
  | 'cluster-idle-cpu'
  | 'cluster-memory';

export interface LessonOf {
  readonly title: string;
  /** of its first step */
  readonly heading: string;
}

export const DOCKER_PARTS: LessonOf = { title: 'The parts of Docker', heading: 'Two programs' };
export const TOUR: LessonOf = { title: 'A tour of the cluster', heading: 'Who is here' };

/** fewer than a line of the terminal beside a lesson has room for */
const KEYS = 24;
const COMMANDS = 5;

export const lessonRegion = (page: Page, { title }: LessonOf) =>
  page.getByRole('region', { name: title });

/** From the course. Resolves when the lesson is there, or what it needs before it can begin. */
export async function beginLesson(page: Page, lesson: LessonOf): Promise<() => Promise<void>> {
  await page.getByRole('button', { name: 'Course' }).click();
  const begin = page.getByRole('link', { name: `Begin ${lesson.title}` });
  await begin.waitFor();
  return () => begin.click();
}

async function openLesson(page: Page, lesson: LessonOf): Promise<void> {
  const click = await beginLesson(page, lesson);
  await click();
  await lessonRegion(page, lesson).getByRole('heading', { name: lesson.heading }).waitFor();
}

/** The machine with Docker is there, and has nothing left to do. */
async function waitForDocker(page: Page): Promise<void> {
  await waitForShell(page);
  await page.getByText('Docker is ready').waitFor();
}

async function openDockerLesson(page: Page): Promise<void> {
  await waitForDocker(page);
  await openLesson(page, DOCKER_PARTS);
}

/** @returns milliseconds from the click on its start to the lesson's first step beside a shell */
async function startClusterLesson(page: Page): Promise<number> {
  await waitForDocker(page);
  const click = await beginLesson(page, TOUR);
  await click();
  const start = lessonRegion(page, TOUR).getByRole('button', { name: 'Start the cluster' });
  await start.waitFor();
  const began = performance.now();
  await start.click();
  await lessonRegion(page, TOUR).getByRole('heading', { name: TOUR.heading }).waitFor();
  await waitForScreen(page, /root@control-plane:.*# *$/m);
  return performance.now() - began;
}

/** Median of what a typed command takes, from its Enter to its last line. */
async function timeCommand(page: Page, command: string, printed: RegExp): Promise<number> {
  const times: number[] = [];
  for (let round = -2; round < COMMANDS; round++) {
    const began = performance.now();
    const text = await runFocused(page, command);
    prove(printed.test(text), `${command} printed ${text}`);
    if (round >= 0) times.push(performance.now() - began);
  }
  return median(times);
}

const resources = (page: Page) => largestRenderer(page.context());

/** Percent of a core. */
async function loadAtRest(page: Page): Promise<number> {
  return median(await loadsAtRest({ resources: () => resources(page) }));
}

/** At rest: what a start leaves behind is collected when a worker has nothing to do. */
async function memory(page: Page): Promise<number> {
  await loadAtRest(page);
  return (await resources(page)).memoryBytes / 1e6;
}

/** Median of keys typed into the shell, from the press to the character on the screen. */
async function echo(page: Page): Promise<number> {
  await focusTerminal(page);
  await page.evaluate(() => {
    const rows = document.querySelector('.xterm-rows');
    const times: number[] = [];
    let pressed = 0;
    addEventListener('keydown', () => (pressed = performance.now()), true);
    new MutationObserver(() => {
      if (pressed > 0) times.push(performance.now() - pressed);
      pressed = 0;
    }).observe(rows as Element, { childList: true, subtree: true, characterData: true });
    Object.assign(window, { echoTimes: times });
  });
  for (let key = 0; key < KEYS; key++) {
    await page.keyboard.type('x');
    await waitForScreen(page, new RegExp(`x{${key + 1}} *$`, 'm'));
  }
  const times = await page.evaluate(() => (window as unknown as { echoTimes: number[] }).echoTimes);
  prove(times.length >= KEYS / 2, `only ${times.length} keys were seen`);
  return median(times);
}

const MEASURES: Readonly<Record<LessonMeasure, (page: Page) => Promise<number>>> = {
  async echo(page) {
    await openDockerLesson(page);
    return echo(page);
  },
  async 'docker-run'(page) {
    await openDockerLesson(page);
    return timeCommand(page, 'docker run --rm busybox echo done', /^done$/m);
  },
  async 'idle-cpu'(page) {
    await openDockerLesson(page);
    return loadAtRest(page);
  },
  async memory(page) {
    await openDockerLesson(page);
    return memory(page);
  },
  'cluster-ready': startClusterLesson,
  async 'cluster-kubectl-get'(page) {
    await startClusterLesson(page);
    return timeCommand(page, 'kubectl get pods', /^No resources found in default namespace/m);
  },
  async 'cluster-idle-cpu'(page) {
    await startClusterLesson(page);
    return loadAtRest(page);
  },
  async 'cluster-memory'(page) {
    await startClusterLesson(page);
    return memory(page);
  },
};

/** Milliseconds, percent of a core, or MB. @param page that shows the app from its beginning */
export function measureLesson(what: LessonMeasure, page: Page): Promise<number> {
  return MEASURES[what](page);
}
