import type { Container, VolumeMount } from '../../objects/generated/core-v1.generated.ts';
import { goQuote } from '../../objects/go-text.ts';
import type { CriMount } from '../../runtime/cri/types.ts';
import { expandSubPath } from '../config/expansion.ts';
import type { NodeAgent } from '../contracts.ts';
import { prepareSubPaths } from './sub-paths.ts';
import type { MountedVolume } from './volume-setup.ts';

export interface ContainerMountsRequest {
  readonly agent: NodeAgent;
  /** UNIX milliseconds */
  readonly now: number;
  readonly container: Container;
  /** by the name in the Pod */
  readonly mounted: ReadonlyMap<string, MountedVolume>;
  /** for `subPathExpr` */
  readonly environment: ReadonlyMap<string, string>;
}

/**
 * A container's mounts of volumes (kubelet_pods.go `makeMounts`); sub-paths are made where they are missing.
 * @throws Error with upstream's message
 */
export async function containerMounts(request: ContainerMountsRequest): Promise<CriMount[]> {
  const { agent, now, container, mounted, environment } = request;
  const { name: containerName, volumeMounts = [] } = container;
  const wanted = volumeMounts.map((mount) => {
    const volume = mounted.get(mount.name);
    if (volume === undefined)
      throw new Error(
        `cannot find volume ${goQuote(mount.name)} to mount into container ${goQuote(containerName)}`,
      );
    checkRecursiveReadOnly(mount);
    return { mount, volume, subPath: subPathOf(mount, environment) };
  });
  const below = wanted.filter(({ subPath }) => subPath !== '');
  const subPaths = await prepareSubPaths(
    agent,
    below.map(({ volume, subPath }) => ({ volume: volume.path, path: subPath })),
    now,
  );
  const prepareds = new Map(below.map(({ mount }, index) => [mount, subPaths[index]]));
  return wanted.map(({ mount, volume, subPath }) => {
    const prepared = subPath === '' ? volume : prepareds.get(mount);
    if (prepared === undefined || 'failed' in prepared)
      throw new Error(
        `failed to ${prepared?.failed ?? 'prepare subPath'} for volumeMount ${goQuote(mount.name)} of container ${goQuote(containerName)}`,
      );
    const { mountPath } = mount;
    return {
      containerPath: mountPath.startsWith('/') ? mountPath : `/${mountPath}`,
      hostPath: prepared.path,
      readonly: mount.readOnly === true || volume.readonly,
      propagation: propagationOf(mount),
    };
  });
}

function subPathOf(
  { subPath = '', subPathExpr = '' }: VolumeMount,
  environment: ReadonlyMap<string, string>,
): string {
  const path = subPathExpr === '' ? subPath : expandSubPath(subPathExpr, environment);
  if (path.startsWith('/'))
    throw new Error(`error SubPath \`${path}\` must not be an absolute path`);
  if (path.split('/').includes('..'))
    throw new Error(`unable to provision SubPath \`${path}\`: must not contain '..'`);
  return path;
}

function propagationOf({ mountPropagation = 'None' }: VolumeMount) {
  switch (mountPropagation) {
    case 'None':
      return 'PROPAGATION_PRIVATE';
    case 'HostToContainer':
      return 'PROPAGATION_HOST_TO_CONTAINER';
    case 'Bidirectional':
      return 'PROPAGATION_BIDIRECTIONAL';
  }
}

/** The runtime makes only the mount itself read-only, not what is mounted in it. */
function checkRecursiveReadOnly(mount: VolumeMount): void {
  const { name, readOnly, recursiveReadOnly = 'Disabled', mountPropagation = 'None' } = mount;
  if (recursiveReadOnly === 'Disabled') return;
  const asked = `failed to resolve recursive read-only mode: volume ${goQuote(name)} requested recursive read-only mode, but it is`;
  if (readOnly !== true) throw new Error(`${asked} not read-only`);
  if (mountPropagation !== 'None')
    throw new Error(`${asked} not compatible with propagation ${goQuote(mountPropagation)}`);
  if (recursiveReadOnly === 'Enabled') throw new Error(`${asked} not supported by the runtime`);
}
