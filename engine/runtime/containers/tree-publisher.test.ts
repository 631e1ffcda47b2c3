import { describe, expect, it } from 'vitest';
import { StoredContent } from '../content-store.ts';
import { LayerStore } from '../images/layer-store.ts';
import { MemoryStorage } from '../../storage/memory-storage.ts';
import type { Digest, Images } from '../types.ts';
import { packTar } from 'modern-tar';
import { TreePublisher } from './tree-publisher.ts';

/** Layers with one file each, and a machine that writes down what is asked of it. */
async function setUp(count: number, arrived?: Promise<unknown>) {
  const storage = new MemoryStorage();
  const layers = new LayerStore(storage, new StoredContent(storage));
  const tars = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      packTar([{ header: { name: `file-${index}`, size: 0, mtime: new Date(0) } }]),
    ),
  );
  const digests: Digest[] = [];
  for (const tar of tars) digests.push((await layers.add(tar)).diffId);
  const log: string[] = [];
  const machine = {
    publishTree: (name: string) => Promise.resolve(void log.push(`+${name.slice(0, 6)}`)),
    withdrawTree: (name: string) => Promise.resolve(void log.push(`-${name.slice(0, 6)}`)),
  };
  const images = { tree: layers.tree.bind(layers) } as unknown as Images;
  const [first, second] = digests;
  if (first === undefined || second === undefined) throw new Error('There are no layers.');
  const publisher = new TreePublisher(machine, images, () => [[first]], arrived);
  return { digests, first, layers, log, publisher, second, tars };
}

const short = (digest: Digest): string => digest.slice(7, 13);

describe('TreePublisher', () => {
  it('publishes once, and withdraws the oldest trees that no container needs', async () => {
    const { digests, first, log, publisher, second } = await setUp(8);
    for (const digest of digests) await publisher.publish([digest]);
    await publisher.publish([first]);
    expect(log).toEqual(digests.map((digest) => `+${short(digest)}`));
    const more = await setUp(12);
    for (const digest of more.digests) await more.publisher.publish([digest]);
    const withdrawn = more.log.filter((line) => line.startsWith('-'));
    expect(withdrawn).toEqual(more.digests.slice(1, 3).map((digest) => `-${short(digest)}`));
    await more.publisher.publish([second]);
    expect(more.log).toContain(`+${short(second)}`);
  });

  it('publishes again what was removed and came again: the old sources are gone', async () => {
    const { first, layers, log, publisher, tars } = await setUp(2);
    await publisher.publish([first]);
    await layers.remove(first);
    await layers.add(tars[0] ?? new Uint8Array(0));
    await publisher.publish([first]);
    await publisher.publish([first]);
    expect(log).toEqual([`+${short(first)}`, `+${short(first)}`]);
  });

  it('waits for layers that are on their way, and no longer', async () => {
    let arrive: () => void = () => {};
    const arrived = new Promise<void>((resolve) => (arrive = resolve));
    const { first, layers, log, publisher, second, tars } = await setUp(2, arrived);
    await layers.remove(first);
    await layers.remove(second);
    const published = publisher.publish([first]);
    const missed = expect(publisher.publish([second])).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await layers.add(tars[0] ?? new Uint8Array(0));
    expect(log).toEqual([]);
    arrive();
    await published;
    await missed;
    expect(log).toEqual([`+${short(first)}`]);
  });
});
