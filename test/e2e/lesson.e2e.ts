/** A lesson as a learner goes through it: by clicking, typing and reading what the checks say. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { run, runFocused, throughStart } from '../harness/shell.ts';
import { showApp } from '../harness/shown-app.ts';
import { savedStart } from '../harness/step-anew.ts';

let page: Page;
showApp((shown) => (page = shown));

const lesson = () => page.getByRole('region', { name: 'From a Dockerfile to a page' });
const task = (state: string) => lesson().getByRole('region', { name: `Task: ${state}` });
const next = () => lesson().getByRole('button', { name: /^Next/ }).click();

test('the course lists the lesson and begins it', async () => {
  await page.getByRole('button', { name: 'Course' }).click();
  await page.getByRole('link', { name: 'Begin From a Dockerfile to a page' }).click();
  await lesson().getByRole('heading', { name: 'Describe the image' }).waitFor();
  await task('Open').waitFor();
  expect(new URL(page.url()).hash).toBe('#/lesson/first-image/describe-the-image');
});

test('a hint is shown when it is asked for', async () => {
  await lesson().getByRole('button', { name: 'Hint', exact: true }).click();
  await lesson().getByText('Ctrl-S saves it').waitFor();
});

test('saving the Dockerfile turns the task green', async () => {
  await lesson()
    .getByRole('button', { name: /^Save as/ })
    .click();
  await task('Done').waitFor();
});

test('a step begins anew as it was come to, and the steps before stay done', async () => {
  await next();
  await lesson().getByRole('heading', { name: 'Build it' }).waitFor();
  const beginAnew = await savedStart(page, lesson());
  await lesson().getByRole('button', { name: 'Run', exact: true }).first().click();
  await task('Done').waitFor();
  const begin = await beginAnew();
  await throughStart(page, () => begin.click());
  await task('Open').waitFor();
  await lesson().getByRole('button', { name: 'Step 1: Describe the image, done' }).waitFor();
  expect(await runFocused(page, 'ls first-image; docker images -q my-nginx-image')).toBe(
    'Dockerfile  index.html',
  );
});

test('running the commands builds, runs, and each task tells what it saw', async () => {
  await lesson().getByRole('button', { name: 'Run', exact: true }).first().click();
  await task('Done')
    .getByText(/of yours/)
    .waitFor();
  await lesson()
    .getByRole('radio', { name: /One new layer/ })
    .check();
  await lesson()
    .getByText(/Right:/)
    .waitFor();
  await next();
  await lesson().getByRole('button', { name: 'Run', exact: true }).first().click();
  await expect.poll(() => task('Done').count()).toBe(2);
});

test('what was done stays done after a reload, and the link leads to the step', async () => {
  const hash = new URL(page.url()).hash;
  expect(hash).toBe('#/lesson/first-image/run-it');
  page.once('dialog', (dialog) => void dialog.accept());
  await page.reload();
  await lesson().getByRole('heading', { name: 'Run it' }).waitFor();
  await lesson().getByRole('button', { name: 'Step 1: Describe the image, done' }).waitFor();
});

test('beginning anew asks first', async () => {
  await lesson().getByRole('button', { name: 'Lesson menu' }).click();
  await page.getByRole('menuitem', { name: 'Begin this lesson anew' }).click();
  await page.getByRole('heading', { name: 'Reset the machine?' }).waitFor();
  await page.getByRole('button', { name: 'Keep it' }).click();
  await lesson().getByRole('button', { name: 'Step 1: Describe the image, done' }).waitFor();
});

test('closing the lesson leaves its files and the machine', async () => {
  await lesson().getByRole('button', { name: 'Close the lesson' }).click();
  await expect.poll(() => lesson().count()).toBe(0);
  expect(await run(page, 'ls first-image')).toBe('Dockerfile  index.html');
});
