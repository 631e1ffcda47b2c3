import type { NodeAgent } from '../contracts.ts';

/** Bytes that directories and files take on their disk, by path. One process, and one round trip, however many there are. */
export async function diskUsage(
  agent: NodeAgent,
  paths: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (paths.length === 0) return new Map();
  // Some may be gone by now: those that are not are printed all the same.
  const argv = ['du', '--summarize', '--null', '--block-size=1', '--', ...paths];
  const { stdout } = await agent.call('run', { argv });
  return new Map(
    stdout.split('\0').flatMap((line) => {
      const [, bytes, path] = /^(\d+)\t(.*)$/s.exec(line) ?? [];
      return path === undefined ? [] : [[path, Number(bytes)] as const];
    }),
  );
}
