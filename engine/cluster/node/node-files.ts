import { packTar } from 'modern-tar';
import type { AgentClient } from '../../machine/agent/agent-client.ts';

/** Files by path, without the leading slash. Keys and what logs in with them are for root alone. */
export type NodeFiles = Readonly<Record<string, string>>;

const SECRET = /\.(?:key|conf)$|\/\.kube\/config$/;

/** Puts files on a node, all by one operation of its agent. */
export async function putNodeFiles(agent: AgentClient, files: NodeFiles): Promise<void> {
  const directories = directoriesOf(files).map((directory) => ({
    header: { name: `${directory}/`, type: 'directory' as const, size: 0, mode: 0o755 },
  }));
  const encoder = new TextEncoder();
  const contents = Object.entries(files).map(([name, content]) => {
    const body = encoder.encode(content);
    const mode = SECRET.test(`/${name}`) ? 0o600 : 0o644;
    return { header: { name, size: body.length, mode }, body };
  });
  await agent.writeTar({ path: '/' }, await packTar([...directories, ...contents]));
}

/** All that are above the files, the outer ones first. */
function directoriesOf(files: NodeFiles): readonly string[] {
  const directories = new Set<string>();
  for (const name of Object.keys(files)) {
    const parts = name.split('/').slice(0, -1);
    for (const index of parts.keys()) directories.add(parts.slice(0, index + 1).join('/'));
  }
  // Those at the root are there.
  return [...directories].filter((name) => name.includes('/')).toSorted();
}
