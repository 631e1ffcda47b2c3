/** A cluster as a learner meets it: machines in the page, kubectl in one of them, and what they serve in the preview. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, openApp } from '../harness/app.ts';
import { focusTerminal, run, waitForScreen, waitForShell } from '../harness/shell.ts';

let app: App;
let page: Page;

beforeAll(async () => {
  app = await openApp();
  page = await app.open();
  await waitForShell(page);
});

afterAll(() => app.close());

/** Shows a machine's terminal. */
async function show(machine: string): Promise<void> {
  await page.getByRole('button', { name: 'Choose a machine' }).click();
  await page.getByRole('menuitemradio', { name: machine }).click();
  await waitForScreen(page, new RegExp(`root@${machine}:.*# *$`, 'm'));
  await focusTerminal(page);
}

async function kubectl(command: string): Promise<string> {
  await focusTerminal(page);
  return run(page, `kubectl ${command}`);
}

test('two machines become a cluster', async () => {
  await page.getByRole('button', { name: 'Cluster', exact: true }).click();
  await page.getByLabel('Machines').selectOption('2');
  await page.getByRole('button', { name: 'Start the cluster' }).click();
  await page.getByText('2 of 2 nodes are ready').waitFor();
});

test('kubectl in the control plane’s machine sees the nodes', async () => {
  await show('control-plane');
  const nodes = await kubectl('get nodes --no-headers');
  expect(nodes.split('\n').map((line) => line.split(/\s+/).slice(0, 2))).toEqual([
    ['control-plane', 'Ready'],
    ['worker-1', 'Ready'],
  ]);
});

test('a Deployment runs on the worker, and its Service shows in the preview', async () => {
  await kubectl('create deployment web --image=nginx --replicas=2');
  expect(await kubectl('rollout status deployment/web')).toContain('successfully rolled out');
  const nodes = await kubectl(
    `get pods -l app=web -o jsonpath='{range .items[*]}{.spec.nodeName}{"\\n"}{end}' | sort -u`,
  );
  expect(nodes).toBe('worker-1');
  await kubectl('expose deployment web --port=80 --type=NodePort');
  await page.getByRole('tab', { name: 'Preview' }).click();
  await page.getByRole('tab', { name: /^:3\d{4}/ }).click();
  const frame = page.getByRole('tabpanel', { name: /^Port 3/ }).frameLocator('iframe');
  await frame.getByText('Welcome to nginx!').first().waitFor();
});
