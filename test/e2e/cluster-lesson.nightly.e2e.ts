/** A lesson on a cluster as a learner goes through it: the page starts the cluster, and tasks see what is clicked and typed on its machines. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { runFocused, waitForScreen } from '../harness/shell.ts';
import { showApp } from '../harness/shown-app.ts';
import { savedStart } from '../harness/step-anew.ts';

let page: Page;
showApp((shown) => (page = shown));

const lesson = () => page.getByRole('region', { name: 'A tour of the cluster' });
const done = () => lesson().getByRole('region', { name: 'Task: Done' });
const next = () => lesson().getByRole('button', { name: /^Next/ }).click();
const step = (title: string) => lesson().getByRole('heading', { name: title }).waitFor();

/** Clicks a block of commands, which are typed where the block says. @param index among the blocks for that terminal */
const clickRun = (index: number, button = 'Run') =>
  lesson().getByRole('button', { name: button, exact: true }).nth(index).click();

test('the page starts the cluster that the lesson needs, and then begins', async () => {
  await page.getByRole('button', { name: 'Course' }).click();
  await page.getByRole('link', { name: 'Begin A tour of the cluster' }).click();
  await lesson().getByRole('button', { name: 'Start the cluster' }).click();
  await step('Who is here');
  await waitForScreen(page, /root@control-plane:.*# *$/m);
});

test('what a command prints is seen, and a question is answered', async () => {
  await clickRun(1);
  await done().waitFor();
  await lesson()
    .getByRole('radio', { name: /^The API server/ })
    .check();
  await lesson()
    .getByText(/Right:/)
    .waitFor();
  await next();
});

test('an object that is typed into being turns the task green', async () => {
  await step('One apply');
  await runFocused(page, 'kubectl apply -f ~/work/tour/hello.yaml');
  await done().waitFor();
  await next();
});

test('a step begins anew as it was come to, on all machines and in etcd', async () => {
  await step('Controllers make the rest');
  const beginAnew = await savedStart(page, lesson());
  await runFocused(page, 'kubectl scale deployment hello --replicas 3; touch /root/since-then');
  await done().waitFor();
  const begin = await beginAnew();
  await begin.click();
  await lesson()
    .getByText('Restoring machines')
    .or(lesson().getByText(/^Waiting for/))
    .first()
    .waitFor();
  await lesson().getByRole('region', { name: 'Task: Open' }).waitFor();
  await waitForScreen(page, /root@control-plane:.*# *$/m);
  const replicas = "kubectl get deployment hello -o jsonpath='{.spec.replicas}'";
  expect(await runFocused(page, `${replicas}; ls /root`)).toBe('2work');
});

test('Pods are counted, and moved to another node', async () => {
  await runFocused(page, 'kubectl scale deployment hello --replicas 3');
  await done().waitFor();
  await next();
  await step('The scheduler chooses');
  await clickRun(2);
  await done()
    .getByText(/^Done\. The scheduler had one/)
    .waitFor();
  await next();
});

test('a command for another machine is typed in its terminal', async () => {
  await step('Down to a process');
  await clickRun(1, 'Run on worker-2');
  await waitForScreen(page, /root@worker-2:.*# *$/m);
  await done()
    .getByText(/started the container of hello-\S+ again/)
    .waitFor();
  await next();
});

test('what was made is removed, and the lesson is done', async () => {
  await step('Clean up');
  await clickRun(0);
  await done().waitFor();
  await lesson().getByRole('button', { name: 'Step 6: Clean up, done' }).waitFor();
  expect(new URL(page.url()).hash).toBe('#/lesson/tour/clean-up');
});
