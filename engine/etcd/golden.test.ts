import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../base/fake-clock.ts';
import { SeededRandom } from '../base/random.ts';
import { MemoryStorage } from '../storage/memory-storage.ts';
import { openEtcd } from './etcd-server.ts';
import { perform, stepFromJson, type Answer } from './testing/history.ts';

const directory = join(import.meta.dirname, 'testing/golden');

/** Histories that a real etcd 3.7 answered (`testing/record-golden.node.ts`). */
describe('a history recorded from etcd', () => {
  it.each(readdirSync(directory))('%s', async (name) => {
    const etcd = await openEtcd({
      storage: new MemoryStorage(),
      clock: new FakeClock(),
      random: new SeededRandom(1),
      onError: (error) => {
        throw error;
      },
    });
    const lines = readFileSync(join(directory, name), 'utf8').trim().split('\n');
    for (const [index, line] of lines.entries()) {
      const { step, answer } = JSON.parse(line) as { step: unknown; answer: Answer };
      expect(await perform(etcd, stepFromJson(step)), `line ${index + 1}: ${line}`).toEqual(answer);
    }
    await etcd.close();
  });
});
