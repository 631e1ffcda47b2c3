import type { NodeAgent } from '../contracts.ts';
import type { ImageService } from '../../runtime/cri/types.ts';

/** What is left of the node's resources, and what there is. */
export interface NodeReading {
  /** UNIX milliseconds */
  readonly time: number;
  /** since the machine was booted */
  readonly cpuNanoSeconds: number;
  readonly memory: { readonly total: number; readonly available: number };
  /** of the node's disk */
  readonly disk: { readonly total: number; readonly available: number; readonly used: number };
  /** what images take, of the same disk */
  readonly images: { readonly used: number; readonly inodes: number };
  readonly network: { readonly receivedBytes: number; readonly sentBytes: number };
  readonly processes: number;
}

/**
 * One reading of the machine. Images are kept beside it, but count as if they lay on its disk, as they do on
 * any other node (docs/decisions/028-images-count-on-the-nodes-disk.md).
 */
export async function readNode(
  agent: Pick<NodeAgent, 'call'>,
  cri: Pick<ImageService, 'imageFsInfo'>,
): Promise<NodeReading> {
  const [machine, images] = await Promise.all([agent.call('stats', {}), cri.imageFsInfo()]);
  const { time, cpu, memory, disk, network, processes } = machine;
  const used = Math.min(disk.total, disk.used + images.usedBytes);
  return {
    time,
    cpuNanoSeconds: cpu.busyMs * 1_000_000,
    memory,
    disk: { total: disk.total, used, available: disk.total - used },
    images: { used: images.usedBytes, inodes: images.inodesUsed },
    network,
    processes,
  };
}
