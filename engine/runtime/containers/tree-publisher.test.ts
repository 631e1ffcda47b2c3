import { describe, expect, it } from 'vitest';
import { StoredContent } from '../content-store.ts';
import { LayerStore } from '../images/layer-store.ts';
import { MemoryStorage } from '../storage/memory-storage.ts';
import type { Digest, Images } from '../types.ts';
import { packTar } from 'modern-tar';
import { TreePublisher } from './tree-publisher.ts';

describe('TreePublisher', () => {
  it('publishes once, and withdraws the oldest trees that no container needs', async () => {
    const storage = new MemoryStorage();
    const layers = new LayerStore(storage, new StoredContent(storage));
    const digests: Digest[] = [];
    for (let index = 0; index < 12; index++) {
      digests.push(
        (await layers.add(await packTar([{ header: { name: `file-${index}`, size: 0 } }]))).diffId,
      );
    }
    const log: string[] = [];
    const machine = {
      publishTree: (name: string) => Promise.resolve(void log.push(`+${name.slice(0, 6)}`)),
      withdrawTree: (name: string) => Promise.resolve(void log.push(`-${name.slice(0, 6)}`)),
    };
    const images = { tree: layers.tree.bind(layers) } as unknown as Images;
    const [kept, second] = digests;
    if (kept === undefined || second === undefined) throw new Error('There are no layers.');
    const publisher = new TreePublisher(machine, images, () => [[kept]]);
    for (const digest of digests) await publisher.publish([digest]);
    await publisher.publish([kept]);
    const withdrawn = log.filter((line) => line.startsWith('-'));
    expect(log.filter((line) => line.startsWith('+'))).toHaveLength(12);
    expect(withdrawn).toEqual(digests.slice(1, 4).map((digest) => `-${digest.slice(7, 13)}`));
    await publisher.publish([second]);
    expect(log.at(-1)).toBe(`+${second.slice(7, 13)}`);
  });
});
