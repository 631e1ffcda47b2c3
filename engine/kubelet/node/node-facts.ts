import { messageOf } from '../../base/message-of.ts';
import type { NodeAgent } from '../contracts.ts';

/** What a machine says about itself; does not change while it runs. */
export interface NodeFacts {
  readonly cores: number;
  /** bytes */
  readonly memory: number;
  /** bytes of the file system for writing */
  readonly disk: number;
  readonly machineId: string;
  readonly bootId: string;
  readonly kernel: string;
  readonly osImage: string;
}

export async function readNodeFacts(agent: NodeAgent): Promise<NodeFacts> {
  const read = async (path: string): Promise<string> => {
    try {
      return (await agent.readTextFile(path)).trim();
    } catch (error) {
      throw new Error(`Cannot read ${path} of the node: ${messageOf(error)}`, { cause: error });
    }
  };
  const [{ memory, disk }, { kernel }, machineId, bootId, cpuInfo, release] = await Promise.all([
    agent.call('stats', {}),
    agent.call('hello', {}),
    read('/etc/machine-id'),
    read('/proc/sys/kernel/random/boot_id'),
    read('/proc/cpuinfo'),
    read('/etc/os-release'),
  ]);
  return {
    cores: Math.max(1, cpuInfo.match(/^processor\s*:/gm)?.length ?? 1),
    memory: memory.total,
    disk: disk.total,
    machineId,
    bootId,
    kernel,
    osImage: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(release)?.[1] ?? 'Linux',
  };
}
