import type { Container } from '../../objects/generated/core-v1.generated.ts';
import type { LinuxContainerResources } from '../../runtime/cri/types.ts';

/** How a running container gets other resources. */
export type ResizeAction = 'none' | 'update' | 'restart';

/**
 * Compares what a running container has with what it is to have (upstream's `computePodResizeAction`). Its
 * `resizePolicy` says whether it has to be started anew for that.
 */
export function resizeAction(
  { resizePolicy = [] }: Container,
  has: LinuxContainerResources,
  wanted: LinuxContainerResources,
): ResizeAction {
  const changed = [
    ...(sameCpu(has, wanted) ? [] : ['cpu']),
    ...(limitOf(has) === limitOf(wanted) ? [] : ['memory']),
  ];
  if (changed.length === 0) return 'none';
  const needsRestart = resizePolicy.some(
    ({ resourceName, restartPolicy }) =>
      changed.includes(resourceName) && restartPolicy === 'RestartContainer',
  );
  return needsRestart ? 'restart' : 'update';
}

/** Whether the memory that a container may have becomes less. */
export function lowersMemory(
  has: LinuxContainerResources,
  wanted: LinuxContainerResources,
): boolean {
  const limit = limitOf(wanted);
  return limit > 0 && (limitOf(has) === 0 || limit < limitOf(has));
}

function sameCpu(one: LinuxContainerResources, other: LinuxContainerResources): boolean {
  return (
    (one.cpuShares ?? 0) === (other.cpuShares ?? 0) && (one.cpuQuota ?? 0) === (other.cpuQuota ?? 0)
  );
}

function limitOf({ memoryLimitInBytes = 0 }: LinuxContainerResources): number {
  return memoryLimitInBytes;
}
