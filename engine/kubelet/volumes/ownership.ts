import type { NodeAgent } from '../contracts.ts';
import { statOf } from './node-files.ts';

const GROUP_MAY = 0o2770;

/** Changes group and bits of everything below `$1`. */
const CHANGE = [
  'chgrp -hR -- "$2" "$1"',
  'find "$1" -type d -exec chmod ug+rwx,g+s {} + -o ! -type l -exec chmod ug+rw {} +',
].join(' && ');

/**
 * Gives a volume, with all that is in it, to a group (k8s.io/kubernetes pkg/volume `VolumeOwnership`).
 * @param onlyOnMismatch not when the volume's own directory is right already
 */
export async function giveToGroup(
  agent: NodeAgent,
  path: string,
  fsGroup: number,
  onlyOnMismatch: boolean,
): Promise<void> {
  if (onlyOnMismatch) {
    const info = await statOf(agent, path);
    if (info?.gid === fsGroup && (info.mode & GROUP_MAY) === GROUP_MAY) return;
  }
  const argv = ['sh', '-c', CHANGE, 'sh', path, String(fsGroup)];
  const { exit, stderr } = await agent.call('run', { argv });
  if (exit.code !== 0) throw new Error(stderr.trim());
}
