import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type App, openApp } from '../harness/app.ts';
import { violations } from '../harness/axe.ts';
import { waitForShell } from '../harness/shell.ts';

let app: App;

beforeAll(async () => {
  app = await openApp();
});

afterAll(() => app.close());

describe.each([
  { width: 1280, height: 800, views: ['Machine', 'Preview'], role: 'tab' },
  { width: 390, height: 844, views: ['Files', 'Editor', 'Preview', 'Machine'], role: 'button' },
] as const)('at $width pixels', ({ width, height, views, role }) => {
  let page: Page;

  beforeAll(async () => {
    page = await app.open({ width, height });
    // Colours that are still changing have no contrast to speak of.
    await page.emulateMedia({ reducedMotion: 'reduce' });
  });

  afterAll(() => page.context().close());

  test('axe finds nothing while the machine starts', async () => {
    expect(await violations(page)).toEqual([]);
  });

  test('axe finds nothing beside the shell', async () => {
    await waitForShell(page);
    expect(await violations(page)).toEqual([]);
  });

  test.each(views)('axe finds nothing in %s', async (view) => {
    await page.getByRole(role, { name: view, exact: true }).click();
    await page.locator(`[data-pane]:visible`).first().waitFor();
    expect(await violations(page)).toEqual([]);
  });

  test('axe finds nothing at home and in a lesson', async () => {
    await page.getByRole('button', { name: 'Course' }).click();
    await page
      .getByRole('link', { name: /^Begin/ })
      .first()
      .waitFor();
    expect(await violations(page)).toEqual([]);
    await page
      .getByRole('link', { name: /^Begin/ })
      .first()
      .click();
    await page.getByRole('region', { name: /^Task/ }).first().waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Close the lesson' }).click();
  });

  test('axe finds nothing in the list of keys and in a menu', async () => {
    const isNarrow = width < 480;
    if (isNarrow) await page.getByRole('button', { name: 'More', exact: true }).click();
    await page.getByRole(isNarrow ? 'menuitem' : 'button', { name: 'Keyboard' }).click();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: isNarrow ? 'More' : 'Colours', exact: true }).click();
    await page.getByRole('menuitemradio', { name: 'Dark colours' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
  });
});

describe('by keyboard', () => {
  let page: Page;

  beforeAll(async () => {
    page = await app.open();
    await waitForShell(page);
  });

  afterAll(() => page.context().close());

  test('the skip link leads to the terminal', async () => {
    await page.getByRole('button', { name: 'Skip to the terminal' }).focus();
    await page.keyboard.press('Enter');
    const focused = await page.evaluate(() => document.activeElement?.className);
    expect(focused).toContain('xterm-helper-textarea');
  });

  test('F6 reaches every pane', async () => {
    await page.locator('.monaco-editor').first().waitFor();
    const panes = new Set<string | undefined>();
    for (let step = 0; step < 6; step += 1) {
      await page.keyboard.press('F6');
      panes.add(
        await page.evaluate(
          () => document.activeElement?.closest<HTMLElement>('[data-pane]')?.dataset['pane'],
        ),
      );
    }
    expect(panes).toEqual(new Set(['editor', 'files', 'header', 'lower', 'terminal']));
  });

  test('panes resize with the arrow keys and keep their size', async () => {
    const width = () =>
      page.locator('[data-pane=terminal]').evaluate((element) => element.clientWidth);
    const before = await width();
    await page.getByRole('separator', { name: 'Width of files and editor' }).focus();
    await page.keyboard.press('ArrowLeft');
    await expect.poll(width).toBeGreaterThan(before);
    const after = await width();
    await page.reload();
    await expect.poll(width).toBe(after);
  });
});
