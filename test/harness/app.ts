import { existsSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import path from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchChromium } from './chromium.ts';
import { PATIENCE } from './shell.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** The built app served on a free port, and a fresh Chromium profile looking at it. */
export interface App {
  readonly url: string;
  readonly browser: Browser;
  /** A page of its own context, before it went anywhere. */
  blank(options?: PageOptions): Promise<Page>;
  /** The same, at the machine with nothing beside it. */
  open(options?: PageOptions): Promise<Page>;
  close(): Promise<void>;
}

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: 'light' | 'dark';
}

export interface AppOptions {
  /** stands between the network and the server's handler, to break what a network breaks */
  readonly through?: (handler: RequestListener) => RequestListener;
  /** more of Chromium's */
  readonly flags?: readonly string[];
}

/** Serves build/web and starts Chromium (`CHROMIUM_PATH`). `npm test` builds the app and prepares the states first. */
export async function openApp({ through, flags }: AppOptions = {}): Promise<App> {
  if (!existsSync(path.join(root, 'build/web/index.html'))) {
    throw new Error('build/web is missing: run `npm test -- prepare` first');
  }
  const { serve } = (await import(path.join(root, 'scripts/serve.mjs'))) as {
    serve(options: { port: number } & Pick<AppOptions, 'through'>): Promise<string>;
  };
  const url = await serve({ port: 0, ...(through === undefined ? {} : { through }) });
  const browser = await launchChromium(flags);
  const contexts: BrowserContext[] = [];
  const blank = async ({
    width = 1280,
    height = 800,
    colorScheme = 'light',
  }: PageOptions = {}): Promise<Page> => {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme });
    context.setDefaultTimeout(PATIENCE);
    contexts.push(context);
    return context.newPage();
  };
  return {
    url,
    browser,
    blank,
    async open(options) {
      const page = await blank(options);
      await page.goto(`${url}#/lab`);
      return page;
    },
    async close() {
      await Promise.all(contexts.map((context) => context.close()));
      await browser.close();
    },
  };
}
