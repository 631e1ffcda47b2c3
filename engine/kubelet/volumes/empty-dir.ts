import { amountOf } from '../../objects/amount-of.ts';
import type { EmptyDirVolumeSource, Pod } from '../../objects/generated/core-v1.generated.ts';
import { podLimits } from '../cgroups/pod-limits.ts';
import type { NodeTree } from '../node-tree.ts';

const MODE = 0o777;
/** microseconds; only whether there is a limit of memory counts */
const ANY_PERIOD = 100_000;

/** A directory on the node's disk. */
export function addEmptyDir(
  tree: NodeTree,
  path: string,
  { mode = MODE }: EmptyDirVolumeSource,
  fsGroup: number | undefined,
): void {
  if (fsGroup === undefined) tree.directory(path, mode);
  else tree.directory(path, mode | 0o2770, { gid: fsGroup });
}

/** What the kernel is told of a `tmpfs` that takes the Pod's memory. @param allocatable bytes for Pods on the node */
export function tmpfsData(
  pod: Pod,
  { sizeLimit, mode }: EmptyDirVolumeSource,
  fsGroup: number | undefined,
  allocatable: number,
): string {
  // Anybody may write in it, as in /tmp, unless its mode is said.
  const plain = mode ?? 0o1777;
  const options =
    fsGroup === undefined
      ? [`mode=${plain.toString(8)}`]
      : [`mode=${(plain | 0o2770).toString(8)}`, `gid=${fsGroup}`];
  const size = memorySize(pod, sizeLimit, allocatable);
  return [...(size > 0 ? [`size=${size}`] : []), ...options].join(',');
}

/** The least of the volume's limit, what the Pod may use, and what the node has. */
function memorySize(pod: Pod, sizeLimit: string | undefined, allocatable: number): number {
  const limits = [
    allocatable,
    podLimits(pod, ANY_PERIOD).memory,
    sizeLimit === undefined ? 0 : amountOf('memory', sizeLimit),
  ];
  const positive = limits.filter((limit) => limit > 0);
  return positive.length === 0 ? 0 : Math.min(...positive);
}
