import type { Page } from 'playwright-core';
import {
  openAnew,
  run,
  runFocused,
  throughStart,
  waitForScreen,
  waitForShell,
} from '../harness/shell.ts';
import { savedStart } from '../harness/step-anew.ts';
import {
  beginLesson,
  DOCKER_PARTS,
  lessonRegion,
  measureLesson,
  TOUR,
  type LessonMeasure,
} from './lesson-measures.ts';

/** What is measured in the app as it is served, in milliseconds where it says nothing else. */
export type AppMeasure =
  | `with-lesson-${LessonMeasure}`
  | 'first-paint'
  | 'lesson-open'
  | 'lesson-open-cluster'
  | 'check-latency'
  | 'reset'
  | 'reset-step'
  | 'resume';

const lesson = (page: Page, which = DOCKER_PARTS) => lessonRegion(page, which);

/** Milliseconds from the click to the first step, or for a cluster's lesson to what it needs before that. */
async function openLesson(page: Page, which = DOCKER_PARTS): Promise<number> {
  const click = await beginLesson(page, which);
  return timed(async () => {
    await click();
    const first = lesson(page, which).getByRole('heading', { name: which.heading });
    await first
      .or(lesson(page, which).getByRole('button', { name: 'Start the cluster' }))
      .first()
      .waitFor();
  });
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

const MEASURES: Readonly<
  Record<Exclude<AppMeasure, `with-lesson-${LessonMeasure}`>, (page: Page) => Promise<number>>
> = {
  /** To the first picture of a page that the browser has in its cache. */
  async 'first-paint'(page) {
    await waitForShell(page);
    await page.reload();
    return page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          new PerformanceObserver((list) => {
            for (const { name, startTime } of list.getEntries())
              if (name === 'first-contentful-paint') resolve(startTime);
          }).observe({ type: 'paint', buffered: true });
        }),
    );
  },
  /** From the click on a lesson of the course to its first step, beside a shell that works. */
  async 'lesson-open'(page) {
    await waitForShell(page);
    return openLesson(page);
  },
  /** The same of a lesson on a cluster, which its reader then starts (`cluster-ready`). */
  async 'lesson-open-cluster'(page) {
    await waitForShell(page);
    return openLesson(page, TOUR);
  },
  /** From the moment a file is there to the task that waits for it being green. */
  async 'check-latency'(page) {
    await waitForShell(page);
    await openLesson(page);
    await lesson(page).getByRole('button', { name: /^Next/ }).click();
    await lesson(page).getByRole('region', { name: 'Task: Open' }).waitFor();
    const seen = await page.evaluateHandle(() => {
      const green = new Promise<number>((resolve) => {
        const observer = new MutationObserver(() => {
          if (!document.querySelector('[aria-label="Task: Done"]')) return;
          observer.disconnect();
          resolve(Date.now());
        });
        observer.observe(document.body, { childList: true, subtree: true, attributes: true });
      });
      return { green };
    });
    await page.locator('.xterm-helper-textarea:visible').first().focus();
    const socket = '--unix-socket /var/run/docker.sock http://localhost/version';
    const there = await run(
      page,
      `mkdir -p ~/work/docker-parts; curl -s ${socket} > /tmp/v; mv /tmp/v ~/work/docker-parts/version.json; date +%s%3N`,
    );
    const green = await seen.evaluate((handle) => handle.green);
    return Math.max(0, green - Number(there));
  },
  /** From the click to a shell in a machine that is as new. */
  async reset(page) {
    await waitForShell(page);
    await page.getByText('Docker is ready').waitFor();
    await runFocused(page, 'echo before-the-reset');
    await page.getByRole('tab', { name: 'Machine' }).click();
    await page.getByRole('button', { name: 'Reset' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    return timed(async () => {
      await dialog.getByRole('button', { name: 'Reset' }).click();
      // A terminal that knows nothing of the old one.
      await waitForScreen(page, /^(?![\s\S]*before-the-reset)[\s\S]*root@drydock:.*# *\n*$/);
    });
  },
  /** From the click to a shell in a machine that is as it was when the step began, beside the step. */
  async 'reset-step'(page) {
    await waitForShell(page);
    await openLesson(page);
    await lesson(page).getByRole('button', { name: /^Next/ }).click();
    const beginAnew = await savedStart(page, lesson(page));
    const folder = '~/work/docker-parts';
    await runFocused(page, `echo '{}' > ${folder}/version.json`);
    const begin = await beginAnew();
    const took = await timed(() => throughStart(page, () => begin.click()));
    const left = await runFocused(page, `ls ${folder}`);
    if (left !== '') throw new Error(`The step did not begin anew: there is ${left}.`);
    return took;
  },
  /** In a tab that is opened anew: from the click on what was left to a shell in that machine, whose container runs. */
  async resume(page) {
    await waitForShell(page);
    await page.getByText('Docker is ready').waitFor();
    await runFocused(
      page,
      'docker run -d --name web busybox sleep 10000; echo left > ~/work/diary',
    );
    await page.getByRole('button', { name: 'Machines saved', exact: true }).waitFor();
    const again = await openAnew(page);
    await again.getByText('Docker is ready').waitFor();
    const goOn = again.getByRole('button', { name: 'Go on where you left off', exact: true });
    const took = await timed(() => throughStart(again, () => goOn.click()));
    const ran = await runFocused(again, "cat ~/work/diary; docker ps --format '{{.Names}}'");
    if (ran !== 'left\nweb') throw new Error(`What was left is not there: ${ran}`);
    return took;
  },
};

/** @param page that shows the app from its beginning */
export function measure(what: AppMeasure, page: Page): Promise<number> {
  return isWithLesson(what)
    ? measureLesson(what.slice(WITH_LESSON.length) as LessonMeasure, page)
    : MEASURES[what](page);
}

const WITH_LESSON = 'with-lesson-';

function isWithLesson(what: AppMeasure): what is `with-lesson-${LessonMeasure}` {
  return what.startsWith(WITH_LESSON);
}
