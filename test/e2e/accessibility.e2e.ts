import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type App, openApp } from '../harness/app.ts';
import { waitForShell } from './support/shell.ts';

let app: App;

beforeAll(async () => {
  app = await openApp();
});

afterAll(() => app.close());

/** What axe finds wrong, in a form that a failing test prints well. */
async function violations(page: Page): Promise<string[]> {
  const { violations: found } = await new AxeBuilder({ page }).analyze();
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${target.join(' ')}: ${failureSummary}`),
  );
}

describe.each(['light', 'dark'] as const)('axe finds nothing in %s', (colorScheme) => {
  test.each([
    { width: 1280, height: 800 },
    { width: 390, height: 844 },
  ])('at $width pixels', async ({ width, height }) => {
    const page = await app.open({ width, height, colorScheme });
    expect(await violations(page)).toEqual([]);
    await waitForShell(page);
    expect(await violations(page)).toEqual([]);

    const narrow = width < 500;
    const views = narrow ? ['Files', 'Editor', 'Preview', 'Machine'] : ['Machine'];
    for (const view of views) {
      await page.getByRole(narrow ? 'button' : 'tab', { name: view, exact: true }).click();
      await page.waitForTimeout(500);
      expect({ view, violations: await violations(page) }).toEqual({ view, violations: [] });
    }

    await page.getByRole('button', { name: 'Keyboard' }).click();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Colours' }).click();
    expect(await violations(page)).toEqual([]);
    await page.context().close();
  });
});

describe('by keyboard', () => {
  test('the skip link leads to the terminal', async () => {
    const page = await app.open();
    await waitForShell(page);
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await page.getByRole('button', { name: 'Skip to the terminal' }).focus();
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.className)).toContain(
      'xterm-helper-textarea',
    );
    await page.context().close();
  });

  test('panes resize with the arrow keys and keep their size', async () => {
    const page = await app.open();
    await waitForShell(page);
    const width = () =>
      page.locator('[data-pane=terminal]').evaluate((element) => element.clientWidth);
    const before = await width();
    await page.getByRole('separator', { name: 'Width of files and editor' }).focus();
    await page.keyboard.press('ArrowLeft');
    await expect.poll(width).toBeGreaterThan(before);
    const after = await width();
    await page.reload();
    await expect.poll(width).toBe(after);
    await page.context().close();
  });

  test('Tab reaches every control of the header, and F6 every pane', async () => {
    const page = await app.open();
    await waitForShell(page);
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
    await page.context().close();
  });
});
