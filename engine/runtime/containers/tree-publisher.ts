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
  readonly #arrived: Promise<unknown>;
  /** by tree name, the one used last at the end */
  readonly #published = new Map<string, Published>();

  /**
   * @param needed layers of every container there is
   * @param arrived settles when images that were there before are again: a layer that is missing is waited for so long
   */
  constructor(
    machine: Pick<MachineService, 'publishTree' | 'withdrawTree'>,
    images: Images,
    needed: () => Iterable<readonly Digest[]>,
    arrived: Promise<unknown> = Promise.resolve(),
  ) {
    this.#machine = machine;
    this.#images = images;
    this.#needed = needed;
    this.#arrived = arrived;
  }

  /** The tree containers of these layers run from; it is in the machine when this resolves. */
  async publish(layers: readonly Digest[]): Promise<ImageTree> {
    const image = await this.#tree(layers);
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

  async #tree(layers: readonly Digest[]): Promise<ImageTree> {
    const options = { mountPoints: true };
    try {
      return await this.#images.tree(layers, options);
    } catch {
      await this.#arrived;
      return this.#images.tree(layers, options);
    }
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
