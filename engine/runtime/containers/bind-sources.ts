import type { AgentClient } from '../../machine/agent/agent-client.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';
import { RuntimeError } from '../runtime-error.ts';
import type { Mount } from '../types.ts';

/** Throws INVALID for a source that is to exist and does not. */
export async function checkBindSources(
  agent: AgentClient,
  mounts: readonly Mount[],
): Promise<void> {
  for (const mount of mounts) {
    if (mount.kind === 'bind' && !mount.create && !(await exists(agent, mount.source)))
      throw new RuntimeError(
        'INVALID',
        `invalid mount config for type "bind": bind source path does not exist: ${mount.source}`,
      );
  }
}

/**
 * Sees that sources are there, but for those that the start makes, and that those whose mounts are to reach the
 * other side can: INVALID otherwise.
 */
export async function prepareBindSources(
  agent: AgentClient,
  mounts: readonly Mount[],
): Promise<void> {
  await checkBindSources(agent, mounts);
  const binds = mounts.filter((mount) => mount.kind === 'bind');
  if (!binds.some(({ propagation }) => /shared|slave/.test(propagation ?? ''))) return;
  const table = await agent.readTextFile('/proc/self/mountinfo');
  for (const { source, propagation = '' } of binds) {
    const { place, peers } = mountOf(table, source);
    if (propagation.endsWith('shared') && !peers.includes('shared:'))
      throw new RuntimeError(
        'INVALID',
        `path ${source} is mounted on ${place} but it is not a shared mount`,
      );
    if (propagation.endsWith('slave') && !/shared:|master:/.test(peers))
      throw new RuntimeError(
        'INVALID',
        `path ${source} is mounted on ${place} but it is not a shared or slave mount`,
      );
  }
}

/** The mount a path is on: its line of mountinfo (proc(5)) names its place fifth and its peers seventh. */
export function mountOf(
  table: string,
  path: string,
): { readonly place: string; readonly peers: string } {
  let best = { place: '/', peers: '' };
  for (const line of table.split('\n')) {
    const [before = ''] = line.split(' - ', 1);
    const [, , , , place, , ...peers] = before.split(' ');
    if (place === undefined || place.length < best.place.length) continue;
    if (path === place || path.startsWith(place === '/' ? '/' : `${place}/`))
      best = { place, peers: peers.join(' ') };
  }
  return best;
}

async function exists(agent: AgentClient, path: string): Promise<boolean> {
  try {
    await agent.call('file.stat', { path });
    return true;
  } catch (error) {
    if (error instanceof AgentError && error.code === 'ENOENT') return false;
    throw error;
  }
}
