/** The app without a network, after its parts were kept in the browser. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, openApp } from '../harness/app.ts';
import { runFocused, waitForShell } from '../harness/shell.ts';

let app: App;
let page: Page;

beforeAll(async () => {
  app = await openApp();
  page = await app.blank();
  await page.goto(app.url);
  await waitForShell(page);
});

afterAll(() => app.close());

test('says how large it is, and keeps what is chosen', async () => {
  await page.getByRole('button', { name: 'Keep it here' }).click();
  const dialog = page.getByRole('dialog', { name: 'Without a network' });
  await dialog.getByRole('button', { name: /^Keep \(1\d\d MB\)/ }).waitFor();
  await dialog.getByRole('checkbox', { name: /^Cluster/ }).check();
  await dialog.getByRole('checkbox', { name: /^Cluster/ }).uncheck();
  await dialog.getByRole('button', { name: /^Keep \(/ }).click();
  await dialog.getByText('All is here').waitFor();
  await page.keyboard.press('Escape');
  await page.getByText(/works without a network/).waitFor();
});

test('opens, starts its machine, and runs containers without a network', async () => {
  await page.context().setOffline(true);
  await page.reload();
  await waitForShell(page);
  expect(await runFocused(page, 'docker run --rm hello-world | head -5')).toMatch(
    /Hello from Docker/,
  );
});

test('shows the pages of containers', async () => {
  await runFocused(page, 'docker run -d -p 80:80 nginx');
  const frame = page.frameLocator('iframe:visible');
  await frame.getByText('Welcome to nginx').waitFor();
});

test('a lesson begins', async () => {
  await page.evaluate(() => void (location.hash = '#/lesson/first-image'));
  await page.getByRole('region', { name: /^Task/ }).first().waitFor();
});

test('with a network again, the copy can be taken away', async () => {
  await page.context().setOffline(false);
  await page.evaluate(() => void (location.hash = '#/'));
  await page.getByRole('button', { name: 'Change what is kept' }).click();
  await page.getByRole('button', { name: 'Take it away' }).click();
  await page.getByText('The copy is gone').waitFor();
  expect(await page.evaluate(() => caches.has('drydock-offline'))).toBe(false);
});
