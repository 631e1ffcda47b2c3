import { toHex } from '../../base/hex.ts';
import { RuntimeError } from '../runtime-error.ts';
import type { PathStat } from '../types.ts';
import {
  readArchive,
  statPath,
  writeArchive,
  type MountedRoot,
  type WriteOptions,
} from './container-files.ts';
import { containerPaths } from './container-paths.ts';
import { findRecord, isRunning, type RuntimeContext } from './context.ts';
import type { ContainerRecord } from './records.ts';
import { overlayOf } from './task-spec.ts';

interface Mounted {
  readonly mounted: MountedRoot;
  readonly unmount: () => Promise<void>;
}

/** Files of containers, running or not, as seen from outside: `docker cp` and `docker export`. */
export class Archives {
  readonly #context: RuntimeContext;

  constructor(context: RuntimeContext) {
    this.#context = context;
  }

  async stat(id: string, path: string): Promise<PathStat> {
    const { mounted, unmount } = await this.#mount(id, true);
    try {
      return await statPath(mounted, path);
    } finally {
      await unmount();
    }
  }

  async read(
    id: string,
    path: string,
  ): Promise<{ readonly stat: PathStat; readonly tar: ReadableStream<Uint8Array> }> {
    return this.#readFrom(await this.#mount(id, true), path);
  }

  /** The whole root file system, without what is mounted in it. Names are relative to it. */
  async export(id: string): Promise<ReadableStream<Uint8Array>> {
    const { mounted, unmount } = await this.#mount(id, false);
    try {
      const tar = await mounted.agent.readTar({ path: '/', root: mounted.root });
      return whenOver(tar, unmount);
    } catch (error) {
      await unmount();
      throw error;
    }
  }

  async write(
    id: string,
    path: string,
    tar: ReadableStream<Uint8Array>,
    options: WriteOptions,
  ): Promise<void> {
    checkWritable(findRecord(this.#context, id), path);
    const { mounted, unmount } = await this.#mount(id, true);
    try {
      await writeArchive(mounted, path, tar, options);
    } finally {
      await unmount();
    }
  }

  async #readFrom(
    { mounted, unmount }: Mounted,
    path: string,
  ): Promise<{ readonly stat: PathStat; readonly tar: ReadableStream<Uint8Array> }> {
    try {
      const { stat, tar } = await readArchive(mounted, path);
      return { stat, tar: whenOver(tar, unmount) };
    } catch (error) {
      await unmount();
      throw error;
    }
  }

  /** The root of a running container where it is, or mounted for the occasion: that of a stopped one, or one with volumes. */
  async #mount(id: string, withVolumes: boolean): Promise<Mounted> {
    const { agent, random, trees } = this.#context;
    const record = findRecord(this.#context, id);
    const { directory, merged } = containerPaths(record.config);
    const binds = withVolumes ? this.#bindsOf(record) : [];
    const isUp = isRunning(record);
    if (isUp && binds.length === 0)
      return {
        mounted: { agent, root: merged, containerId: id },
        unmount: () => Promise.resolve(),
      };
    const target = `${directory}/mount-${toHex(random.bytes(4))}`;
    const unmount = async (): Promise<void> => {
      await agent.call('root.unmount', { target });
      await agent.call('file.remove', { path: target });
    };
    const root = isUp
      ? { merged }
      : { overlay: overlayOf(record, (await trees.publish(record.layers)).name) };
    await agent.call('root.mount', { target, ...root, binds });
    return { mounted: { agent, root: target, containerId: id }, unmount };
  }

  #bindsOf({ config }: ContainerRecord): readonly { source: string; target: string }[] {
    return config.mounts
      .flatMap((mount) => {
        if (mount.kind === 'tmpfs') return [];
        const source =
          mount.kind === 'bind'
            ? mount.source
            : this.#context.volumes.find(mount.volume)?.mountpoint;
        return source === undefined ? [] : [{ source, target: mount.target }];
      })
      .toSorted((one, other) => one.target.split('/').length - other.target.split('/').length);
  }
}

/** Throws INTERNAL, as dockerd does, when nothing may be written at `path`. */
function checkWritable({ config }: ContainerRecord, path: string): void {
  const absolute = `/${path.split('/').filter(Boolean).join('/')}/`;
  const [mount] = config.mounts
    .filter(({ target }) => absolute.startsWith(`${target.replace(/\/+$/, '')}/`))
    .toSorted((one, other) => other.target.length - one.target.length);
  if (mount !== undefined && mount.kind !== 'tmpfs') {
    if (mount.readOnly) throw new RuntimeError('INTERNAL', 'mounted volume is marked read-only');
  } else if (config.readOnlyRootfs === true) {
    throw new RuntimeError('INTERNAL', 'container rootfs is marked read-only');
  }
}

/** The same stream; `done` follows its end, its failure, or its reader's leaving. */
function whenOver(
  stream: ReadableStream<Uint8Array>,
  done: () => Promise<void>,
): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        let next: ReadableStreamReadResult<Uint8Array>;
        try {
          next = await reader.read();
        } catch (error) {
          await done();
          throw error;
        }
        if (!next.done) return controller.enqueue(next.value);
        await done();
        controller.close();
      },
      async cancel(reason) {
        await reader.cancel(reason).catch(() => {});
        await done();
      },
    },
    { highWaterMark: 0 },
  );
}
