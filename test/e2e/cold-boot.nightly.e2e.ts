/** A machine that starts from its BIOS in the page. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, openApp } from '../harness/app.ts';
import { focusTerminal, run, throughStart, waitForShell } from '../harness/shell.ts';

let app: App;
let page: Page;

beforeAll(async () => {
  app = await openApp();
  page = await app.open();
  await waitForShell(page);
  await page.getByRole('tab', { name: 'Machine' }).click();
});

afterAll(() => app.close());

test('cold boot starts from the BIOS', async () => {
  await focusTerminal(page);
  const uptime = async () => Number((await run(page, 'cut -d. -f1 /proc/uptime')).trim());
  const before = performance.now();
  await page.getByRole('button', { name: 'Cold boot' }).click();
  await throughStart(page, () =>
    page.getByRole('dialog').getByRole('button', { name: 'Cold boot' }).click(),
  );
  await focusTerminal(page);
  expect(await run(page, 'dmesg | grep -o "Linux version 6.1"')).toBe('Linux version 6.1');
  const up = await uptime();
  expect(up).toBeLessThan((performance.now() - before) / 1000);
});
