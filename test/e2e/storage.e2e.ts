import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { firstPage, launchChromium } from '../harness/chromium.ts';
import { serveTestPage } from '../harness/test-page.ts';

let server: Awaited<ReturnType<typeof serveTestPage>>;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  server = await serveTestPage('storage');
  context = await launchChromium();
  page = firstPage(context);
  await page.goto(server.url);
  await page.waitForFunction('window.runContract !== undefined');
});

afterAll(async () => {
  await context.close();
  await server.close();
});

describe('the origin private file system', () => {
  test('keeps the contract of storages', async () => {
    const results = await page.evaluate(() => window.runContract());
    expect(results.length).toBeGreaterThan(5);
    expect(results.filter(({ failure }) => failure !== undefined)).toEqual([]);
  });

  test('has everything an etcd acknowledged before its worker was ended', async () => {
    const result = await page.evaluate(() => window.killEtcd());
    expect(result.acknowledged).toBeGreaterThan(150);
    expect(result.found).toBeGreaterThanOrEqual(result.acknowledged);
    expect(result).toMatchObject({ wrong: 0, workers: 2 });
  });
});
