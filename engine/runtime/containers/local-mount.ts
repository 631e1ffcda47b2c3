/** Volumes of Docker's driver `local` that are file systems of their own: `type`, `device` and `o`. */
import type { AgentClient } from '../../machine/agent/agent-client.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';
import { RuntimeError } from '../runtime-error.ts';
import type { Volume } from '../types.ts';

const [RDONLY, NOSUID, NODEV, NOEXEC, SYNCHRONOUS] = [1, 2, 4, 8, 16];
const [MANDLOCK, DIRSYNC, NOATIME, NODIRATIME] = [64, 128, 1024, 2048];
const [BIND, RECURSIVE, RELATIME, STRICTATIME] = [4096, 16_384, 1 << 21, 1 << 24];

/** Options of mount(8) that are flags of mount(2), and whether they clear them; others are for the file system. */
const FLAGS: Readonly<Record<string, readonly [flag: number, clears?: true]>> = {
  ro: [RDONLY],
  rw: [RDONLY, true],
  nosuid: [NOSUID],
  suid: [NOSUID, true],
  nodev: [NODEV],
  dev: [NODEV, true],
  noexec: [NOEXEC],
  exec: [NOEXEC, true],
  sync: [SYNCHRONOUS],
  async: [SYNCHRONOUS, true],
  dirsync: [DIRSYNC],
  mand: [MANDLOCK],
  nomand: [MANDLOCK, true],
  noatime: [NOATIME],
  atime: [NOATIME, true],
  nodiratime: [NODIRATIME],
  diratime: [NODIRATIME, true],
  bind: [BIND],
  rbind: [BIND | RECURSIVE],
  relatime: [RELATIME],
  norelatime: [RELATIME, true],
  strictatime: [STRICTATIME],
  nostrictatime: [STRICTATIME, true],
};

/** `size=1m,nosuid` as mount(2) takes it. */
function parseOptions(options: string): { readonly flags: number; readonly data: string } {
  let flags = 0;
  const data: string[] = [];
  for (const option of options.split(',')) {
    const [flag, clears] = FLAGS[option] ?? [];
    if (flag === undefined) data.push(option);
    else flags = clears === true ? flags & ~flag : flags | flag;
  }
  return { flags, data: data.join(',') };
}

export function needsMount({ options = {} }: Volume): boolean {
  return Boolean(options['device']) || Boolean(options['type']);
}

/** Throws INVALID in dockerd's words. Nothing happens when it is mounted already. */
export async function mountVolume(agent: AgentClient, volume: Volume): Promise<void> {
  const { mountpoint: target, options = {} } = volume;
  const { device: source = '', type = '', o = '' } = options;
  const { flags, data } = parseOptions(o);
  try {
    await agent.call('file.mount', { source, target, type, flags, data });
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    const how = [
      `mount ${source}:${target}`,
      ...(flags === 0 ? [] : [`flags: 0x${flags.toString(16)}`]),
      ...(data === '' ? [] : [`data: ${data}`]),
    ].join(', ');
    throw new RuntimeError(
      'INVALID',
      `error while mounting volume '${target}': failed to mount local volume: ${how}: ${error.message}`,
      { cause: error },
    );
  }
}
