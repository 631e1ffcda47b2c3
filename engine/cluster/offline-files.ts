import type { ImageIndex } from '../api/image-index.ts';
import type { ProfileName } from '../api/machine.ts';
import { readJson, type ArtifactSource } from '../machine/artifacts/artifact-source.ts';
import { openDiskIndex, readManifest } from '../machine/artifacts/guest-manifest.ts';
import type { PreparedState } from '../machine/states/state-file.ts';
import { readClusterFile } from './saved/cluster-file.ts';
import type { PreparedCluster } from './saved/prepared-cluster.ts';

/** Files that something needs, by their paths beside the page. */
export interface OfflineFiles {
  /** sorted, each once */
  readonly paths: readonly string[];
  /** of all together, as they are stored */
  readonly bytes: number;
}

/** What can be had without a network apart from the others. */
export interface OfflineParts {
  /** the machines of Docker lessons, from a saved state and from the BIOS */
  readonly docker: OfflineFiles;
  /** what a cluster needs beyond that */
  readonly cluster: OfflineFiles;
  /** all images of the registry but those of a cluster's own Pods */
  readonly images: OfflineFiles;
}

/** Images of a cluster's own Pods. */
const CLUSTER_IMAGES = 'registry.k8s.io/';
const DOCKER_PROFILES: readonly ProfileName[] = ['docker', 'bare'];

/** Collects paths with what they weigh. */
class Files {
  readonly #sizes = new Map<string, number>();
  /** bytes of files whose sizes are not known one by one */
  #rest = 0;

  add(path: string, bytes = 0): void {
    this.#sizes.set(path, bytes);
  }

  addAll(paths: Iterable<string>, bytes: number): void {
    for (const path of paths) this.add(path);
    this.#rest += bytes;
  }

  without(other: Files): OfflineFiles {
    const own = [...this.#sizes].filter(([path]) => !other.#sizes.has(path));
    return {
      paths: own.map(([path]) => path).toSorted(),
      bytes: own.reduce((sum, [, bytes]) => sum + bytes, this.#rest),
    };
  }
}

/** Lists the files of each part. Reads a few small ones. @throws MachineError ARTIFACT_UNAVAILABLE */
export async function listOfflineParts(source: ArtifactSource): Promise<OfflineParts> {
  const manifest = await readManifest(source);
  const docker = new Files();
  const cluster = new Files();
  const images = new Files();

  const addDisks = async (files: Files, names: readonly string[], bytes: number): Promise<void> => {
    files.addAll(
      names.map((name) => `guest/${manifest.disks[name]?.path}`),
      bytes,
    );
    for (const name of names) {
      const { index, chunks } = await openDiskIndex(source, manifest, name);
      const hashes = index.chunks.filter((hash) => hash !== null);
      files.addAll(
        hashes.map((hash) => `${chunks}/${hash}.zst`),
        0,
      );
    }
  };
  /** Where none is prepared, machines start from the BIOS. */
  const addState = async (files: Files, name: string): Promise<void> => {
    const path = `states/${name}.json`;
    const state = await readJson<PreparedState>(source, path).catch(() => undefined);
    if (state === undefined) return;
    files.add(path);
    files.add(`states/${state.file}`, state.size);
  };

  docker.add('guest/manifest.json');
  docker.add('guest/images/index.json');
  for (const file of [manifest.kernel, manifest.bios, manifest.vgaBios])
    docker.add(`guest/${file.path}`, file.size);
  const { profiles } = manifest;
  await addDisks(docker, [...profiles.docker.partitions, 'scratch'], profiles.docker.bytes);
  for (const name of DOCKER_PROFILES) await addState(docker, name);

  const shared = new Set(profiles.docker.partitions);
  await addDisks(
    cluster,
    profiles.node.partitions.filter((name) => !shared.has(name)),
    profiles.node.bytes - profiles.bare.bytes,
  );
  await addState(cluster, 'node');
  const prepared = await readJson<PreparedCluster>(source, 'states/cluster.json').catch(
    () => undefined,
  );
  if (prepared !== undefined) {
    const content = await source.read(`states/${prepared.file}`);
    cluster.add('states/cluster.json');
    cluster.add(`states/${prepared.file}`, content.length);
    const { nodes } = await readClusterFile(new Blob([content]));
    for (const { running } of nodes)
      if (running !== undefined && 'prepared' in running.machine)
        await addState(cluster, running.machine.prepared);
  }

  const { repositories } = await readJson<ImageIndex>(source, 'guest/images/index.json');
  for (const [name, { blobs, manifests }] of Object.entries(repositories)) {
    const files = name.startsWith(CLUSTER_IMAGES) ? cluster : images;
    for (const [digest, size] of Object.entries(blobs)) files.add(blobPath(digest), size);
    for (const [digest, { size }] of Object.entries(manifests)) files.add(blobPath(digest), size);
  }
  const none = new Files();
  return {
    docker: docker.without(none),
    cluster: cluster.without(docker),
    images: images.without(cluster),
  };
}

function blobPath(digest: string): string {
  return `guest/images/blobs/${digest.replace(':', '/')}`;
}
