import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { openAnew, runFocused, throughStart } from '../harness/shell.ts';
import { showApp } from '../harness/shown-app.ts';

let page: Page;
showApp((shown) => (page = shown));

const header = () => page.getByRole('banner');
const typed = (command: string) => runFocused(page, command);

const offer = () => page.getByRole('region', { name: 'Where you left off' });
const goOn = () =>
  throughStart(page, () =>
    offer().getByRole('button', { name: 'Go on where you left off' }).click(),
  );

const word = (name: string) => header().getByRole('button', { name, exact: true });

test('what was left is whole when the tab was closed in the midst of the next save', async () => {
  await typed('echo mine > ~/work/diary');
  await word('Machines saved').waitFor();
  page = await openAnew(page);
  await goOn();
  await typed('echo next > ~/work/diary');
  await word('Saving machines').waitFor();
  page = await openAnew(page);
  await goOn();
  expect(await typed('cat ~/work/diary')).toBe('mine');
});

test('what another version left stays where it is, and can be taken along', async () => {
  await word('Machines saved').waitFor();
  await changeArtifacts();
  page = await openAnew(page);
  await offer().getByRole('button', { name: 'Go on where you left off' }).click();
  const told = offer().getByRole('alert');
  await told.getByText(/saved by another version of Drydock.*It is still kept/).waitFor();
  const download = page.waitForEvent('download');
  await offer().getByRole('button', { name: 'Save it as a file' }).click();
  expect((await download).suggestedFilename()).toBe('Where I left off.drydock');
  expect(await typed('echo still here')).toBe('still here');
});

test('a full storage is told, and loses nothing', async () => {
  await page.evaluate(() => {
    navigator.storage.estimate = () => Promise.resolve({ quota: 1e6, usage: 0 });
  });
  await offer().getByRole('button', { name: 'Start fresh' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Start fresh' }).click();
  // The button that was pressed has gone: one reads on where it was.
  await page.locator('[data-pane="guide"] :focus').waitFor();
  await word('Machines not saved').click();
  await page
    .getByRole('dialog')
    .getByText(/There is no room left.*What was saved before is still there/)
    .waitFor();
});

/** Makes what was left one of another guest. */
async function changeArtifacts(): Promise<void> {
  await page.evaluate(async () => {
    const answer = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
    const database = await answer(indexedDB.open('drydock-machines'));
    const files = () => database.transaction('files', 'readwrite').objectStore('files');
    const file = (await answer(files().get('last-left'))) as Blob;
    const bytes = new Uint8Array(await file.arrayBuffer());
    const start = new TextDecoder('latin1').decode(bytes.subarray(0, 4096));
    const at = start.indexOf('"artifacts":"') + '"artifacts":"'.length;
    bytes[at] = bytes[at] === 0x30 ? 0x31 : 0x30;
    await answer(files().put(new Blob([bytes]), 'last-left'));
    database.close();
  });
}
