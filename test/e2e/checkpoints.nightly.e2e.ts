import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type App, openApp } from '../harness/app.ts';
import { runFocused, throughStart, waitForShell } from '../harness/shell.ts';

let app: App;
let page: Page;
const file = path.join(tmpdir(), `drydock-e2e-${process.pid}.drydock`);

beforeAll(async () => {
  app = await openApp();
  page = await app.open();
  await waitForShell(page);
  await page.getByRole('tab', { name: 'Machine' }).click();
});

afterAll(() => app.close());

const dialog = () => page.getByRole('dialog', { name: 'Checkpoints' });
const list = () => dialog().getByRole('list', { name: 'Checkpoints' });
const alert = () => dialog().getByRole('alert').textContent();

async function openDialog(): Promise<void> {
  await page.getByRole('button', { name: 'Checkpoints' }).click();
  await dialog().waitFor();
}

const typed = (command: string) => runFocused(page, command);

const question = () => page.getByRole('dialog', { name: /^Go on from/ });
const answer = async (): Promise<void> => {
  await question()
    .getByLabel(/^Save what is there now/)
    .uncheck();
  await question().getByRole('button', { name: 'Go on from it' }).click();
};

/** Answers the question whether to go on from it, and waits for the shell of the machine. */
const confirmRestore = (): Promise<void> => throughStart(page, answer);

describe('checkpoints', () => {
  test('what is kept in the browser comes back with containers, images and files', async () => {
    await typed('docker run -d --name web busybox sleep 10000 && docker tag busybox mine:1');
    await typed('echo before > /root/work/diary');
    await openDialog();
    await dialog().getByText('There is no checkpoint in this browser yet.').waitFor();
    await dialog().getByLabel('Name').fill('Lesson four');
    await dialog().getByRole('button', { name: 'Save', exact: true }).click();
    await dialog().getByText('Saved in this browser.').waitFor();
    await expect
      .poll(() => list().getByRole('listitem').textContent())
      .toMatch(/^Lesson four \(you are here\)\w{3} \d+, \d{4}.*Docker machine.*\d MB/);
    await dialog().getByRole('button', { name: 'Close' }).last().click();
    await typed('echo after > /root/work/diary; docker rm -f web; docker rmi mine:1');

    await openDialog();
    await list().getByRole('button', { name: 'Go on' }).click();
    await confirmRestore();
    expect(await typed('cat /root/work/diary')).toBe('before');
    await page.getByText('Docker is ready').waitFor();
    expect(
      await typed("docker ps --format '{{.Names}} {{.State}}'; docker run --rm mine:1 echo tagged"),
    ).toBe('web running\ntagged');
  });

  test('is renamed, downloaded, deleted, and opened from the file, also after a reload', async () => {
    await page.reload();
    await waitForShell(page);
    await page.getByRole('tab', { name: 'Machine' }).click();
    await openDialog();
    await list().getByRole('button', { name: 'Rename Lesson four' }).click();
    await list().getByRole('textbox').waitFor();
    await page.keyboard.type('Lesson 4: a server');
    await page.keyboard.press('Enter');
    const download = page.waitForEvent('download');
    await list().getByRole('button', { name: 'Download Lesson 4: a server' }).click();
    const saved = await download;
    expect(saved.suggestedFilename()).toBe('Lesson 4- a server.drydock');
    await saved.saveAs(file);
    await list().getByRole('button', { name: 'Delete Lesson 4: a server' }).click();
    await page
      .getByRole('dialog', { name: /^Delete/ })
      .getByRole('button', { name: 'Delete' })
      .click();
    await dialog().getByText('There is no checkpoint in this browser yet.').waitFor();

    await dialog().getByLabel('Open from a file: file').setInputFiles(file);
    await page.getByRole('dialog', { name: 'Go on from “Lesson 4: a server”?' }).waitFor();
    await confirmRestore();
    expect(await typed('cat /root/work/diary')).toBe('before');
  });

  test('a paused machine is saved as it stands, straight to a file', async () => {
    await page.getByRole('button', { name: 'Pause' }).click();
    await openDialog();
    const download = page.waitForEvent('download');
    await dialog().getByRole('button', { name: 'Save to a file' }).click();
    expect((await download).suggestedFilename()).toMatch(/^Saved .*\.drydock$/);
    await dialog().getByRole('button', { name: 'Close' }).last().click();
    await page.locator('dd [data-state=paused]').waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    expect(await typed('cat /root/work/diary')).toBe('before');
  });

  test('what was there is kept first when one wants to come back', async () => {
    await typed('echo later > /root/work/diary');
    await openDialog();
    await dialog().getByLabel('Open from a file: file').setInputFiles(file);
    await throughStart(page, () =>
      question().getByRole('button', { name: 'Go on from it' }).click(),
    );
    expect(await typed('cat /root/work/diary')).toBe('before');
    await openDialog();
    const undo = list().getByRole('listitem').filter({ hasText: 'Before “Lesson 4: a server”' });
    await undo.getByRole('button', { name: 'Go on' }).click();
    await confirmRestore();
    expect(await typed('cat /root/work/diary')).toBe('later');
    await openDialog();
    await list()
      .getByRole('button', { name: /^Delete/ })
      .click();
    await page
      .getByRole('dialog', { name: /^Delete/ })
      .getByRole('button', { name: 'Delete' })
      .click();
    await dialog().getByText('There is no checkpoint in this browser yet.').waitFor();
    await dialog().getByRole('button', { name: 'Close' }).last().click();
    await typed('echo before > /root/work/diary');
  });

  test('what cannot be restored is refused in a sentence, and the machine goes on', async () => {
    const bytes = await readFile(file);
    const open = async (content: Uint8Array | string): Promise<void> => {
      await writeFile(file, content);
      await dialog().getByLabel('Open from a file: file').setInputFiles(file);
    };
    await openDialog();
    await open('something else');
    await expect.poll(alert).toBe('This file is not a checkpoint that Drydock saved.');
    await open(bytes.subarray(0, bytes.length / 2));
    await expect.poll(alert).toMatch(/it was cut off or changed/);
    const other = Buffer.from(bytes);
    const artifacts = other.indexOf('"artifacts":"') + '"artifacts":"'.length;
    other[artifacts] = other[artifacts] === 0x30 ? 0x31 : 0x30;
    await open(other);
    await answer();
    await expect.poll(alert).toMatch(/saved by another version of Drydock/);
    const damaged = Buffer.from(bytes);
    damaged[bytes.length >> 1] = (damaged[bytes.length >> 1] ?? 0) ^ 0xff;
    await open(damaged);
    await answer();
    await expect.poll(alert).toBe('The saved machine is damaged.');
    await dialog().getByRole('button', { name: 'Close' }).last().click();
    expect(await typed('cat /root/work/diary')).toBe('before');
  });

  test('a full storage is told, with what to do', async () => {
    await page.evaluate(() => {
      IDBObjectStore.prototype.put = () => {
        throw new DOMException('Quota exceeded.', 'QuotaExceededError');
      };
    });
    await openDialog();
    await dialog().getByRole('button', { name: 'Save', exact: true }).click();
    await expect.poll(alert).toMatch(/no room left in this browser’s storage.*save to a file/);
    await dialog().getByText('There is no checkpoint in this browser yet.').waitFor();
  });
});
