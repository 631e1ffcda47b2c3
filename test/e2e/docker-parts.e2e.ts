/** The daemon's API, asked by hand as a learner does who goes through the lesson about it. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { runFocused } from '../harness/shell.ts';
import { showApp } from '../harness/shown-app.ts';

let page: Page;
showApp((shown) => (page = shown));

const lesson = () => page.getByRole('region', { name: 'The parts of Docker' });
const done = () => lesson().getByRole('region', { name: 'Task: Done' });
const open = () => lesson().getByRole('region', { name: 'Task: Open' });
const next = () => lesson().getByRole('button', { name: /^Next/ }).click();
const run = (index: number) =>
  lesson().getByRole('button', { name: 'Run', exact: true }).nth(index).click();
const socket = 'curl -s --unix-socket /var/run/docker.sock';

test('a wrong answer says why, and another may be given', async () => {
  await page.getByText('Docker is ready').waitFor();
  await page.getByRole('button', { name: 'Course' }).click();
  await page.getByRole('link', { name: 'Begin The parts of Docker' }).click();
  await lesson().getByRole('heading', { name: 'Two programs' }).waitFor();
  await lesson()
    .getByRole('radio', { name: /^The laptop/ })
    .check();
  await lesson()
    .getByText(/does not send the directory/)
    .waitFor();
  await lesson()
    .getByRole('radio', { name: /^The server/ })
    .check();
  await lesson()
    .getByText(/every path in the request/)
    .waitFor();
});

test('the answer of the daemon, kept in a file, turns the task green', async () => {
  await next();
  await open().waitFor();
  await run(1);
  await done().waitFor();
});

test('an image that is pulled by a request is seen, and not before', async () => {
  await next();
  await open().waitFor();
  expect(await runFocused(page, `${socket} http://localhost/images/json`)).toBe('[]');
  await runFocused(
    page,
    `${socket} -X POST 'http://localhost/images/create?fromImage=busybox&tag=latest' | tail -1`,
  );
  await done().waitFor();
  await lesson()
    .getByRole('button', { name: 'Step 3: An image from the registry, done' })
    .waitFor();
});
