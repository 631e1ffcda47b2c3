/** What docs/screenshots shows, in the order in which it is come to. To show more, add a scene. */
import type { Page } from 'playwright-core';
import { run, focusTerminal, waitForScreen, waitForShell } from '../harness/shell.ts';

export interface Scene {
  /** of its files */
  readonly name: string;
  /** once, with a wide page */
  readonly prepare: (page: Page) => Promise<void>;
  /** for each size: what a narrow page shows one at a time */
  readonly show?: (page: Page, narrow: boolean) => Promise<void>;
  /** when all its pictures are taken */
  readonly leave?: (page: Page) => Promise<void>;
}

const goTo = (page: Page, hash: string) =>
  page.evaluate((wanted) => void (location.hash = wanted), hash);

/** Shows a pane of a narrow page by its name in the bar below. */
const pane = (name: string) => async (page: Page, narrow: boolean) => {
  if (narrow) await page.getByRole('navigation', { name: 'Panes' }).getByText(name).click();
};

/** One for all scenes. */
async function startCluster(page: Page): Promise<void> {
  const ready = page.getByText('1 of 1 nodes are ready', { exact: true }).first();
  await goTo(page, '#/lab');
  await page.getByRole('tab', { name: 'Cluster' }).click();
  const start = page.getByRole('button', { name: 'Start the cluster' });
  await start.or(ready).first().waitFor();
  if (await start.isVisible()) {
    await page.getByLabel('Machines').first().selectOption('1');
    await start.click();
  }
  await ready.waitFor();
  // The cluster is what is to be seen: the terminal gets small.
  await page.getByRole('separator', { name: 'Height of the terminal' }).press('Home');
}

/** A part of the cluster's panel. */
async function showPart(page: Page, narrow: boolean, part: string): Promise<void> {
  await pane('Cluster')(page, narrow);
  await page.getByRole('tab', { name: part, exact: true }).click();
}

export const scenes: readonly Scene[] = [
  {
    name: 'home',
    async prepare(page) {
      await waitForShell(page);
      await page.locator('.monaco-editor').first().waitFor();
      await goTo(page, '#/');
      await page
        .getByRole('link', { name: /^Begin/ })
        .first()
        .waitFor();
    },
    show: pane('Home'),
  },
  {
    name: 'lesson',
    async prepare(page) {
      await goTo(page, '#/lesson/first-image/build-it');
      await page.getByRole('region', { name: /^Task/ }).first().waitFor();
      await focusTerminal(page);
      await run(
        page,
        'printf "FROM nginx\\nCOPY index.html /usr/share/nginx/html/\\n" > first-image/Dockerfile',
      );
      await page.keyboard.type(
        'clear; cd ~/work/first-image && docker build -t my-nginx-image .\n',
      );
      await waitForScreen(page, /Successfully tagged/);
      await page.getByRole('region', { name: 'Task: Done' }).first().waitFor();
    },
    show: pane('Lesson'),
  },
  {
    name: 'images',
    async prepare(page) {
      await page.getByRole('button', { name: 'Images' }).click();
      await page.getByRole('heading', { name: 'Official images' }).waitFor();
    },
    async leave(page) {
      await page.keyboard.press('Escape');
    },
  },
  {
    name: 'dashboard',
    prepare: startCluster,
    async show(page, narrow) {
      await showPart(page, narrow, 'Objects');
      await page.getByLabel('Namespace').selectOption('kube-system');
      await page.getByRole('row').nth(2).waitFor();
    },
  },
  {
    name: 'map',
    prepare: startCluster,
    async show(page, narrow) {
      await showPart(page, narrow, 'Map');
      const list = page.getByRole('table', { name: 'Requests and events' });
      await list.getByText('kubelet on control-plane').first().waitFor();
      await page.getByRole('checkbox', { name: 'Map', exact: true }).check();
      const map = page.getByRole('region', { name: 'Map of the cluster' });
      await map.evaluate((element) => element.scrollIntoView({ block: 'start' }));
    },
  },
  {
    name: 'look-inside',
    prepare: startCluster,
    async show(page, narrow) {
      await showPart(page, narrow, 'Objects');
      await page.getByLabel('Namespace').selectOption('kube-system');
      await page.getByRole('button', { name: /^coredns-/ }).click();
      await page.getByRole('tab', { name: 'Look inside' }).click();
      await page.getByRole('table', { name: 'Processes' }).getByText('coredns').first().waitFor();
    },
  },
];
