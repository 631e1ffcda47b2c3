/** A cluster as a learner meets it: three machines in the page, kubectl in one of them, and what happens when one ends. */
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

/** The page that the cluster serves at the port of the Service. */
async function preview(text: string): Promise<void> {
  await page.getByRole('tab', { name: 'Preview' }).click();
  const port = page.getByRole('tab', { name: /^:3\d{4}/ });
  await port.click();
  const frame = page.getByRole('tabpanel', { name: /^Port 3/ }).frameLocator('iframe');
  await frame.getByText(text).first().waitFor();
}

test('three machines become a cluster', async () => {
  await page.getByRole('button', { name: 'Cluster', exact: true }).click();
  await page.getByLabel('Machines').selectOption('3');
  await page.getByRole('button', { name: 'Start the cluster' }).click();
  await page.getByText('3 of 3 nodes are ready').waitFor();
});

test('kubectl in the control plane’s machine sees the nodes', async () => {
  await show('control-plane');
  const nodes = await kubectl('get nodes --no-headers');
  expect(nodes.split('\n').map((line) => line.split(/\s+/).slice(0, 2))).toEqual([
    ['control-plane', 'Ready'],
    ['worker-1', 'Ready'],
    ['worker-2', 'Ready'],
  ]);
});

test('a Deployment runs on both workers, and its Service shows in the preview', async () => {
  await kubectl('create deployment web --image=nginx --replicas=4');
  expect(await kubectl('rollout status deployment/web')).toContain('successfully rolled out');
  const nodes = await kubectl(
    `get pods -l app=web -o jsonpath='{range .items[*]}{.spec.nodeName}{"\\n"}{end}' | sort -u`,
  );
  expect(nodes).toBe('worker-1\nworker-2');
  await kubectl('expose deployment web --port=80 --type=NodePort');
  await preview('Welcome to nginx!');
});

test('a Pod finds the Service by its name', async () => {
  const page1 = await kubectl(
    'run asks --image=curlimages/curl --restart=Never --rm -i --quiet -- curl -s http://web.default.svc.cluster.local | grep "<title>"',
  );
  expect(page1).toContain('Welcome to nginx!');
});

test('an image pushed from the Docker machine rolls out', async () => {
  await show('drydock');
  expect(
    await run(page, 'docker build -q -t ada/web . && docker login -u ada -p secret 2>&1 | tail -1'),
  ).toContain('Login Succeeded');
  expect(await run(page, 'docker push ada/web | tail -1')).toContain('digest: sha256:');
  await show('control-plane');
  await kubectl('scale deployment web --replicas=2');
  await kubectl('set image deployment/web nginx=ada/web');
  expect(await kubectl('rollout status deployment/web')).toContain('successfully rolled out');
  await preview('Hello from a container');
});

test('exec runs in a Pod, and logs tell what it said', async () => {
  expect(await kubectl('exec deployment/web -- cat /etc/hostname')).toMatch(/^web-/);
  expect(await kubectl('logs deployment/web --tail=1')).not.toBe('');
});

test('Pods of a machine that is killed move to another one', async () => {
  await kubectl(
    `patch deployment web -p '{"spec":{"replicas":2,"template":{"spec":{"tolerations":[{"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute","tolerationSeconds":1},{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":1}]}}}}'`,
  );
  expect(await kubectl('rollout status deployment/web')).toContain('successfully rolled out');
  await page.getByRole('tab', { name: 'Cluster' }).click();
  const node = page.getByRole('listitem', { name: 'worker-2' });
  await node.getByRole('button', { name: 'Kill' }).click();
  await node.getByText('the machine is off').waitFor();
  expect(
    await kubectl('wait --for=condition=Ready=unknown node/worker-2 --timeout=120s'),
  ).toContain('condition met');
  await expect
    .poll(
      () =>
        kubectl(
          `get pods -l app=web --field-selector=status.phase=Running -o jsonpath='{range .items[?(@.spec.nodeName=="worker-1")]}{.metadata.name}{"\\n"}{end}' | wc -l`,
        ),
      { timeout: 120_000, interval: 2000 },
    )
    .toBe('2');
});
