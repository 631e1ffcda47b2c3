import { expect, it } from 'vitest';
import { FakeClock } from '../base/fake-clock.ts';
import { SeededRandom } from '../base/random.ts';
import { Client } from '../client/client.ts';
import { resources } from '../client/resources.ts';
import { ControllerManager } from './controller-manager.ts';

it('ends when it is told to, although the API server has not answered', async () => {
  const clock = new FakeClock();
  let runs = 0;
  const manager = new ControllerManager({
    descriptors: [
      {
        name: 'waiting-controller',
        create({ informers }) {
          informers.of(resources.pods);
          return { run: async () => void runs++ };
        },
      },
    ],
    configuration: { hostName: 'control-plane', rootCa: '', serviceAccountKey: '' },
    clientOf: () =>
      new Client({ transport: () => new Promise(() => {}), clock, userAgent: 'test' }),
    clock,
    random: new SeededRandom(1),
    onError: (error) => {
      throw error;
    },
  });
  const ending = new AbortController();
  const running = manager.run(ending.signal);
  ending.abort();
  await running;
  expect(runs).toBe(0);
});
