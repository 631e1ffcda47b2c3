/** The whole journey on a cluster of three machines in the page: to a new image from the Docker machine, and the loss of a node. */
import type { FrameLocator, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { runFocused, screen, waitForScreen, focusTerminal } from '../harness/shell.ts';
import { showApp } from '../harness/shown-app.ts';

let page: Page;
showApp((shown) => (page = shown));

/** Shows a machine's terminal. */
async function show(machine: string): Promise<void> {
  await page.getByRole('button', { name: 'Choose a machine' }).click();
  await page.getByRole('menuitemradio', { name: machine }).click();
  await waitForScreen(page, new RegExp(`root@${machine}:.*# *$`, 'm'));
}

const shell = (command: string): Promise<string> => runFocused(page, command);
const kubectl = (command: string): Promise<string> => shell(`kubectl ${command}`);
const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');
const nodesOf = async (selector: string): Promise<string[]> =>
  lines(await kubectl(`get pods -l ${selector} -o custom-columns=N:.spec.nodeName --no-headers`));

/** The frame that shows what the machine answers at `port`. */
async function preview(port: number): Promise<FrameLocator> {
  await page.getByRole('tab', { name: 'Preview' }).click();
  await page.getByRole('tab', { name: new RegExp(`^:${port}\\b`) }).click();
  return page.getByRole('tabpanel', { name: `Port ${port}` }).frameLocator('iframe');
}

test('three nodes become ready', async () => {
  await page.getByRole('button', { name: 'Cluster', exact: true }).click();
  await page.getByLabel('Machines').selectOption('3');
  await page.getByRole('button', { name: 'Start the cluster' }).click();
  await page.getByText('3 of 3 nodes are ready', { exact: true }).waitFor();
  await show('control-plane');
  expect(
    lines(await kubectl('get nodes --no-headers')).map((line) => line.split(/\s+/)[1]),
  ).toEqual(['Ready', 'Ready', 'Ready']);
});

test('a Deployment runs on both workers, and its Service answers by name from a Pod', async () => {
  await kubectl('create deployment web --image=nginx --replicas=4');
  await kubectl('rollout status deployment/web');
  await kubectl('expose deployment web --port=80 --type=NodePort');
  expect(new Set(await nodesOf('app=web'))).toEqual(new Set(['worker-1', 'worker-2']));
  for (const node of ['worker-1', 'worker-2']) {
    const overrides = JSON.stringify({ spec: { nodeName: node } });
    await kubectl(
      `run from-${node} --image=curlimages/curl --overrides='${overrides}' --command -- sleep 100000`,
    );
    await kubectl(`wait --for=condition=Ready pod/from-${node} --timeout=120s`);
    expect(
      await kubectl(
        `exec from-${node} -- curl -s http://web.default.svc.cluster.local | grep title`,
      ),
    ).toContain('Welcome to nginx!');
  }
});

test('it is scaled', async () => {
  await kubectl('scale deployment web --replicas=6 && kubectl rollout status deployment/web');
  expect(await nodesOf('app=web')).toHaveLength(6);
});

test('an image that the Docker machine built and pushed is rolled out, and its page is in the preview', async () => {
  await show('drydock');
  await shell('mkdir -p /root/site && cd /root/site && echo "<h1>From the yard</h1>" > index.html');
  await shell(
    'printf "FROM nginx\\nCOPY index.html /usr/share/nginx/html/\\n" > Dockerfile && docker build -q -t ada/site:v1 .',
  );
  await shell('echo secret | docker login -u ada --password-stdin; docker push -q ada/site:v1');
  await show('control-plane');
  await kubectl('set image deployment/web nginx=ada/site:v1');
  expect(await kubectl('rollout status deployment/web')).toContain('successfully rolled out');
  const port = Number(await kubectl("get service web -o jsonpath='{.spec.ports[0].nodePort}'"));
  const shown = await preview(port);
  // It was opened when the Service was there: with the page of before.
  await page.getByRole('button', { name: 'Reload the page' }).locator('visible=true').click();
  await shown.getByRole('heading', { name: 'From the yard' }).waitFor();
});

test('one looks into a Pod, and follows its log', async () => {
  // The newest: old ones may be on their way out still.
  const pods = await kubectl('get pods -l app=web -o name --sort-by=.metadata.creationTimestamp');
  const pod = lines(pods).at(-1) ?? '';
  expect(await kubectl(`exec ${pod} -- cat /usr/share/nginx/html/index.html`)).toContain('yard');
  const address = await kubectl(`get ${pod} -o jsonpath='{.status.podIP}'`);
  const ask = `kubectl exec from-worker-1 -- curl -s http://${address}/followed`;
  await focusTerminal(page);
  await page.keyboard.type(`clear; (${ask} >/dev/null &); kubectl logs -f ${pod}\n`);
  await waitForScreen(page, /GET \/followed/);
  await page.keyboard.press('Control+C');
  await waitForScreen(page, /\^C[\s\S]*# *$/m);
  expect(await screen(page)).toContain('/followed');
});

test('Pods of a machine that is killed are started on the other one', async () => {
  // Who is not to wait the usual five minutes says so.
  const tolerations = ['not-ready', 'unreachable'].map((state) => ({
    key: `node.kubernetes.io/${state}`,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: 5,
  }));
  const patch = JSON.stringify({ spec: { template: { spec: { tolerations } } } });
  await kubectl(`patch deployment web -p '${patch}' && kubectl scale deployment web --replicas=2`);
  await kubectl('rollout status deployment/web');
  const victim = (await nodesOf('app=web'))[0] ?? '';
  const survivor = victim === 'worker-1' ? 'worker-2' : 'worker-1';
  await page.getByRole('button', { name: 'Cluster', exact: true }).click();
  const card = page.getByRole('listitem', { name: victim });
  await card.getByRole('button', { name: 'Kill' }).click();
  await page.getByText('2 of 3 nodes are ready').waitFor();
  const running = `get pods -l app=web --field-selector=spec.nodeName=${survivor},status.phase=Running --no-headers`;
  await expect.poll(async () => lines(await kubectl(running)).length).toBe(2);
});
