import type { Container, Pod, Volume } from '../../objects/generated/core-v1.generated.ts';

/** All containers of a Pod, of whatever kind. */
export function allContainers({ spec }: Pod): readonly Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])];
}

/** The volumes that containers use; others are not mounted. */
export function usedVolumes(pod: Pod): readonly Volume[] {
  const used = new Set(
    allContainers(pod).flatMap(({ volumeMounts = [], volumeDevices = [], env = [] }) => [
      ...volumeMounts.map(({ name }) => name),
      ...volumeDevices.map(({ name }) => name),
      ...env.flatMap(({ valueFrom }) => valueFrom?.fileKeyRef?.volumeName ?? []),
    ]),
  );
  return (pod.spec.volumes ?? []).filter(({ name }) => used.has(name));
}

/**
 * Directories in a volume where containers have other volumes mounted. They have to be there beforehand, since
 * nobody may write into some volumes (k8s.io/kubernetes pkg/volume/util `MakeNestedMountpoints`).
 */
export function nestedMountPoints(pod: Pod, volumeName: string): readonly string[] {
  const nested = new Set<string>();
  for (const { volumeMounts = [] } of allContainers(pod)) {
    const paths = volumeMounts.map(({ mountPath }) => clean(mountPath)).toSorted();
    for (const { name, mountPath } of volumeMounts) {
      if (name !== volumeName) continue;
      const root = `${clean(mountPath)}/`;
      const found: string[] = [];
      for (const path of paths) {
        if (!path.startsWith(root) || found.some((other) => path.startsWith(`${other}/`))) continue;
        found.push(path);
        nested.add(path.slice(root.length));
      }
    }
  }
  return [...nested];
}

/** Without doubled slashes and dots. */
function clean(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
