import type { Locator, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { runFocused } from '../harness/shell.ts';
import { showApp } from '../harness/shown-app.ts';

let page: Page;
showApp((shown) => (page = shown));

const shell = (command: string) => runFocused(page, command);

function item(name: string): Locator {
  return page.getByRole('treeitem', { name, exact: true });
}

describe('the file tree', () => {
  test('shows the starter files of /root/work', async () => {
    await item('Dockerfile').waitFor();
    await item('index.html').waitFor();
  });

  test('follows what the shell does', async () => {
    await shell('touch made.txt; mkdir -p site/css; ln -s site shortcut');
    await item('made.txt').waitFor();
    await item('site').waitFor();
    await page.getByRole('treeitem', { name: /shortcut/ }).waitFor();
    await shell('rm made.txt');
    await item('made.txt').waitFor({ state: 'detached' });
  });

  test('opens folders and links to folders, and follows what happens in them', async () => {
    await item('site').click();
    await item('css').waitFor();
    await shell('echo hi > site/new.html');
    await item('new.html').waitFor();
    await page.getByRole('treeitem', { name: /shortcut/ }).click();
    await expect.poll(() => item('new.html').count()).toBe(2);
    await page.getByRole('treeitem', { name: /shortcut/ }).click();
  });

  test('is worked by the keyboard alone', async () => {
    const tree = page.getByRole('tree');
    await tree.focus();
    const selected = () => page.locator('[role=treeitem][aria-selected=true]').innerText();
    await page.keyboard.press('Home');
    await page.keyboard.press('s');
    await expect.poll(selected).toContain('s');
    await page.keyboard.press('End');
    await expect.poll(selected).toBe('index.html');
    await page.keyboard.press('Home');
    await expect.poll(() => tree.getAttribute('aria-activedescendant')).toBeTruthy();
  });

  test('makes, renames and deletes files in the machine', async () => {
    await item('Dockerfile').click();
    await page.getByRole('button', { name: 'New file' }).click();
    await page.getByRole('textbox', { name: 'Name of the new file' }).waitFor();
    await page.keyboard.type('Dockerfile');
    await page.getByText('Something of this name is there already.').waitFor();
    await page.keyboard.press('Control+A');
    await page.keyboard.type('run.sh');
    await page.keyboard.press('Enter');
    await page.getByRole('tab', { name: 'run.sh' }).waitFor();
    expect(await shell('stat -c %F run.sh')).toBe('regular empty file');

    await item('run.sh').click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Rename' }).click();
    await page.getByRole('textbox', { name: 'New name of run.sh' }).waitFor();
    await page.keyboard.press('Control+A');
    await page.keyboard.type('start.sh');
    await page.keyboard.press('Enter');
    await item('start.sh').waitFor();
    await page.getByRole('tab', { name: 'start.sh' }).waitFor();

    await page.getByRole('tree').focus();
    await page.keyboard.press('Delete');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await item('start.sh').waitFor({ state: 'detached' });
    expect(await shell('ls start.sh 2>&1')).toContain('No such file');
  });

  test('uploads files, and asks before it replaces one', async () => {
    await item('Dockerfile').click();
    const picker = page.locator('input[type=file]');
    const file = (text: string) => ({
      name: 'up.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from(text),
    });
    await picker.setInputFiles(file('first\n'));
    await item('up.txt').waitFor();
    await picker.setInputFiles(file('second\n'));
    await page.getByRole('dialog').getByRole('button', { name: 'Replace' }).click();
    await expect.poll(() => shell('cat up.txt')).toBe('second');
  });

  test('stays quick with thousands of entries', async () => {
    // Made elsewhere: each file that is made in front of the watcher wakes it twice.
    await shell('mkdir ../many; (cd ../many; seq -f "file-%g" 2000 | xargs touch); mv ../many .');
    await item('many').click();
    await item('file-1').waitFor();
    await page.getByRole('tree').focus();
    await page.keyboard.press('End');
    await item('index.html').or(item('up.txt')).first().waitFor();
    expect(await page.getByRole('treeitem').count()).toBeLessThan(120);
    await shell('rm -r many');
    await item('many').waitFor({ state: 'detached' });
  });
});
