import type { MachineService } from '../../api/machine.ts';
import type { Digest, Images, ImageTree } from '../types.ts';

/** Trees kept in the machine's worker although no container stands on them: a build returns to them. */
const IDLE_TREES = 8;

interface Published {
  readonly layers: string;
  readonly tree: ImageTree['tree'];
  readonly done: Promise<void>;
}

/** Makes the trees of images appear in the machine, each once, and takes back those that nobody needs. */
export class TreePublisher {
  readonly #machine: Pick<MachineService, 'publishTree' | 'withdrawTree'>;
  readonly #images: Images;
  readonly #needed: () => Iterable<readonly Digest[]>;
  /** by tree name, the one used last at the end */
  readonly #published = new Map<string, Published>();

  /** @param needed layers of every container there is */
  constructor(
    machine: Pick<MachineService, 'publishTree' | 'withdrawTree'>,
    images: Images,
    needed: () => Iterable<readonly Digest[]>,
  ) {
    this.#machine = machine;
    this.#images = images;
    this.#needed = needed;
  }

  /** The tree containers of these layers run from; it is in the machine when this resolves. */
  async publish(layers: readonly Digest[]): Promise<ImageTree> {
    const image = await this.#images.tree(layers, { mountPoints: true });
    let published = this.#published.get(image.name);
    // Another object of the same name has other sources: its layers were removed and came again.
    if (published?.tree !== image.tree) {
      published = {
        layers: layers.join(),
        tree: image.tree,
        done: this.#machine.publishTree(image.name, image.tree),
      };
      published.done.catch(() => this.#published.delete(image.name));
    }
    this.#published.delete(image.name);
    this.#published.set(image.name, published);
    this.#withdrawIdle(image.name);
    await published.done;
    return image;
  }

  #withdrawIdle(current: string): void {
    const needed = new Set([...this.#needed()].map((layers) => layers.join()));
    const idle = [...this.#published].filter(
      ([name, { layers }]) => name !== current && !needed.has(layers),
    );
    for (const [name] of idle.slice(0, Math.max(0, idle.length - IDLE_TREES))) {
      this.#published.delete(name);
      // A tree that stays costs memory and nothing else.
      this.#machine.withdrawTree(name).catch(() => {});
    }
  }
}
