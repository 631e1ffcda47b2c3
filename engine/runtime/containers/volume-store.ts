import type { Clock } from '../../base/clock.ts';
import { toHex } from '../../base/hex.ts';
import type { Random } from '../../base/random.ts';
import type { AgentClient } from '../../machine/agent/agent-client.ts';
import { RuntimeError } from '../runtime-error.ts';
import type { ContainerConfig, ImageTree, Volume, Volumes } from '../types.ts';
import { isRunning } from './context.ts';
import { mountVolume, needsMount } from './local-mount.ts';
import type { ContainerRecord, RecordBook } from './records.ts';

/** Where learners meet them elsewhere; on the machine's writable disk, as everything that is not mounted. */
const VOLUME_ROOT = '/var/lib/docker/volumes';
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** Directories on the machine's disk under names. */
export class VolumeStore implements Volumes {
  readonly #book: RecordBook;
  readonly #agent: AgentClient;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(book: RecordBook, agent: AgentClient, clock: Clock, random: Random) {
    this.#book = book;
    this.#agent = agent;
    this.#clock = clock;
    this.#random = random;
  }

  /** Directories of volumes whose removal was begun and not finished are there again. */
  async recover(): Promise<void> {
    await Promise.all(
      this.list().map(({ mountpoint: path }) => this.#agent.call('file.mkdir', { path })),
    );
  }

  list(): readonly Volume[] {
    return Object.values(this.#book.records.volumes);
  }

  find(name: string): Volume | undefined {
    return this.#book.records.volumes[name];
  }

  async create(options: {
    readonly name?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly options?: Readonly<Record<string, string>>;
  }): Promise<Volume> {
    const name = options.name ?? toHex(this.#random.bytes(32));
    const known = this.find(name);
    if (known !== undefined) return known;
    if (!NAME.test(name)) {
      throw new RuntimeError(
        'INVALID',
        `create ${name}: "${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
      );
    }
    const volume: Volume = {
      name,
      mountpoint: `${VOLUME_ROOT}/${name}/_data`,
      createdAt: this.#clock.now(),
      ...(options.labels === undefined ? {} : { labels: options.labels }),
      anonymous: options.name === undefined,
      ...(options.options === undefined ? {} : { options: options.options }),
    };
    await this.#agent.call('file.mkdir', { path: volume.mountpoint });
    this.#book.records.volumes[name] = volume;
    await this.#book.save();
    return volume;
  }

  async remove(name: string, options: { readonly force?: boolean } = {}): Promise<void> {
    const volume = this.find(name);
    if (volume === undefined) {
      if (options.force === true) return;
      throw new RuntimeError('NOT_FOUND', `get ${name}: no such volume`);
    }
    const users = this.usersOf(name);
    if (users.length > 0)
      throw new RuntimeError('IN_USE', `remove ${name}: volume is in use - [${users.join(', ')}]`);
    await this.#agent.call('file.unmount', { path: volume.mountpoint });
    await this.#agent.call('file.remove', { path: `${VOLUME_ROOT}/${name}`, recursive: true });
    delete this.#book.records.volumes[name];
    await this.#book.save();
  }

  async usage(name: string): Promise<number> {
    const volume = this.find(name);
    if (volume === undefined) throw new RuntimeError('NOT_FOUND', `get ${name}: no such volume`);
    const { stdout } = await this.#agent.call('run', { argv: ['du', '-sb', volume.mountpoint] });
    return Number.parseInt(stdout, 10) || 0;
  }

  /** Ids of containers that mount it. */
  usersOf(name: string): string[] {
    return Object.values(this.#book.records.containers)
      .filter(({ config }) =>
        config.mounts.some((mount) => mount.kind === 'volume' && mount.volume === name),
      )
      .map(({ id }) => id);
  }

  /** Mounts those of a container's volumes that are file systems of their own. Throws INVALID. */
  async mountFor({ config }: ContainerRecord): Promise<void> {
    for (const volume of this.#mountable(config)) await mountVolume(this.#agent, volume);
  }

  /** Unmounts them after its end, unless others that run use them. */
  async unmountAfter({ config }: ContainerRecord): Promise<void> {
    for (const volume of this.#mountable(config)) await this.#unmountUnused(volume);
  }

  async #unmountUnused({ name, mountpoint }: Volume): Promise<void> {
    const { containers } = this.#book.records;
    const users = this.usersOf(name).map((id) => containers[id]);
    if (users.some((user) => user !== undefined && isRunning(user))) return;
    await this.#agent.call('file.unmount', { path: mountpoint });
  }

  #mountable({ mounts }: ContainerConfig): readonly Volume[] {
    return mounts
      .map((mount) => (mount.kind === 'volume' ? this.find(mount.volume) : undefined))
      .filter((volume) => volume !== undefined && needsMount(volume)) as readonly Volume[];
  }

  /** Copies what the image has at `target` into a volume that is still empty, with the directory's own owner and mode. */
  async populate(volume: Volume, image: ImageTree, target: string): Promise<void> {
    const found = image.lookup(target);
    if (found?.node.children === undefined) return;
    const needed = needsMount(volume);
    if (needed) await mountVolume(this.#agent, volume);
    const { entries } = await this.#agent.call('file.list', { path: volume.mountpoint });
    if (entries.length === 0) {
      const archive = image.archive(found.path, { name: '_data' });
      const path = `${VOLUME_ROOT}/${volume.name}`;
      await this.#agent.writeTar({ path, keepOwner: true }, archive);
    }
    if (needed) await this.#unmountUnused(volume);
  }
}
