import type { FrameLocator, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { focusTerminal, run } from '../harness/shell.ts';
import { showApp } from '../harness/shown-app.ts';

let page: Page;
showApp((shown) => (page = shown));

/** The frame that shows what the machine serves on `port`. */
async function preview(port: number): Promise<FrameLocator> {
  await page.getByRole('tab', { name: new RegExp(`^:${port}\\b`) }).click();
  return page.getByRole('tabpanel', { name: `Port ${port}` }).frameLocator('iframe');
}

/** Replaces the whole text of a file in the editor and waits until it is saved in the machine. */
async function edit(name: string, text: string): Promise<void> {
  await page.getByRole('treeitem', { name }).click();
  const editor = page.getByRole('tabpanel', { name }).locator('.monaco-editor').first();
  await editor.waitFor();
  await editor.click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(text);
  await page.keyboard.press('Control+S');
  await page
    .getByRole('status')
    .filter({ hasText: /^Saved$/ })
    .waitFor();
  await focusTerminal(page);
}

/** Runs a command in the terminal and returns its last line. */
async function lastLine(command: string): Promise<string> {
  const printed = await run(page, command);
  return printed.split('\n').at(-1) ?? '';
}

describe('from a Dockerfile to a page', () => {
  test('docker build makes an image from the Dockerfile in the editor', async () => {
    expect(await lastLine('docker build -t my-nginx-image .')).toBe(
      'Successfully tagged my-nginx-image:latest',
    );
  });

  test('docker run publishes its page, and the preview shows it', async () => {
    expect(await lastLine('docker run -d -p 80:80 my-nginx-image')).toMatch(/^[0-9a-f]{64}$/);
    const frame = await preview(80);
    await frame.getByRole('heading', { name: 'Hello from a container' }).waitFor();
  });

  test('an edited page appears after the image is built again', async () => {
    // Without tags: the editor closes a tag that is typed.
    await edit('index.html', 'Second edition\n');
    expect(await run(page, 'cat index.html')).toBe('Second edition');
    expect(await lastLine('docker build -t my-nginx-image .')).toBe(
      'Successfully tagged my-nginx-image:latest',
    );
    expect(await lastLine('docker run -d -p 8080:80 --name second my-nginx-image')).toMatch(
      /^[0-9a-f]{64}$/,
    );
    const second = await preview(8080);
    await second.getByText('Second edition').waitFor();
    const first = await preview(80);
    await first.getByRole('heading', { name: 'Hello from a container' }).waitFor();
  });

  test('both containers run, each answers on its own port, and one can be stopped', async () => {
    await focusTerminal(page);
    expect(
      await run(page, 'curl -s localhost:8080 localhost:80 | grep -oE "Second.*|<h1>.*</h1>"'),
    ).toBe('Second edition\n<h1>Hello from a container</h1>');
    expect(await lastLine('docker stop second')).toBe('second');
    expect(await run(page, 'docker ps --format "{{.Ports}}"')).toBe('0.0.0.0:80->80/tcp');
    expect(await run(page, 'curl -s localhost:8080; echo $?')).toBe('7');
  });
});
