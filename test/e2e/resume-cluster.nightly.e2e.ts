/** A cluster that was left is gone on from in a tab that is opened anew. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { openAnew, runFocused, waitForScreen } from '../harness/shell.ts';
import { showApp } from '../harness/shown-app.ts';

let page: Page;
showApp((shown) => (page = shown));

const offer = () => page.getByRole('region', { name: 'Where you left off' });

async function showControlPlane(): Promise<void> {
  await page.getByRole('button', { name: 'Choose a machine' }).click();
  await page.getByRole('menuitemradio', { name: 'control-plane' }).click();
  await waitForScreen(page, /root@control-plane:.*# *$/m);
}

test('a cluster is kept by itself when somebody has used it', async () => {
  await page.getByRole('button', { name: 'Cluster', exact: true }).click();
  await page.getByLabel('Machines').selectOption('1');
  await page.getByRole('button', { name: 'Start the cluster' }).click();
  await page.getByText('1 of 1 nodes are ready', { exact: true }).waitFor();
  await showControlPlane();
  expect(await runFocused(page, 'kubectl create configmap mine --from-literal=a=b')).toContain(
    'created',
  );
  await page.getByRole('button', { name: 'Machines saved', exact: true }).waitFor();
});

test('it is there again, with what was made in it', async () => {
  page = await openAnew(page);
  await offer()
    .getByText(/cluster/i)
    .first()
    .waitFor();
  await offer().getByRole('button', { name: 'Go on where you left off' }).click();
  await offer().waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Choose a machine' }).waitFor();
  await showControlPlane();
  expect(await runFocused(page, "kubectl get configmap mine -o jsonpath='{.data.a}'")).toBe('b');
});
