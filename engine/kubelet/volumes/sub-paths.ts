import { AgentError } from '../../machine/agent/agent-error.ts';
import type { NodeAgent } from '../contracts.ts';
import { NodeTree } from '../node-tree.ts';

/** Prints what each path really is, or nothing where nothing is there, with a 0 after each. */
const RESOLVE = String.raw`for path; do realpath -ez -- "$path" 2>/dev/null || printf '\0'; done`;

/** What a directory keeps of its volume's mode: permissions, and that files belong to the group. */
const KEPT_BITS = 0o2777;

export interface SubPath {
  /** of the volume, on the node */
  readonly volume: string;
  /** below it */
  readonly path: string;
}

/** Where a sub-path is on the node, or which step failed; why is not told, since it would tell of the node. */
export type PreparedSubPath =
  | { readonly path: string }
  | { readonly failed: 'create subPath directory' | 'prepare subPath' };

/**
 * Finds directories or files below volumes, links followed, and makes them where they are missing, with the volume's
 * own mode. One that leads out of its volume fails. Whoever can write in a volume could still exchange a part of the
 * path between this and the mount: upstream holds the directory open meanwhile.
 * @param now UNIX milliseconds
 */
export async function prepareSubPaths(
  agent: NodeAgent,
  subPaths: readonly SubPath[],
  now: number,
): Promise<readonly PreparedSubPath[]> {
  if (subPaths.length === 0) return [];
  const paths = subPaths.map(({ volume, path }) => `${volume}/${path}`);
  const volumes = subPaths.map(({ volume }) => volume);
  let resolved = await resolve(agent, [...volumes, ...paths]);
  const missing = subPaths.filter((_, index) => resolved[volumes.length + index] === '');
  const failed = new Set<SubPath>();
  for (const subPath of missing)
    await make(agent, subPath, now).catch((error: unknown) => {
      if (!(error instanceof AgentError)) throw error;
      failed.add(subPath);
    });
  if (missing.length > 0) resolved = await resolve(agent, [...volumes, ...paths]);
  return subPaths.map((subPath, index) => {
    if (failed.has(subPath)) return { failed: 'create subPath directory' };
    const volume = resolved[index] ?? '';
    const path = resolved[volumes.length + index] ?? '';
    return volume !== '' && (path === volume || path.startsWith(`${volume}/`))
      ? { path }
      : { failed: 'prepare subPath' };
  });
}

/** Makes what is missing, no part of it outside of the volume. */
async function make(agent: NodeAgent, { volume, path }: SubPath, now: number): Promise<void> {
  const { mode, gid } = await agent.call('file.stat', { path: volume });
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  const prefixes = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  const resolved = await resolve(
    agent,
    prefixes.map((prefix) => `${volume}/${prefix}`),
  );
  const tree = new NodeTree(now);
  for (const [index, prefix] of prefixes.entries())
    if (resolved[index] === '') tree.directory(`/${prefix}`, mode & KEPT_BITS, { gid });
  await tree.write(agent, volume);
}

async function resolve(agent: NodeAgent, paths: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await agent.call('run', { argv: ['sh', '-c', RESOLVE, 'sh', ...paths] });
  return stdout.split('\0');
}
