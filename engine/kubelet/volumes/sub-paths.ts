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

/**
 * Paths on the node of directories or files below volumes, links followed, made where they are missing with the
 * volume's own mode; undefined for one that leads out of its volume. Whoever can write in a volume could still
 * exchange a part of the path between this and the mount: upstream holds the directory open meanwhile.
 * @param now UNIX milliseconds
 */
export async function prepareSubPaths(
  agent: NodeAgent,
  subPaths: readonly SubPath[],
  now: number,
): Promise<readonly (string | undefined)[]> {
  if (subPaths.length === 0) return [];
  const paths = subPaths.map(({ volume, path }) => `${volume}/${path}`);
  const volumes = subPaths.map(({ volume }) => volume);
  let resolved = await resolve(agent, [...volumes, ...paths]);
  const missing = subPaths.filter((_, index) => resolved[volumes.length + index] === '');
  for (const subPath of missing) await make(agent, subPath, now);
  if (missing.length > 0) resolved = await resolve(agent, [...volumes, ...paths]);
  return subPaths.map((_, index) => {
    const volume = resolved[index] ?? '';
    const path = resolved[volumes.length + index] ?? '';
    return volume !== '' && (path === volume || path.startsWith(`${volume}/`)) ? path : undefined;
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
