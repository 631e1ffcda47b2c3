import type { MachineService } from '../../api/machine.ts';
import type { Digest, Images, ImageTree } from '../types.ts';

/** Makes the trees of images appear in the machine, each once. */
export class TreePublisher {
  readonly #machine: Pick<MachineService, 'publishTree'>;
  readonly #images: Images;
  readonly #published = new Map<string, Promise<void>>();

  constructor(machine: Pick<MachineService, 'publishTree'>, images: Images) {
    this.#machine = machine;
    this.#images = images;
  }

  /** The tree containers of these layers run from; it is in the machine when this resolves. */
  async publish(layers: readonly Digest[]): Promise<ImageTree> {
    const image = await this.#images.tree(layers, { mountPoints: true });
    let done = this.#published.get(image.name);
    if (done === undefined) {
      done = this.#machine.publishTree(image.name, image.tree);
      this.#published.set(image.name, done);
      done.catch(() => this.#published.delete(image.name));
    }
    await done;
    return image;
  }
}
