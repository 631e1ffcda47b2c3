import type { Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { openApp } from './app.ts';
import { waitForShell } from './shell.ts';

/** For all tests of a file: the app in a browser of its own, at the first prompt of its machine. @param onPage told before the first test */
export function showApp(onPage: (page: Page) => void): void {
  let close = (): Promise<void> => Promise.resolve();
  beforeAll(async () => {
    const app = await openApp();
    close = app.close;
    const page = await app.open();
    onPage(page);
    await waitForShell(page);
  });
  afterAll(() => close());
}
