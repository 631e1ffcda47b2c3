import { afterEach, beforeEach, expect, it } from 'vitest';
import { TestDock } from '../test-dock.node.ts';
import { tarOf } from './fake-machine.ts';

let dock: TestDock;
beforeEach(async () => {
  dock = await TestDock.open();
});
afterEach(() => dock.close());

const tar = { 'content-type': 'application/x-tar' };
const running = (): string => [...dock.agent.tasks.keys()][0] ?? '';

it('runs steps in containers that nobody else sees, and removes them', async () => {
  const context = await tarOf({ Dockerfile: 'FROM busybox\nRUN work\n' });
  const building = dock.call(
    'POST',
    '/build?t=made&ulimits=null&cachefrom=[]&buildargs={}&labels={}',
    context,
    tar,
  );
  await expect.poll(running).not.toBe('');
  expect(await dock.get('/containers/json?all=1')).toEqual([]);
  dock.agent.write(running(), 'stdout', 'at work\n');
  dock.exit(running(), 0);
  expect((await building).body).toContain('at work');
  expect(await dock.get('/images/made/json')).toMatchObject({ RepoTags: ['made:latest'] });
  expect(dock.runtime.containers()).toEqual([]);
});

it('leaves the container of a step that failed', async () => {
  const context = await tarOf({ Dockerfile: 'FROM busybox\nRUN work\n' });
  const building = dock.call('POST', '/build', context, tar);
  await expect.poll(running).not.toBe('');
  dock.exit(running(), 3);
  expect((await building).body).toContain('returned a non-zero code: 3');
  expect(await dock.get('/containers/json?all=1')).toMatchObject([
    { State: 'exited', Status: expect.stringMatching(/^Exited \(3\)/) as string },
  ]);
});

it('leaves nothing of a build that ended with its engine', async () => {
  const context = await tarOf({ Dockerfile: 'FROM busybox\nRUN work\n' });
  dock.call('POST', '/build', context, tar).catch(() => {});
  await expect.poll(running).not.toBe('');
  await dock.replaceEngine();
  expect(dock.runtime.containers()).toEqual([]);
  expect(dock.agent.tasks.size).toBe(0);
});
