/** The learner changes to the original Docker Engine. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, openApp } from '../harness/app.ts';
import { focusTerminal, run, waitForShell } from '../harness/shell.ts';

let app: App;
let page: Page;

beforeAll(async () => {
  app = await openApp();
  page = await app.open();
  // Visitors find no prepared state of this profile: it boots cold, whatever was prepared here.
  await page
    .context()
    .route(/\/states\/docker-reference/, (route) => route.fulfill({ status: 404 }));
  await waitForShell(page);
});

afterAll(() => app.close());

test('the original Docker Engine tells when it is ready, and runs a container', async () => {
  await page.getByRole('tab', { name: 'Machine' }).click();
  await page.getByRole('button', { name: 'Original Docker Engine (slower)' }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: 'Original Docker Engine', exact: true })
    .click();
  await page.getByRole('progressbar', { name: 'Start of the machine' }).waitFor();
  await waitForShell(page);
  const engine = page.getByText('Docker engine', { exact: true }).locator('..');
  await engine.locator('[data-state=ready]').waitFor({ timeout: 400_000 });
  await engine.getByRole('button', { name: /real/i }).waitFor();
  await focusTerminal(page);
  expect(await run(page, 'docker run --rm hello-world 2>&1 | grep -E "^(Status|Hello)"')).toBe(
    'Status: Downloaded newer image for hello-world:latest\nHello from Docker!',
  );
  expect(await run(page, "docker version -f '{{.Server.Version}}'")).toBe('20.10.24+dfsg1');
}, 900_000);
