/** A cluster as a learner meets it: a machine in the page, and kubectl in it. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { throughNarrow } from '../harness/narrow.ts';
import { focusTerminal, run, waitForScreen } from '../harness/shell.ts';
import { showApp } from '../harness/shown-app.ts';

let page: Page;
showApp((shown) => (page = shown));

/** Shows a machine's terminal. */
async function show(machine: string): Promise<void> {
  await page.getByRole('button', { name: 'Choose a machine' }).click();
  await page.getByRole('menuitemradio', { name: machine }).click();
  await waitForScreen(page, new RegExp(`root@${machine}:.*# *$`, 'm'));
  await focusTerminal(page);
}

/** The editor of an object has this name, for those who do not see it. */
async function yamlNamed(name: string): Promise<void> {
  await page.getByRole('textbox', { name }).waitFor({ state: 'attached' });
}

/** The editor of an object shows this in one of its first lines. */
async function yamlShows(pattern: RegExp): Promise<void> {
  await yamlNamed('As the API server has it');
  const lines = page.getByRole('tabpanel', { name: 'YAML' }).locator('.view-lines');
  await expect
    .poll(async () => (await lines.innerText()).replaceAll('\u00a0', ' '))
    .toMatch(pattern);
}

async function kubectl(command: string): Promise<string> {
  await focusTerminal(page);
  return run(page, `kubectl ${command}`);
}

test('a machine becomes a cluster', async () => {
  await page.getByRole('button', { name: 'Cluster', exact: true }).click();
  await page.getByLabel('Machines').selectOption('1');
  await page.getByRole('button', { name: 'Start the cluster' }).click();
  // The whole sentence: on the way it says what it waits for before that.
  await page.getByText('1 of 1 nodes are ready', { exact: true }).waitFor();
});

test('kubectl in the control plane’s machine sees the nodes', async () => {
  await show('control-plane');
  const nodes = await kubectl('get nodes --no-headers');
  expect(nodes.split('\n').map((line) => line.split(/\s+/).slice(0, 2))).toEqual([
    ['control-plane', 'Ready'],
  ]);
});

test('a machine’s card tells of its Pods, and the dashboard of every object', async () => {
  await page.getByRole('tab', { name: 'Cluster' }).click();
  const pods = page.getByRole('list', { name: 'Pods on control-plane' });
  await pods.getByText('kube-system/kube-apiserver-control-plane').waitFor();
  await page.getByRole('tab', { name: 'Objects' }).click();
  await page.getByLabel('Kind').selectOption('deployments.apps');
  await page.getByLabel('Namespace').selectOption('kube-system');
  await page.getByRole('button', { name: 'coredns' }).click();
  await yamlShows(/^ {2}name: coredns$/m);
});

test('what belongs to an object is told and drawn, and leads there and back', async () => {
  await page.getByRole('tab', { name: 'Relations' }).click();
  const words = page.getByRole('list', { name: 'In words' });
  await words.getByText('Deployment coredns mounts ConfigMap coredns.').waitFor();
  await words.getByText(/^Service kube-dns selects Pod coredns-/).waitFor();
  await page.getByRole('button', { name: /^ReplicaSet\s*coredns-/ }).click();
  await page.getByRole('heading', { name: /^ReplicaSet coredns-/ }).waitFor();
  await page.getByRole('button', { name: 'Back to Deployment coredns' }).click();
});

test('what is shown of the cluster stays while the page is narrow, and when it is wide again', async () => {
  await page.getByRole('tab', { name: 'Relations' }).click();
  await throughNarrow(page, () =>
    page.getByRole('heading', { name: 'Deployment coredns' }).waitFor(),
  );
  const relations = page.getByRole('tab', { name: 'Relations', selected: true });
  await relations.waitFor();
  expect(await relations.evaluate((tab) => tab === document.activeElement)).toBe(true);
});

test('a command runs in a container, and what it serves and prints is shown', async () => {
  await page.getByRole('tab', { name: 'Relations' }).click();
  await page.getByRole('button', { name: /^Pod\s*coredns-/ }).click();
  await page.getByRole('tab', { name: 'Exec' }).click();
  await page.getByLabel('Command', { exact: true }).fill('/coredns -version');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  const exec = page.getByRole('tabpanel', { name: 'Exec' });
  await exec.getByText(/CoreDNS-\d/).waitFor();
  await exec.getByText('Session ended with status 0').waitFor();
  await page.getByRole('tab', { name: 'Ports' }).click();
  await page.getByLabel('Port', { exact: true }).fill('8080');
  await page.getByRole('button', { name: 'Show its page' }).click();
  const served = page.getByRole('tabpanel', { name: 'Ports' }).locator('iframe').contentFrame();
  // The program serves /health, and answers so for what it does not have.
  await served.getByText('404 page not found').waitFor();
  await page.getByRole('tab', { name: 'Log' }).click();
  await page
    .getByRole('log')
    .getByText(/CoreDNS-\d/)
    .waitFor();
  await page.getByRole('button', { name: 'Back to Deployment coredns' }).click();
});

test('the map tells of each request, and etcd of what it wrote', async () => {
  await page.getByRole('tab', { name: 'Map' }).click();
  const list = page.getByRole('table', { name: 'Requests and events' });
  await list.getByText('kubelet on control-plane').first().waitFor();
  await kubectl('create configmap seen -n kube-public');
  const choice = page.getByLabel('Follow');
  await expect
    .poll(async () => {
      // It is filled when one reaches for it.
      await choice.blur();
      await choice.focus();
      return choice.textContent();
    })
    .toContain('configmaps/seen in kube-public');
  await choice.selectOption('configmaps/kube-public/seen');
  const row = list.getByRole('row').filter({ hasText: 'create' });
  await expect.poll(() => row.first().textContent()).toMatch(/kubectl.*API server.*create.*201/);
  await list.getByText('/registry/configmaps/kube-public/seen').first().waitFor();
  await page.getByRole('tab', { name: 'etcd', exact: true }).click();
  await page.getByLabel('Search keys').fill('kube-public/seen');
  await page.getByRole('button', { name: '/registry/configmaps/kube-public/seen' }).click();
  await page.getByText('1 version is known').waitFor();
});

test('one looks into a Pod as far as its processes', async () => {
  await page.getByRole('tab', { name: 'Objects' }).click();
  await page.getByLabel('Namespace').selectOption('kube-system');
  await page.getByRole('button', { name: /^coredns-/ }).click();
  await page.getByRole('tab', { name: 'Look inside' }).click();
  await page.getByRole('table', { name: 'Processes' }).getByText('coredns').first().waitFor();
  await page.getByRole('button', { name: 'Back to pods' }).click();
  await page.getByLabel('Kind').selectOption('deployments.apps');
  await page.getByRole('button', { name: 'coredns' }).click();
});

test('an object that is changed in the dashboard is changed in the cluster', async () => {
  await page.getByLabel('Replicas').fill('0');
  await page.getByRole('button', { name: 'Scale' }).click();
  await page.getByText('Scaled to 0.').waitFor();
  const replicas = "get deployment coredns -n kube-system -o jsonpath='{.spec.replicas}'";
  expect(await kubectl(replicas)).toBe('0');
  const yaml = page.getByRole('tabpanel', { name: 'YAML' });
  await yaml.locator('.view-lines').click();
  await page.keyboard.press('Control+Home');
  await page.keyboard.press('Control+f');
  await page.keyboard.type('  replicas: 0');
  await page.getByText(/^1 of \d+$/).waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.type('  replicas: one');
  await yaml.locator('.squiggly-warning').first().waitFor();
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.getByRole('alert').getByText('cannot be handled as a Deployment').waitFor();
  expect(await kubectl(replicas)).toBe('0');
  // What was refused can be mended.
  await yamlNamed('Changed here');
  await page.getByRole('button', { name: 'Discard' }).click();
  await yamlNamed('As the API server has it');
});

test('a manifest is judged as it is typed, and applied after a look at what would change', async () => {
  const box = (fields: string): string =>
    `apiVersion: v1\\nkind: ConfigMap\\nmetadata:\\n  name: box\\n${fields}`;
  await focusTerminal(page);
  await run(page, `printf '${box('dada:\\n  color: red\\n')}' > /root/work/box.yaml`);
  await page.getByRole('treeitem', { name: 'box.yaml' }).dblclick();
  await page.locator('.monaco-editor .squiggly-warning').first().waitFor();
  await focusTerminal(page);
  await run(page, `printf '${box('data:\\n  color: red\\n')}' > /root/work/box.yaml`);
  await page.locator('.monaco-editor .squiggly-warning').first().waitFor({ state: 'detached' });
  await page.locator('.monaco-editor').first().click();
  await page.keyboard.press('Control+s');
  const dialog = page.getByRole('dialog', { name: 'Apply box.yaml' });
  await dialog.getByText('to be created').waitFor();
  await dialog.getByRole('button', { name: 'Apply' }).click();
  await dialog.getByText('configmap/box created').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  expect(await kubectl("get configmap box -o jsonpath='{.data.color}'")).toBe('red');
});
