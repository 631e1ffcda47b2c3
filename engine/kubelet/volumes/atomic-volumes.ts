import { unpackTar } from 'modern-tar';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import type { KubeletContext } from '../contracts.ts';
import { NodeTree } from '../node-tree.ts';
import {
  addVersion,
  addVolume,
  DATA_LINK,
  hasSameContent,
  NEW_DATA_LINK,
  timestampName,
  type AtomicVolume,
} from './atomic-volume.ts';
import { statOf } from './node-files.ts';
import { nestedMountPoints } from './pod-volume-names.ts';
import type { ProjectedFile, ProjectedFiles } from './projected-files.ts';

/** Writes volumes whose files change all at once, in as few round trips as that takes. */
export class AtomicVolumes {
  readonly #context: Pick<KubeletContext, 'agent' | 'clock' | 'random'>;

  constructor(context: Pick<KubeletContext, 'agent' | 'clock' | 'random'>) {
    this.#context = context;
  }

  /** Adds a volume to what is going to be written. */
  add(tree: NodeTree, pod: Pod, name: string, path: string, files: ProjectedFiles): AtomicVolume {
    const directory = this.#newDirectory();
    const nested = nestedMountPoints(pod, name);
    return addVolume({ tree, path, directory, files, nested, ...groupOf(pod) });
  }

  /** Writes another version, if anything changed: three round trips, and one for each name that comes or goes. */
  async update(
    pod: Pod,
    path: string,
    before: AtomicVolume,
    files: ProjectedFiles,
  ): Promise<AtomicVolume> {
    if (hasSameContent(before, files)) return before;
    const { agent, clock } = this.#context;
    const tree = new NodeTree(clock.now());
    const directory = this.#newDirectory();
    const write = { tree, path, directory, files, nested: [], ...groupOf(pod) };
    const { volume, newNames, obsolete } = addVersion(write, before);
    await tree.write(agent);
    await agent.call('file.rename', {
      from: `${path}/${NEW_DATA_LINK}`,
      to: `${path}/${DATA_LINK}`,
    });
    const links = new NodeTree(clock.now());
    for (const name of newNames) links.link(`${path}/${name}`, `${DATA_LINK}/${name}`);
    await links.write(agent);
    for (const name of obsolete)
      await agent.call('file.remove', { path: `${path}/${name}`, recursive: true });
    return volume;
  }

  /** What a volume has that was written before this kubelet was started; undefined when it is not whole. */
  async read(path: string): Promise<AtomicVolume | undefined> {
    const { agent } = this.#context;
    const link = await statOf(agent, `${path}/${DATA_LINK}`);
    const directory = link?.target;
    if (directory === undefined) return undefined;
    const entries = await unpackTar(await agent.readTar({ path: `${path}/${directory}` }));
    const files = new Map<string, ProjectedFile>();
    for (const { header, data } of entries)
      if (header.type === 'file' || header.type === undefined)
        files.set(header.name.replace(/^\.\//, ''), {
          content: data ?? new Uint8Array(),
          mode: header.mode ?? 0,
        });
    return { directory, files };
  }

  #newDirectory(): string {
    return timestampName(this.#context.clock.now(), this.#context.random);
  }
}

function groupOf({ spec }: Pod): { readonly fsGroup?: number } {
  const { fsGroup } = spec.securityContext ?? {};
  return fsGroup === undefined ? {} : { fsGroup };
}
