import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type App, openApp } from '../harness/app.ts';
import {
  focusTerminal,
  run,
  screen,
  throughStart,
  waitForScreen,
  waitForShell,
} from '../harness/shell.ts';

let app: App;
let page: Page;

beforeAll(async () => {
  app = await openApp();
  page = await app.open();
  await waitForShell(page);
  await page.getByRole('tab', { name: 'Machine' }).click();
});

afterAll(() => app.close());

/** The figure of one of the panel's tiles, such as `12 %`. */
const figure = (name: string) =>
  page.getByRole('listitem').filter({ hasText: name }).locator('p').nth(1).textContent();

describe('the machine panel', () => {
  test('shows live readings', async () => {
    await expect.poll(() => figure('Memory')).toMatch(/^[\d.]+ MB$/);
    await expect.poll(() => figure('Network')).toMatch(/\/s$/);
    await focusTerminal(page);
    await page.keyboard.type('clear; echo busy; while :; do :; done\n');
    await waitForScreen(page, /^busy$/m);
    await expect
      .poll(async () => Number.parseInt((await figure('Processor')) ?? '0', 10))
      .toBeGreaterThan(30);
    await page.keyboard.press('Control+C');
    await waitForScreen(page, /^\^C\n.*# *$/m);
  });

  test('pause stops the machine, resume goes on where it was', async () => {
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.locator('dd [data-state=paused]').waitFor();
    await focusTerminal(page);
    await page.keyboard.type('clear; echo typed while $((6 * 7)) slept\n');
    expect(await screen(page)).not.toContain('typed while');
    await page.getByRole('button', { name: 'Resume' }).click();
    await waitForScreen(page, /^typed while 42 slept$/m);
  });

  test('the serial log follows the serial console', async () => {
    await page.getByRole('button', { name: 'Serial log' }).click();
    await focusTerminal(page);
    await run(page, 'echo over the wire > /dev/ttyS0');
    await expect
      .poll(() => page.getByRole('log', { name: 'Serial console' }).textContent())
      .toContain('over the wire');
    await page.getByRole('button', { name: 'Serial log' }).click();
  });

  test('reset starts anew, after asking', async () => {
    await focusTerminal(page);
    await run(page, 'touch /root/work/left-behind');
    await page.getByRole('button', { name: 'Reset' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Keep it' }).click();
    await focusTerminal(page);
    expect(await run(page, 'ls /root/work')).toContain('left-behind');
    await page.getByRole('button', { name: 'Reset' }).click();
    await throughStart(page, () =>
      page.getByRole('dialog').getByRole('button', { name: 'Reset' }).click(),
    );
    await focusTerminal(page);
    expect(await run(page, 'ls /root/work')).not.toContain('left-behind');
  });

  test('reboot restarts the machine: its disk stays, and the serial log tells', async () => {
    await focusTerminal(page);
    await run(page, 'echo kept > /root/work/kept');
    await throughStart(page, () => page.keyboard.type('reboot\n'));
    await focusTerminal(page);
    expect(await run(page, 'cat /root/work/kept')).toBe('kept');
    await page.getByRole('button', { name: 'Serial log' }).click();
    const log = page.getByRole('log', { name: 'Serial console' });
    await expect.poll(() => log.textContent()).toMatch(/Linux version 6\.1[\s\S]*EXT4-fs \(sdb\)/);
    await page.getByRole('button', { name: 'Serial log' }).click();
  });

  test('offers the original Docker Engine with its price', async () => {
    await page.getByRole('button', { name: 'Original Docker Engine (slower)' }).click();
    const dialog = page.getByRole('dialog', { name: 'Go on with the original Docker Engine?' });
    await dialog.getByText(/^Downloads up to \d+ MB, once\.$/).waitFor();
    expect(await dialog.getByRole('button', { name: /real/i }).count()).toBe(1);
    await dialog.getByRole('button', { name: 'Keep it' }).click();
  });
});
