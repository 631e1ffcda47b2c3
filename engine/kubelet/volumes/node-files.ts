import type { FileInfo } from '../../api/agent.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';
import type { NodeAgent } from '../contracts.ts';

/** What is at a path, links not followed; undefined when nothing is. */
export async function statOf(agent: NodeAgent, path: string): Promise<FileInfo | undefined> {
  return await orUndefined(agent.call('file.stat', { path }));
}

/** What a directory has; nothing when it is not there. */
export async function listOf(agent: NodeAgent, path: string): Promise<readonly FileInfo[]> {
  return (await orUndefined(agent.call('file.list', { path })))?.entries ?? [];
}

/** Where something is mounted in a directory, deepest first. */
export async function mountsBelow(agent: NodeAgent, directory: string): Promise<string[]> {
  const table = await agent.readTextFile('/proc/self/mountinfo');
  return table
    .split('\n')
    .map((line) => unescaped(line.split(' ')[4] ?? ''))
    .filter((path) => path.startsWith(`${directory}/`))
    .toReversed();
}

/** The kernel writes spaces, tabs, line feeds and backslashes as octal numbers. */
function unescaped(path: string): string {
  return path.replace(/\\(\d{3})/g, (_match, code: string) =>
    String.fromCharCode(Number.parseInt(code, 8)),
  );
}

async function orUndefined<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof AgentError && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
