import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { openAnew, runFocused, throughStart } from '../harness/shell.ts';
import { showApp } from '../harness/shown-app.ts';

let page: Page;
showApp((shown) => (page = shown));

const header = () => page.getByRole('banner');
const saved = () => header().getByRole('button', { name: 'Machines saved', exact: true });
const typed = (command: string) => runFocused(page, command);

const offer = () => page.getByRole('region', { name: 'Where you left off' });

describe('what was left when the tab was closed', () => {
  test('is gone on from: files, containers, and what the editor had open', async () => {
    await page.getByText('Docker is ready').waitFor();
    await typed('docker run -d --name web busybox sleep 10000; echo mine > ~/work/diary');
    await page.getByRole('treeitem', { name: 'diary' }).dblclick();
    await saved().waitFor();

    page = await openAnew(page);
    expect(await typed('ls ~/work/diary; docker ps -q')).toMatch(/No such file/);
    await offer()
      .getByText(/^Docker machine · .* · \d+ MB$/)
      .waitFor();
    await header().getByRole('button', { name: 'Not saved: go on or start fresh?' }).waitFor();
    await offer().getByRole('button', { name: 'Go on where you left off' }).click();
    await throughStart(page, () =>
      page.getByRole('dialog').getByRole('button', { name: 'Go on', exact: true }).click(),
    );
    expect(await typed("cat ~/work/diary; docker ps --format '{{.Names}} {{.State}}'")).toBe(
      'mine\nweb running',
    );
    await page.getByRole('tab', { name: 'diary' }).waitFor();
  });
});
