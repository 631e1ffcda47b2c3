/** A lesson with a machine beside its own, as a learner goes through it: started, typed in, measured, there again in another tab, and gone at the end. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { throughNarrow } from '../harness/narrow.ts';
import {
  openAnew,
  runFocused,
  throughStart,
  waitForScreen,
  waitForShell,
} from '../harness/shell.ts';
import { showApp } from '../harness/shown-app.ts';
import { savedStart } from '../harness/step-anew.ts';

let page: Page;
showApp((shown) => (page = shown));

const lesson = () => page.getByRole('region', { name: 'Containers and virtual machines' });
const done = () => lesson().getByRole('region', { name: 'Task: Done' }).waitFor();
const next = () => lesson().getByRole('button', { name: /^Next/ }).click();
/** Puts a machine's terminal before the learner. */
async function show(name: string): Promise<void> {
  await page.getByRole('button', { name: 'Choose a machine' }).click();
  await page.getByRole('menuitemradio', { name }).click();
  await waitForScreen(page, new RegExp(`root@${name}:.*# *$`, 'm'));
}

const row = (name: string) => lesson().getByRole('row', { name: new RegExp(`^${name}`) });

test('a button starts the machine, and the task sees its kernel', async () => {
  await page.getByRole('button', { name: 'Course' }).click();
  await page.getByRole('link', { name: 'Begin Containers and virtual machines' }).click();
  await lesson()
    .getByRole('img', { name: /Two stacks/ })
    .waitFor();
  await lesson().getByRole('button', { name: 'Start the machine vm' }).click();
  await lesson()
    .getByText(/It took [\d.]+ seconds to start/)
    .waitFor();
  await done();
});

test('what is run on it is typed in its terminal', async () => {
  await lesson().getByRole('button', { name: 'Run on vm' }).click();
  await waitForScreen(page, /root@vm:/);
  await waitForScreen(page, /MemTotal: +\d+ kB/);
});

test('the machine goes on while the page is narrow', async () => {
  await throughNarrow(page, () => lesson().getByRole('button', { name: 'Run on vm' }).waitFor());
  await page.getByRole('button', { name: 'Choose a machine' }).waitFor();
  await waitForScreen(page, /MemTotal: +\d+ kB/);
});

test('a step begins anew with the machine beside it as it was', async () => {
  await next();
  const beginAnew = await savedStart(page, lesson());
  expect(await runFocused(page, 'touch since-then; hostname')).toBe('vm');
  await show('drydock');
  const begin = await beginAnew();
  await throughStart(page, () => begin.click());
  await show('vm');
  expect(await runFocused(page, 'ls since-then')).toContain('No such file');
});

test('it is measured beside a container', async () => {
  await lesson().getByRole('button', { name: 'Run', exact: true }).click();
  await done();
  await next();
  await row('Kernel').getByText('its own').waitFor();
  await row('Kernel').getByText('the machine’s').waitFor();
  const fits = await row('How many fit').getByRole('cell').allTextContents();
  const [machines = 0, containers = 0] = fits.map((text) => Number(text.replaceAll(',', '')));
  expect(containers).toBeGreaterThan(10 * machines);
});

test('it is there again after the tab was closed, and the lesson sees it', async () => {
  await show('vm');
  await runFocused(page, 'echo mine > diary');
  const header = page.getByRole('banner');
  // By itself it would wait five times as long as the last save took.
  await header.getByRole('button', { name: /^Machines changed|^Saving machines/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Save now' }).click();
  await page.keyboard.press('Escape');
  await header.getByRole('button', { name: 'Machines saved' }).waitFor();
  // What was done would be taken for seen.
  await page.evaluate(() => localStorage.removeItem('drydock.progress'));
  page = await openAnew(page);
  const offer = page.getByRole('region', { name: 'Where you left off' });
  await offer.getByText(/^Docker machine and machines of the lesson · .* · \d+ MB$/).waitFor();
  await throughStart(page, () =>
    offer.getByRole('button', { name: 'Go on where you left off' }).click(),
  );
  await row('Kernel').getByText('its own').waitFor();
  await row('Kernel').getByText('the machine’s').waitFor();
  await show('vm');
  expect(await runFocused(page, 'cat diary')).toBe('mine');
  await lesson().getByRole('button', { name: 'Step 1: Boot a machine' }).click();
  await lesson()
    .getByText(/^The machine vm runs\. It took [\d.]+ seconds to start\.$/)
    .waitFor();
  await done();
  await lesson()
    .getByText(/Its kernel calls this boot/)
    .waitFor();
});

test('it ends with the lesson', async () => {
  await lesson().getByRole('button', { name: 'Close the lesson' }).click();
  await page.getByRole('button', { name: 'Choose a machine' }).waitFor({ state: 'detached' });
  await waitForShell(page);
});
