/** A machine that is reset takes the place of the one before: page, machine's worker and engine's worker stay. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, openApp } from '../harness/app.ts';
import { rendererResources } from '../harness/chromium.ts';
import { focusTerminal, throughStart, waitForShell } from '../harness/shell.ts';

const CYCLES = 20;
/** So many fill what the browser keeps for whoever drives it: the bodies of answers, 10 MB for each machine's state and 200 MB in all. */
const FILLING = 20;
/** The first cycles fill caches of the page and the browser. */
const SETTLED = 5;
/** A machine of this profile occupies about 190 MB: one that stayed behind would show. */
const TOLERANCE = 80e6;

let app: App;
let page: Page;
beforeAll(async () => {
  app = await openApp();
  page = await app.open();
  await waitForShell(page);
  await page.getByRole('tab', { name: 'Machine' }).click();
});
afterAll(() => app.close());

/** Has the page and its workers collect their garbage. */
async function collectGarbage(): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const collecting: Promise<unknown>[] = [session.send('HeapProfiler.collectGarbage')];
  const collected = new Map<string, () => void>();
  session.on('Target.attachedToTarget', ({ sessionId }) => {
    const message = JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' });
    collecting.push(
      new Promise<void>((resolve) => collected.set(sessionId, resolve)),
      session.send('Target.sendMessageToTarget', { sessionId, message }),
    );
  });
  session.on('Target.receivedMessageFromTarget', ({ sessionId }) => collected.get(sessionId)?.());
  // Tells of all workers before it resolves.
  await session.send('Target.setAutoAttach', {
    autoAttach: true,
    waitForDebuggerOnStart: false,
    flatten: false,
  });
  await Promise.all(collecting);
  await session.detach();
}

/** Bytes of the renderer once its garbage is collected, and what it still does is done. */
async function settledMemory(): Promise<number> {
  await collectGarbage();
  return (await rendererResources(page.context())).memoryBytes;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

test('memory stays flat over twenty machines', async () => {
  const sizes: number[] = [];
  for (let cycle = 0; cycle < FILLING + CYCLES; cycle++) {
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
  const before = median(sizes.slice(FILLING, FILLING + SETTLED));
  const after = median(sizes.slice(-SETTLED));
  expect(after - before, megabytes).toBeLessThan(TOLERANCE);
  const engines = page.workers().filter((worker) => worker.url().includes('docker.worker'));
  expect(engines).toHaveLength(1);
}, 600_000);
