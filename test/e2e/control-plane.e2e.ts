import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium } from '../harness/chromium.ts';
import { serveTestPage } from '../harness/test-page.ts';

let server: Awaited<ReturnType<typeof serveTestPage>>;
let context: BrowserContext;
let page: Page;

async function openPage(): Promise<Page> {
  const opened = await context.newPage();
  await opened.goto(server.url);
  await opened.waitForFunction('window.closeControlPlane !== undefined');
  return opened;
}

beforeAll(async () => {
  server = await serveTestPage('control-plane');
  context = await launchChromium();
  page = await openPage();
});

afterAll(async () => {
  await context.close();
  await server.close();
});

describe('a control plane in workers of a page', () => {
  test('is there after a reload, and its keys too', async () => {
    await page.evaluate(() => window.createConfigMap('reloaded', 'kept'));
    const token = await page.evaluate(() => window.createToken('learner'));
    await page.reload();
    await page.waitForFunction('window.closeControlPlane !== undefined');
    expect(await page.evaluate(() => window.readConfigMap('reloaded'))).toBe('kept');
    expect(await page.evaluate((signed) => window.reviewToken(signed), token)).toBe(
      'system:serviceaccount:default:learner',
    );
  });

  test('is started anew when its worker ends', async () => {
    await page.evaluate(() => window.createConfigMap('killed', 'acknowledged'));
    await page.evaluate(() => window.killApiServer());
    expect(await page.evaluate(() => window.readConfigMap('killed'))).toBe('acknowledged');
  });

  test('belongs to one tab, and another can have it then', async () => {
    const second = await openPage();
    await expect(second.evaluate(() => window.readConfigMap('killed'))).rejects.toThrow(
      'The cluster is open in another tab. Go on there, or close that tab and try again.',
    );
    await page.evaluate(() => window.closeControlPlane());
    expect(await second.evaluate(() => window.readConfigMap('killed'))).toBe('acknowledged');
  });
});
