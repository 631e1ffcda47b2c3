import { createHash } from 'node:crypto';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type App, openApp } from '../harness/app.ts';
import { focusTerminal, run, screen, waitForScreen, waitForShell } from '../harness/shell.ts';

let app: App;
let page: Page;

beforeAll(async () => {
  app = await openApp();
  page = await app.open();
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], {
    origin: new URL(page.url()).origin,
  });
  await waitForShell(page);
});

afterAll(() => app.close());

async function paste(text: string): Promise<void> {
  await page.evaluate((value) => navigator.clipboard.writeText(value), text);
  await page.keyboard.press('Control+Shift+V');
}

describe('the terminal', () => {
  test('opens by itself, has the focus, and is a shell of root in /root/work', async () => {
    expect(await run(page, 'id -un; pwd; echo $((6 * 7))')).toBe('root\n/root/work\n42');
  });

  test('10,000 pasted characters reach a program whole', async () => {
    const lines = Array.from(
      { length: 200 },
      (_, line) => `${String(line).padStart(4, '0')} ${'äbcdefghi'.repeat(5)}`,
    );
    const text = `${lines.join('\n')}\n`;
    expect(text.length).toBeGreaterThanOrEqual(10_000);
    await page.keyboard.type(
      'clear; stty -echo; echo ready; cat > /tmp/pasted; stty echo; sha256sum < /tmp/pasted\n',
    );
    await waitForScreen(page, /^ready$/m);
    await paste(text);
    await page.keyboard.press('Control+D');
    const [, digest] = await waitForScreen(page, /^([0-9a-f]{64}) /m);
    expect(digest).toBe(createHash('sha256').update(text).digest('hex'));
  });

  test('10,000 pasted characters reach the command line whole', async () => {
    await page.keyboard.type("clear; text='");
    await paste('0123456789'.repeat(1000));
    await page.keyboard.type("'\n");
    expect(await run(page, 'echo ${#text}')).toBe('10000');
  });

  test('speaks UTF-8 and 256 colours', async () => {
    await run(page, String.raw`printf 'na\303\257ve \342\202\254 \033[38;5;208mcolour\033[0m\n'`);
    expect(await screen(page)).toContain('naïve € colour');
    const colour = (text: RegExp) =>
      page
        .locator('.xterm-rows:visible span', { hasText: text })
        .first()
        .evaluate((element) => getComputedStyle(element).color);
    expect(await colour(/^colour$/)).not.toBe(await colour(/^naïve/));
  });

  test('Ctrl-C interrupts, and the machine knows the size of the window', async () => {
    await page.keyboard.type('clear; echo asleep; sleep 1000\n');
    await waitForScreen(page, /^asleep$/m);
    await page.keyboard.press('Control+C');
    await waitForScreen(page, /^\^C\n.*# *$/m);
    expect(await run(page, 'echo back')).toBe('back');
    const rows = async () => Number((await run(page, 'stty size')).split(' ')[0]);
    const before = await rows();
    await page.setViewportSize({ width: 1280, height: 600 });
    await expect.poll(rows).toBeLessThan(before);
    await page.setViewportSize({ width: 1280, height: 800 });
    await expect.poll(rows).toBe(before);
  });

  test('what is selected can be copied', async () => {
    await run(page, 'echo copy-this-word');
    const row = page.locator('.xterm-rows:visible > div', { hasText: /^copy-this-word$/ });
    const box = await row.boundingBox();
    await page.mouse.dblclick((box?.x ?? 0) + 20, (box?.y ?? 0) + 8);
    await page.keyboard.press('Control+Shift+C');
    await expect
      .poll(() => page.evaluate(() => navigator.clipboard.readText()))
      .toBe('copy-this-word');
  });

  test('search finds text in the scrollback', async () => {
    await run(page, 'echo needle; seq 100');
    await page.keyboard.press('Control+Shift+F');
    await page.keyboard.type('needle');
    await expect.poll(() => page.locator('search output').textContent()).toMatch(/^\d+ of \d+$/);
    await page.keyboard.press('Escape');
    expect(await run(page, 'echo typed')).toBe('typed');
  });

  test('F6 leaves the terminal, Shift+F6 comes back', async () => {
    const pane = () =>
      page.evaluate(
        () => document.activeElement?.closest<HTMLElement>('[data-pane]')?.dataset['pane'],
      );
    await focusTerminal(page);
    await page.keyboard.press('F6');
    expect(await pane()).not.toBe('terminal');
    await page.keyboard.press('Shift+F6');
    expect(await pane()).toBe('terminal');
  });

  test('screen reader mode makes the output readable', async () => {
    const toggle = async () => {
      await page.getByRole('button', { name: 'Terminal settings' }).click();
      await page.getByRole('menuitemcheckbox', { name: 'Screen reader mode' }).click();
      await focusTerminal(page);
    };
    await toggle();
    await run(page, 'echo read this');
    await expect
      .poll(() => page.locator('.xterm-accessibility-tree').textContent())
      .toContain('read this');
    await toggle();
  });

  test('tabs and splits are shells of one machine', async () => {
    await run(page, 'touch /tmp/seen-by-both');
    const tabs = page.getByRole('tablist', { name: 'Terminals' }).getByRole('tab');
    await page.getByRole('button', { name: 'New terminal' }).click();
    await expect.poll(() => tabs.count()).toBe(2);
    await waitForShell(page);
    expect(await run(page, 'ls /tmp/seen-by-both; tty')).toMatch(/seen-by-both\n\/dev\/pts\/\d+/);
    await page.getByRole('button', { name: 'Split', exact: true }).click();
    await waitForScreen(page, /# *$/m, { index: 1 });
    await focusTerminal(page, 1);
    expect(await run(page, 'ls /tmp/seen-by-both', { index: 1 })).toContain('seen-by-both');
    await page.getByRole('tab', { selected: true, name: /root@|drydock/ }).focus();
    await page.keyboard.press('Delete');
    await expect.poll(() => tabs.count()).toBe(1);
    await focusTerminal(page);
    expect(await run(page, 'echo still here')).toBe('still here');
  });

  test('after the session has ended, Enter starts a new one', async () => {
    await page.keyboard.type('exit 3\n');
    await waitForScreen(page, /Session ended with status 3\. Press Enter/);
    await page.keyboard.press('Enter');
    // Before the shell is there.
    await page.keyboard.type('echo typed $((1 + 1)) early\n');
    await waitForScreen(page, /^typed 2 early$/m);
    expect(await run(page, 'echo anew')).toBe('anew');
  });
});
