import { existsSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import path from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { firstPage, launchChromium, type WindowOptions } from './chromium.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** The built app served on a free port, and Chromium to look at it. */
export interface App {
  readonly url: string;
  /** The page of a fresh browser, before it went anywhere. */
  blank(options?: PageOptions): Promise<Page>;
  /** The same, at the machine with nothing beside it. */
  open(options?: PageOptions): Promise<Page>;
  close(): Promise<void>;
}

export type PageOptions = Omit<WindowOptions, 'flags'>;

export interface AppOptions {
  /** stands between the network and the server's handler, to break what a network breaks */
  readonly through?: (handler: RequestListener) => RequestListener;
  /** more of Chromium's */
  readonly flags?: readonly string[];
}

/** Serves build/web. `npm test` builds the app and prepares the states first. */
export async function openApp({ through, flags }: AppOptions = {}): Promise<App> {
  if (!existsSync(path.join(root, 'build/web/index.html'))) {
    throw new Error('build/web is missing: run `npm test -- prepare` first');
  }
  const { serve } = (await import(path.join(root, 'scripts/serve.mjs'))) as {
    serve(options: { port: number } & Pick<AppOptions, 'through'>): Promise<string>;
  };
  const url = await serve({ port: 0, ...(through === undefined ? {} : { through }) });
  const contexts: BrowserContext[] = [];
  const blank = async (options?: PageOptions): Promise<Page> => {
    const context = await launchChromium({ ...options, ...(flags === undefined ? {} : { flags }) });
    contexts.push(context);
    return firstPage(context);
  };
  return {
    url,
    blank,
    async open(options) {
      const page = await blank(options);
      await page.goto(`${url}#/lab`);
      return page;
    },
    async close() {
      await Promise.all(contexts.map((context) => context.close()));
    },
  };
}
