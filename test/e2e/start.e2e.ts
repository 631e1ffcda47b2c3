import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type App, openApp } from '../harness/app.ts';
import { run, runFocused, waitForShell } from '../harness/shell.ts';

let app: App;

beforeAll(async () => {
  app = await openApp();
});

afterAll(() => app.close());

describe('starting', () => {
  test('shows what is happening, and nothing moves on the way to the shell', async () => {
    const page = await app.blank();
    await page.addInitScript(() => {
      const shifts = { total: 0 };
      Object.assign(globalThis, { shifts });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries())
          shifts.total += (entry as PerformanceEntry & { value: number }).value;
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await page.goto(app.url);
    await page
      .getByRole('progressbar', { name: 'Start of the machine' })
      .waitFor({ state: 'attached' });
    await waitForShell(page);
    expect(await run(page, 'echo ready')).toBe('ready');
    const shift = await page.evaluate(
      () => (globalThis as unknown as { shifts: { total: number } }).shifts.total,
    );
    expect(shift).toBeLessThan(0.01);
    await page.context().close();
  });

  test('a download that breaks says so, and trying again goes on', async () => {
    const page = await app.blank();
    let broken = true;
    await page
      .context()
      .route(/\/(states|guest)\//, (route) =>
        broken ? route.abort('connectionreset') : route.continue(),
      );
    await page.goto(app.url);
    const card = page.getByRole('alert');
    await card.waitFor();
    expect(await card.textContent()).toMatch(/download stopped half-way/);
    broken = false;
    await card.getByRole('button', { name: 'Try again' }).click();
    await waitForShell(page);
    expect(await runFocused(page, 'echo recovered')).toBe('recovered');
    await page.context().close();
  });

  test('a download that breaks goes on by itself when there is a connection again', async () => {
    const page = await app.blank();
    const context = page.context();
    await context.route(/\/(states|guest)\//, (route) => route.abort('connectionreset'));
    await page.goto(app.url);
    const card = page.getByRole('alert');
    await card.waitFor();
    await context.setOffline(true);
    await context.unrouteAll();
    await context.setOffline(false);
    await waitForShell(page);
    expect(await card.count()).toBe(0);
    await context.close();
  });

  test('a browser without WebAssembly is told what to do', async () => {
    const page = await app.blank();
    await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'WebAssembly'));
    await page.goto(app.url);
    const card = page.getByRole('alert');
    await card.waitFor();
    expect(await card.textContent()).toMatch(/no WebAssembly[\s\S]*current Chrome/);
    await page.context().close();
  });

  test('a window without storage says that nothing is kept, and works', async () => {
    const page = await app.blank();
    await page.addInitScript(() => {
      const refuse = () => {
        throw new DOMException('The operation is insecure.', 'SecurityError');
      };
      Object.defineProperty(globalThis, 'localStorage', { get: refuse });
      StorageManager.prototype.getDirectory = () =>
        Promise.reject(new DOMException('No storage.', 'SecurityError'));
      IDBFactory.prototype.open = refuse;
    });
    await page.goto(app.url);
    await page.getByRole('button', { name: 'Nothing is kept' }).waitFor();
    await waitForShell(page);
    expect(await run(page, 'echo works')).toBe('works');
    await page.context().close();
  });
});
