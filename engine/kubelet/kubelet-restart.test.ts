import { beforeEach, describe, expect, it } from 'vitest';
import { resources } from '../client/resources.ts';
import { KubeletWorld } from './testing/kubelet-world.ts';

let world: KubeletWorld;
beforeEach(async () => {
  world = new KubeletWorld();
  await world.start();
});

describe('a kubelet that is started anew', () => {
  it('takes up what runs', async () => {
    await world.run('web');
    const { id } = world.cri.container('main');
    world.stop();
    await world.start();
    await world.after(5);
    expect(world.cri.container('main').id).toBe(id);
    expect(world.cri.sandboxCount).toBe(1);
    expect(await world.summary('web')).toBe('Running ready=True main:running/0');
  });

  it('sees what ended meanwhile', async () => {
    await world.run('job', { restartPolicy: 'Never' });
    world.stop();
    world.cri.exit('main', 4);
    await world.start();
    expect(await world.summary('job')).toBe('Failed ready=False main:Error/0');
  });

  it('ends what was deleted meanwhile', async () => {
    await world.run('web');
    world.stop();
    await world.client.delete(resources.pods, { namespace: 'default', name: 'web' });
    await world.start();
    await world.after(3);
    expect(world.cri.container('main').state).toBe('CONTAINER_EXITED');
    expect(world.cri.sandbox('web').state).toBe('SANDBOX_NOTREADY');
  });

  it.each(['runPodSandbox', 'pullImage', 'createContainer', 'startContainer'])(
    'goes on where it was killed: %s',
    async (step) => {
      world.cri.intercept = (call) =>
        call === step ? new Promise<void>(() => undefined) : undefined;
      await world.run('web');
      world.stop();
      world.cri.intercept = () => undefined;
      await world.start();
      await world.after(12);
      expect(await world.summary('web')).toMatch(/^Running ready=True main:running/);
      expect(world.cri.sandboxCount).toBe(1);
    },
  );

  it('deletes a Pod that was ending', async () => {
    world.cri.ignoresTerm = () => true;
    await world.run('web');
    await world.delete('web', 30);
    world.stop();
    world.cri.ignoresTerm = () => false;
    await world.start();
    expect(await world.exists('web')).toBe(false);
  });
});

describe('the API', () => {
  it('may be away for a while', async () => {
    await world.run('web');
    world.api.intercept = () => new Error('no route to host');
    world.cri.exit('main', 1);
    await world.after(5);
    expect(world.cri.container('main').state).toBe('CONTAINER_RUNNING');
    world.api.intercept = () => undefined;
    await world.after(40);
    expect(await world.summary('web')).toBe('Running ready=True main:running/1');
  });
});
