import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, openApp } from '../harness/app.ts';
import { runFocused, throughStart, waitForShell } from '../harness/shell.ts';

let app: App;
let page: Page;

beforeAll(async () => {
  app = await openApp();
  page = await app.open();
  await waitForShell(page);
});

afterAll(() => app.close());

const header = () => page.getByRole('banner');
const typed = (command: string) => runFocused(page, command);

/** Closes the tab, and opens another one in the same browser, at home. */
async function openAnew(): Promise<void> {
  const context = page.context();
  await page.close();
  page = await context.newPage();
  await page.goto(app.url);
  await waitForShell(page);
}

const offer = () => page.getByRole('region', { name: 'Where you left off' });
const goOn = () =>
  throughStart(page, () =>
    offer().getByRole('button', { name: 'Go on where you left off' }).click(),
  );

test('what was left is whole when the tab was closed in the midst of the next save', async () => {
  const word = (name: string) => header().getByRole('button', { name, exact: true }).waitFor();
  await typed('echo mine > ~/work/diary');
  await word('Machines saved');
  await openAnew();
  await goOn();
  await typed('echo next > ~/work/diary');
  await word('Saving machines');
  await openAnew();
  await goOn();
  expect(await typed('cat ~/work/diary')).toBe('mine');
});
