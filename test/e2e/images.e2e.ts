import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type App, openApp } from '../harness/app.ts';
import { violations } from '../harness/axe.ts';
import { runFocused, waitForShell } from '../harness/shell.ts';

let app: App;

beforeAll(async () => {
  app = await openApp();
});

afterAll(() => app.close());

const openList = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Images' }).click();
  await page.getByRole('heading', { name: 'Official images' }).waitFor();
};

describe.each([1280, 390])('the list of images at %i pixels', (width) => {
  test('is read and opened by keyboard, and axe finds nothing', async () => {
    const page = await app.open({ width, height: 800 });
    await page.emulateMedia({ reducedMotion: 'reduce' });
    if (width === 1280) await page.getByRole('button', { name: 'Images' }).focus();
    else {
      await page.getByRole('button', { name: 'More', exact: true }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('menuitem', { name: 'Images' }).focus();
    }
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Official images' }).waitFor();
    const image = page.getByRole('dialog').locator('details', { hasText: 'docker pull nginx' });
    await image.locator('summary').first().focus();
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: 'Layers of nginx' }).waitFor();
    expect(await violations(page, 'dialog')).toEqual([]);
    expect(
      await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth),
    ).toBe(true);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.context().close();
  });
});

test('what is pushed is there after a reload', async () => {
  const page = await app.open();
  await waitForShell(page);
  await runFocused(page, 'echo secret | docker login -u ada --password-stdin');
  await runFocused(page, 'docker pull -q busybox && docker tag busybox ada/box:v1');
  expect(await runFocused(page, 'docker push -q ada/box:v1')).toContain('docker.io/ada/box:v1');
  await openList(page);
  await page.getByRole('dialog').getByText('ada/box').waitFor();
  await page.reload();
  await waitForShell(page);
  await openList(page);
  await page.getByRole('dialog').getByText('ada/box').waitFor();
  await page.keyboard.press('Escape');
  expect(await runFocused(page, 'docker pull -q ada/box:v1')).toContain('docker.io/ada/box:v1');
  await page.context().close();
});
