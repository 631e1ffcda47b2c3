import type { NodeAgent } from '../contracts.ts';

/** Bytes of a log that are read to find its last lines. */
const MOST_READ = 256 * 1024;

/** The last lines of a log in CRI format, without times and tags: at most so many bytes of their end. */
export async function logTail(
  agent: NodeAgent,
  path: string,
  mostLines: number,
  mostBytes: number,
): Promise<string> {
  const { size } = await agent.call('file.stat', { path });
  const { readable } = await agent.openFile({ path, offset: Math.max(0, size - MOST_READ) });
  const text = await new Response(readable).text();
  const lines = text.split('\n').filter((line) => line !== '');
  const tail = lines
    .slice(-mostLines)
    .map((line) => {
      const match = /^\S+ (?:stdout|stderr) (\S+) (.*)$/.exec(line);
      return match === null ? '' : `${match[2]}${match[1] === 'F' ? '\n' : ''}`;
    })
    .join('');
  const bytes = new TextEncoder().encode(tail);
  return new TextDecoder().decode(bytes.subarray(Math.max(0, bytes.length - mostBytes)));
}
