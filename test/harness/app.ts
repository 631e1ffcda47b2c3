import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const root = path.resolve(import.meta.dirname, '../..');

/** The built app served on a free port, and a fresh Chromium profile looking at it. */
export interface App {
  readonly url: string;
  readonly browser: Browser;
  /** A page of its own context, at the app's start. */
  open(options?: {
    width?: number;
    height?: number;
    colorScheme?: 'light' | 'dark';
  }): Promise<Page>;
  close(): Promise<void>;
}

/** Serves build/web and starts Chromium (`CHROMIUM_PATH`). `npm test` builds the app and prepares the states first. */
export async function openApp(): Promise<App> {
  if (!existsSync(path.join(root, 'build/web/index.html'))) {
    throw new Error('build/web is missing: run `npm test -- prepare` first');
  }
  const { serve } = (await import(path.join(root, 'scripts/serve.mjs'))) as {
    serve(options: { port: number }): Promise<string>;
  };
  const url = await serve({ port: 0 });
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  const contexts: BrowserContext[] = [];
  return {
    url,
    browser,
    async open({ width = 1280, height = 800, colorScheme = 'light' } = {}) {
      const context = await browser.newContext({ viewport: { width, height }, colorScheme });
      contexts.push(context);
      const page = await context.newPage();
      await page.goto(url);
      return page;
    },
    async close() {
      await Promise.all(contexts.map((context) => context.close()));
      await browser.close();
    },
  };
}
