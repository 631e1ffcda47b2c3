import { expect, it } from 'vitest';
import { SeededRandom } from '../base/random.ts';
import type { ControllerDescriptor } from '../controllers/controller.ts';
import { UnknownControllerError } from '../controllers/enabled.ts';
import { ControllersProcess } from './controllers-process.ts';
import { FragileServer } from './testing/fragile-server.ts';

const configuration = { hostName: 'control-plane', rootCa: '', serviceAccountKey: '' };

async function setUp() {
  const api = await FragileServer.start();
  let runs = 0;
  let running = 0;
  const counter: ControllerDescriptor = {
    name: 'counter-controller',
    create: () => ({
      run(signal) {
        runs++;
        running++;
        return new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            running--;
            resolve();
          });
        });
      },
    }),
  };
  const process = new ControllersProcess({
    name: 'test-controller-manager',
    clock: api.server.clock,
    random: new SeededRandom(4),
    onError: () => {},
  });
  return {
    api,
    process,
    work: { openApi: () => api.open(), descriptors: [counter], configuration },
    counts: () => ({ runs, running }),
  };
}

it('stands again when it leads no longer, and begins anew when it does', async () => {
  const { api, process, work, counts } = await setUp();
  await process.start(work);
  await expect(process.start(work)).rejects.toThrow('test-controller-manager runs already.');
  await api.until(() => counts().running === 1);
  api.isDown = true;
  await api.until(() => counts().running === 0);
  expect(counts()).toEqual({ runs: 1, running: 0 });
  api.isDown = false;
  await api.until(() => counts().running === 1);
  expect(counts()).toEqual({ runs: 2, running: 1 });
  await process.stop();
  expect(counts()).toEqual({ runs: 2, running: 0 });
  await api.server.stop();
});

it('gives back what it was given when it cannot begin', async () => {
  const { api, process, work } = await setUp();
  let disposals = 0;
  const wrong = { ...work, configuration: { ...configuration, controllers: ['nobody'] } };
  const owned = { dispose: () => void disposals++ };
  await expect(process.start(wrong, owned)).rejects.toBeInstanceOf(UnknownControllerError);
  expect(disposals).toBe(1);
  await api.server.stop();
});
