/** A machine that is reset takes the place of the one before: page, machine's worker and engine's worker stay. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, openApp } from '../harness/app.ts';
import { rendererResources } from '../harness/chromium.ts';
import { focusTerminal, throughStart, waitForShell } from '../harness/shell.ts';

const CYCLES = 20;
/** The first cycles fill caches of the page and the browser. */
const SETTLED = 5;
/**
 * The next machine takes over the worker of the last, and memory that any of them has touched stays: 256 MiB at most. The workers'
 * garbage is not collected here. One machine that stayed behind at each reset would be 1 GB.
 */
const TOLERANCE = 400e6;

let app: App;
let page: Page;
beforeAll(async () => {
  app = await openApp();
  page = await app.open();
  await waitForShell(page);
  await page.getByRole('tab', { name: 'Machine' }).click();
});
afterAll(() => app.close());

/** Bytes of the renderer once its garbage is collected, and what it still does is done. */
async function settledMemory(): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  await session.detach();
  return (await rendererResources(page.context())).memoryBytes;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

test('memory is bounded over twenty machines', async () => {
  const sizes: number[] = [];
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    await page.getByRole('button', { name: 'Reset' }).click();
    await throughStart(page, () =>
      page.getByRole('dialog').getByRole('button', { name: 'Reset' }).click(),
    );
    await focusTerminal(page);
    sizes.push(await settledMemory());
  }
  const megabytes = sizes.map((size) => Math.round(size / 1e6)).join(' ');
  // The figures are worth having when all is well, too.
  process.stdout.write(`renderer after each machine, MB: ${megabytes}\n`);
  const before = median(sizes.slice(0, SETTLED));
  const after = median(sizes.slice(-SETTLED));
  expect(after - before, megabytes).toBeLessThan(TOLERANCE);
  const engines = page.workers().filter((worker) => worker.url().includes('docker.worker'));
  expect(engines).toHaveLength(1);
}, 600_000);
