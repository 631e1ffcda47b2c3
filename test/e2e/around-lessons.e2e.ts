/** What is around lessons: home, terms, the palette, links that were shared, and what cannot be kept. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, openApp } from '../harness/app.ts';
import { runFocused, waitForShell } from '../harness/shell.ts';

let app: App;
let page: Page;

beforeAll(async () => {
  app = await openApp();
  page = await app.blank();
  await page.goto(app.url);
});

afterAll(() => app.close());

const goTo = (hash: string) => page.evaluate((wanted) => void (location.hash = wanted), hash);
const hash = () => new URL(page.url()).hash;

test('the app opens at home, with the shell beside it', async () => {
  await page.getByRole('region', { name: 'Home' }).waitFor();
  await page.getByRole('link', { name: 'Begin What a container is' }).waitFor();
  await waitForShell(page);
  expect(await runFocused(page, 'echo works')).toBe('works');
});

test('the palette finds a step by its words, with the keyboard alone', async () => {
  await page.getByRole('button', { name: 'Course' }).focus();
  await page.keyboard.press('Control+k');
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.getAttribute('role')))
    .toBe('combobox');
  await page.keyboard.type('describe image');
  await page.getByRole('option', { name: /^Describe the image/ }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: /^Task/ }).first().waitFor();
  expect(hash()).toBe('#/lesson/first-image/describe-the-image');
});

test('a term says what it means where one reads, and leads to the glossary and back', async () => {
  const link = page.locator('[data-pane=guide] a[data-term=image]').first();
  await link.focus();
  await page.keyboard.press('Enter');
  const popover = page.getByRole('dialog', { name: 'Image' });
  await popover.getByText('A read-only template').waitFor();
  await page.keyboard.press('Escape');
  await popover.waitFor({ state: 'hidden' });
  expect(await link.evaluate((element) => element === document.activeElement)).toBe(true);
  await page.keyboard.press('Enter');
  await popover.getByRole('link', { name: 'In the glossary' }).click();
  await page.getByRole('region', { name: 'Glossary' }).getByText('Find a term').waitFor();
  expect(hash()).toBe('#/glossary/image');
  await page.getByRole('button', { name: 'Close: Glossary' }).click();
  expect(hash()).toBe('#/lesson/first-image/describe-the-image');
});

test('home knows where one left off', async () => {
  await goTo('#/');
  await page.getByRole('link', { name: 'Resume' }).click();
  expect(hash()).toBe('#/lesson/first-image/describe-the-image');
});

test('what is shared comes back, and what was there is kept', async () => {
  const lesson = page.getByRole('region', { name: 'From a Dockerfile to a page' });
  await runFocused(page, 'echo "FROM debian" > first-image/Dockerfile');
  await lesson.getByRole('button', { name: 'Lesson menu' }).click();
  await page.getByRole('menuitem', { name: 'Share my files' }).click();
  const link = await page.getByRole('textbox', { name: 'Link' }).inputValue();
  await page.keyboard.press('Escape');
  await runFocused(page, 'echo "FROM busybox" > first-image/Dockerfile');

  await goTo(new URL(link).hash.slice(0, 60));
  await page.getByText(/This link is not whole/).waitFor();
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await goTo('#/share/9abc');
  await page.getByText(/another version of Drydock/).waitFor();
  await page.getByRole('button', { name: 'Close', exact: true }).click();

  await goTo(new URL(link).hash);
  await page.getByRole('button', { name: 'Open it' }).click();
  await page.getByText('first-image/Dockerfile.before').waitFor();
  expect(hash()).toBe('#/lesson/first-image/describe-the-image');
  const both = 'cat first-image/Dockerfile first-image/Dockerfile.before';
  expect(await runFocused(page, both)).toMatch(/^FROM debian\s+FROM busybox$/);
});

test('progress of another version is not lost, and one is told', async () => {
  await page.evaluate(() => localStorage.setItem('drydock.progress', '{"version":9,"lessons":{}}'));
  await goTo('#/');
  page.once('dialog', (dialog) => void dialog.accept());
  await page.reload();
  await page.getByText(/was saved by another version of Drydock/).waitFor();
  const kept = await page.evaluate(() => localStorage.getItem('drydock.progress.kept'));
  expect(kept).toBe('{"version":9,"lessons":{}}');
});

test('a second tab and a full storage say so', async () => {
  const second = await page.context().newPage();
  await second.goto(app.url);
  await second.getByRole('button', { name: 'Second tab' }).waitFor();
  await second.evaluate(() => {
    Storage.prototype.setItem = () => {
      throw new DOMException('It is full.', 'QuotaExceededError');
    };
  });
  const progress = JSON.stringify({ version: 1, lessons: { tour: { done: [], answered: [] } } });
  await second.getByLabel('Load progress: file').setInputFiles({
    name: 'progress.json',
    mimeType: 'application/json',
    buffer: Buffer.from(progress),
  });
  await second.getByText(/storage is full: what you do now is lost/).waitFor();
  await second.getByRole('button', { name: 'Storage is full' }).click();
  await second.getByRole('dialog').getByText('There was no room').waitFor();
});
