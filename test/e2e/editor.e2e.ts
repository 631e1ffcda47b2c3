import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { runFocused, waitForShell } from '../harness/shell.ts';
import { showApp } from '../harness/shown-app.ts';

let page: Page;
showApp((shown) => (page = shown));

const shell = (command: string) => runFocused(page, command);

/** Opens a file by the tree and puts the cursor at its end. */
async function open(name: string): Promise<void> {
  await page.getByRole('treeitem', { name, exact: true }).click();
  await page.locator(`.monaco-editor[data-uri$="/${name}"]`).waitFor();
  await focusEditor();
}

async function focusEditor(): Promise<void> {
  await page.locator('.monaco-editor .view-lines').first().click();
  await page.keyboard.press('Control+End');
}

async function editorText(): Promise<string> {
  const lines = await page.locator('.monaco-editor .view-lines').first().innerText();
  return lines.replaceAll('\u00a0', ' ');
}

function status(text: string) {
  return page.getByRole('status').filter({ hasText: new RegExp(`^${text}$`) });
}

describe('the editor', () => {
  test('saves in the machine shortly after typing', async () => {
    await open('index.html');
    await page.keyboard.type('<!-- typed -->');
    await expect
      .poll(() => page.getByRole('tab', { name: /index\.html.*unsaved/ }).count())
      .toBe(0);
    await status('Saved').waitFor();
    expect(await shell('tail -n 1 index.html')).toContain('<!-- typed -->');
  });

  test('saves at once with Ctrl+S', async () => {
    await focusEditor();
    await page.keyboard.type('<!-- now -->');
    await page.keyboard.press('Control+S');
    await status('Saved').waitFor();
    expect(await shell('grep -c "now -->" index.html')).toBe('1');
  });

  test('shows what the shell changes', async () => {
    await shell('echo "<p>from the shell</p>" > index.html');
    await expect.poll(editorText).toContain('from the shell');
  });

  test('asks when both sides changed, with the difference, and keeps the choice', async () => {
    // The shell writes in the short time between typing and saving, sooner or later.
    await shell('(until [ -e /tmp/asked ]; do sleep 1; echo theirs > index.html; done) & true');
    await focusEditor();
    const conflict = page.getByText('was changed in the machine while your text');
    for (let round = 0; round < 300 && !(await conflict.isVisible()); round += 1) {
      await page.keyboard.type('mine ', { delay: 40 });
    }
    await conflict.waitFor();
    expect(await shell('touch /tmp/asked; wait; cat index.html')).toMatch(/^theirs$/m);
    await page.getByRole('button', { name: 'Compare' }).click();
    const dialog = page.getByRole('dialog', { name: /Two versions/ });
    await dialog.getByText('theirs').first().waitFor();
    await dialog.getByRole('button', { name: 'Keep mine' }).click();
    await status('Saved').waitFor();
    const kept = await shell('cat index.html');
    expect(kept).toContain('mine');
    expect(kept).not.toContain('theirs');
  });

  test('says when the file was deleted, and writes it again', async () => {
    await shell('rm index.html');
    await page.getByText('index.html is not in the machine any more.').waitFor();
    await page.getByRole('button', { name: 'Write it again' }).click();
    await status('Saved').waitFor();
    expect(await shell('cat index.html')).toContain('mine');
  });

  test('keeps line endings', async () => {
    await shell(String.raw`printf 'one\r\ntwo\r\n' > windows.txt`);
    await open('windows.txt');
    await page.getByText('CRLF').waitFor();
    await page.keyboard.type('three\n');
    await page.keyboard.press('Control+S');
    await status('Saved').waitFor();
    expect(await shell('od -An -c windows.txt | tr -d " \\n"')).toBe(
      String.raw`one\r\ntwo\r\nthree\r\n`,
    );
  });

  test('refuses what is not text, with advice', async () => {
    await shell('head -c 64 /dev/zero > zeros');
    await page.getByRole('treeitem', { name: 'zeros' }).click();
    await page.getByText('not a text file').waitFor();
    await page
      .getByRole('tabpanel', { name: 'zeros' })
      .getByRole('button', { name: 'Close' })
      .click();
  });
});

describe('Dockerfiles', () => {
  test('are completed, explained and checked', async () => {
    await open('Dockerfile');
    await page.keyboard.type('\nHEALTHC');
    await page
      .locator('.suggest-widget .monaco-list-row', { hasText: 'HEALTHCHECK' })
      .first()
      .waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.monaco-editor .squiggly-error').first().waitFor();
    for (let key = 0; key < 8; key += 1) await page.keyboard.press('Backspace');
    await page.locator('.monaco-editor .squiggly-error').first().waitFor({ state: 'detached' });
    await page
      .locator('.view-line span', { hasText: /^FROM$/ })
      .first()
      .hover();
    await page.locator('.monaco-hover', { hasText: 'base' }).first().waitFor();
    await page.keyboard.press('Escape');
  });
});

describe('reaching everything', () => {
  test('Ctrl+M makes Tab leave the editor, and says so', async () => {
    await focusEditor();
    await page.keyboard.press('Control+M');
    await page.getByRole('button', { name: /Tab moves the focus/ }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.closest('.monaco-editor'))).toBeNull();
    await focusEditor();
    await page.keyboard.press('Control+M');
    await page.getByRole('button', { name: /Tab indents/ }).waitFor();
  });
});

test('text survives a reload, although the machine starts anew', async () => {
  await open('Dockerfile');
  await page.keyboard.type('# not to be lost');
  await status('Saved').waitFor();
  await page.reload();
  await page.getByText('This text from before the reload was put back').waitFor();
  await waitForShell(page);
  expect(await shell('cat Dockerfile')).toContain('# not to be lost');
  await page.getByRole('button', { name: 'OK' }).click();
});
