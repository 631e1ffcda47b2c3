import { sleep, type Clock } from '../../base/clock.ts';
import type { AgentCalls, FileInfo } from '../../api/agent.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';
import type { RuntimeService } from '../../runtime/cri/types.ts';
import type { NodeAgent } from '../contracts.ts';

export interface LogRotationOptions {
  readonly agent: Pick<NodeAgent, 'call' | 'openFile' | 'writeFile'>;
  readonly cri: Pick<RuntimeService, 'listContainers' | 'containerStatus' | 'reopenContainerLog'>;
  readonly clock: Clock;
  readonly configuration: {
    /** bytes */
    readonly containerLogMaxSize: number;
    /** with the one that is written */
    readonly containerLogMaxFiles: number;
    /** milliseconds */
    readonly containerLogMonitorInterval: number;
  };
  readonly onError: (error: unknown) => void;
}

type FileUsage = AgentCalls['file.usage']['reply']['usages'][number];

/** The log of a running container. */
interface Log {
  readonly id: string;
  readonly path: string;
}

const COMPRESSED = '.gz';
const UNFINISHED = '.tmp';

/** What to do with the older files of a log, before the newest becomes one of them. */
export interface RotationPlan {
  readonly remove: readonly string[];
  readonly compress: readonly string[];
}

/**
 * @param names of the files that have the log's name and more: `0.log.20261126-181500.gz`
 * @param maxFiles in all
 */
export function planRotation(names: readonly string[], maxFiles: number): RotationPlan {
  const present = new Set(names);
  // What an earlier rotation left behind when it was interrupted.
  const isUsed = (name: string): boolean =>
    name.endsWith(COMPRESSED) || (!name.endsWith(UNFINISHED) && !present.has(name + COMPRESSED));
  const used = names.filter(isUsed).toSorted();
  // Room for the one that is rotated now, and for the new one.
  const excess = Math.max(0, used.length - Math.max(0, maxFiles - 2));
  return {
    remove: [...names.filter((name) => !isUsed(name)), ...used.slice(0, excess)],
    compress: used.slice(excess).filter((name) => !name.endsWith(COMPRESSED)),
  };
}

/** Go's `20060102-150405`. @param time UNIX milliseconds */
const stamp = (time: number): string =>
  new Date(time).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');

/**
 * Gives containers a new log file when theirs has grown too large, and keeps a few older ones, compressed
 * (pkg/kubelet/logs). The runtime goes on writing to the renamed file until it is told of the new one.
 */
export class LogRotation {
  readonly #options: LogRotationOptions;

  constructor(options: LogRotationOptions) {
    this.#options = options;
  }

  /** Until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, configuration, onError } = this.#options;
    while (!signal.aborted) {
      await this.rotate().catch(onError);
      await sleep(clock, configuration.containerLogMonitorInterval, signal).catch(() => {});
    }
  }

  /** Looks at the logs of all running containers once, with one call to the agent: it wakes the machine. */
  async rotate(): Promise<void> {
    const { agent, onError } = this.#options;
    const logs = await this.#logs();
    if (logs.length === 0) return;
    const { usages } = await agent
      .call('file.usage', { paths: logs.map(({ path }) => path) })
      // One that cannot be read is told of by itself.
      .catch(() => ({ usages: [] }));
    for (const [index, log] of logs.entries())
      if (this.#mayBeDue(usages[index])) await this.#look(log).catch(onError);
  }

  /** @param usage in whole blocks: of a file that is appended to never less than its size */
  #mayBeDue(usage: FileUsage | undefined): boolean {
    if (usage === undefined || usage.inodes === 0) return true;
    return usage.bytes >= this.#options.configuration.containerLogMaxSize;
  }

  /** Of the running containers. */
  async #logs(): Promise<readonly Log[]> {
    const { cri, onError } = this.#options;
    const logs: Log[] = [];
    for (const { id, state } of await cri.listContainers()) {
      if (state !== 'CONTAINER_RUNNING') continue;
      try {
        const { logPath } = await cri.containerStatus(id);
        if (logPath !== '') logs.push({ id, path: logPath });
      } catch (error) {
        onError(error);
      }
    }
    return logs;
  }

  async #look({ id, path }: Log): Promise<void> {
    const { cri, configuration } = this.#options;
    const info = await this.#stat(path);
    if (info === undefined) await cri.reopenContainerLog(id);
    else if (info.size >= configuration.containerLogMaxSize) await this.#rotate(id, path);
  }

  async #rotate(id: string, path: string): Promise<void> {
    const { agent, cri, clock, configuration } = this.#options;
    const slash = path.lastIndexOf('/');
    const directory = path.slice(0, slash);
    const { entries } = await agent.call('file.list', { path: directory });
    const names = entries
      .map(({ name }) => name)
      .filter((name) => name.startsWith(`${path.slice(slash + 1)}.`));
    const { remove, compress } = planRotation(names, configuration.containerLogMaxFiles);
    for (const name of remove) await agent.call('file.remove', { path: `${directory}/${name}` });
    for (const name of compress) await this.#compress(`${directory}/${name}`);
    const rotated = `${path}.${stamp(clock.now())}`;
    await agent.call('file.rename', { from: path, to: rotated });
    try {
      await cri.reopenContainerLog(id);
    } catch (error) {
      await agent.call('file.rename', { from: rotated, to: path });
      throw error;
    }
  }

  /** Beside the machine, whose processor is the slow one. */
  async #compress(path: string): Promise<void> {
    const { agent } = this.#options;
    const { info, readable } = await agent.openFile({ path });
    const gzip = new CompressionStream('gzip') as TransformStream<Uint8Array, Uint8Array>;
    await agent.writeFile(path + COMPRESSED, readable.pipeThrough(gzip), { mode: info.mode });
    await agent.call('file.remove', { path });
  }

  async #stat(path: string): Promise<FileInfo | undefined> {
    try {
      return await this.#options.agent.call('file.stat', { path });
    } catch (error) {
      if (error instanceof AgentError && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }
}
