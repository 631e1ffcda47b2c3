import type { FileEvent, FileInfo } from '../api/agent.ts';
import type { LabFiles, Stop } from '../api/lab.ts';
import type { AgentClient } from '../machine/agent/agent-client.ts';

/** The machine's files through its agent. `agent` rejects while the machine does not run. */
export function labFiles(agent: () => Promise<AgentClient>): LabFiles {
  return {
    async list(path): Promise<readonly FileInfo[]> {
      return (await (await agent()).call('file.list', { path })).entries;
    },
    async stat(path) {
      return (await agent()).call('file.stat', { path });
    },
    async read(path) {
      return (await agent()).readFile(path);
    },
    async write(path, content) {
      await (await agent()).writeFile(path, content, { makeParents: true });
    },
    async makeDirectory(path) {
      await (await agent()).call('file.mkdir', { path });
    },
    async remove(path) {
      await (await agent()).call('file.remove', { path, recursive: true });
    },
    async rename(from, to) {
      await (await agent()).call('file.rename', { from, to });
    },
    async watch(path, onEvent): Promise<Stop> {
      const events = await (await agent()).messages('file.watch', { path });
      void follow(events, onEvent);
      return () => void events.close();
    },
  };
}

async function follow(
  events: AsyncIterable<FileEvent>,
  onEvent: (event: FileEvent) => void,
): Promise<void> {
  try {
    for await (const event of events) onEvent(event);
  } catch {
    // The machine has gone; its state says so.
  }
}
