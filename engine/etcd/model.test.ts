import { describe, expect, it } from 'vitest';
import { FakeClock } from '../base/fake-clock.ts';
import { SeededRandom } from '../base/random.ts';
import { MemoryStorage } from '../storage/memory-storage.ts';
import { openEtcd } from './etcd-server.ts';
import { perform, RandomHistory } from './testing/history.ts';
import { Model } from './testing/model.ts';

const STEPS = 400;

describe('a random history', () => {
  it.each(Array.from({ length: 25 }, (_value, index) => index + 1))(
    'is answered as the model answers it, also after restarts, seed %i',
    async (seed) => {
      const random = new SeededRandom(seed);
      const history = new RandomHistory(random);
      const model = new Model();
      const storage = new MemoryStorage();
      const open = () =>
        openEtcd({
          storage,
          clock: new FakeClock(),
          random: new SeededRandom(1),
          onError: (error) => {
            throw error;
          },
          snapshotBytes: 2000,
        });
      let etcd = await open();
      for (let count = 1; count <= STEPS; count++) {
        const step = history.next(model.revision);
        if ('hashKv' in step) continue;
        const expected = model.perform(step);
        const where = `step ${count}: ${JSON.stringify(step)}`;
        expect(await perform(etcd, step), where).toEqual(expected);
        if (random.next() < 0.02) {
          await etcd.close();
          etcd = await open();
        }
      }
      await etcd.close();
    },
  );
});
