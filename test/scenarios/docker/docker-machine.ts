import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sleep, systemClock } from '../../../engine/base/clock.ts';
import { startDocker, type DockerClient } from '../../../engine/cluster/docker-client.ts';
import { spawnNodeDocker } from '../../../engine/cluster/node-docker.node.ts';
import { AgentClient } from '../../../engine/machine/agent/agent-client.ts';
import { repositoryDirectories } from '../../../engine/machine/client/guest-directories.node.ts';
import { startMachine, type MachineClient } from '../../../engine/machine/client/machine-client.ts';
import { spawnNodeMachine } from '../../../engine/machine/client/node-machine.node.ts';

/** Between two keys of one hand, in milliseconds. */
const KEY_PAUSE_MS = 500;

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A machine of profile `docker` with its engine, driven by Debian's own client in the machine's shell. */
export class DockerMachine {
  readonly agent: AgentClient;
  readonly machine: MachineClient;
  #docker: DockerClient;

  /** where images are kept; outlives an engine */
  readonly #storage: string;

  private constructor(machine: MachineClient, docker: DockerClient, storage: string) {
    this.#storage = storage;
    this.machine = machine;
    this.agent = new AgentClient(machine.service);
    this.#docker = docker;
  }

  /** `prepare` must have made the profile's state. */
  static async start(): Promise<DockerMachine> {
    const machine = await startMachine(spawnNodeMachine(), {
      profile: 'docker',
      hostname: 'dock',
      start: { kind: 'restore' },
    });
    const storage = await mkdtemp(path.join(tmpdir(), 'drydock-docker-'));
    return new DockerMachine(machine, await startEngine(machine, storage), storage);
  }

  /** Runs a line of bash as root to its end, whatever its exit status. */
  async run(command: string): Promise<CommandResult> {
    const { exit, stdout, stderr } = await this.agent.call('run', {
      argv: ['bash', '-c', command],
      login: true,
      cwd: '/root',
    });
    return { code: exit.code, stdout, stderr };
  }

  /** Standard output of a line that must succeed, trimmed. */
  async sh(command: string): Promise<string> {
    const { code, stdout, stderr } = await this.run(command);
    if (code !== 0) throw new Error(`${command}: exit ${code}\n${stdout}${stderr}`);
    return stdout.trim();
  }

  /** Types into a terminal: each step waits for its text to appear, then sends keys. Returns all that was shown, and the exit status. */
  async type(
    command: string,
    steps: readonly (readonly [waitFor: string, keys: string])[],
  ): Promise<{ readonly screen: string; readonly code: number }> {
    const shell = await this.agent.exec({
      argv: ['bash', '-c', command],
      login: true,
      cwd: '/root',
      tty: { rows: 24, cols: 80 },
      env: { TERM: 'xterm' },
    });
    const keyboard = shell.stdin.getWriter();
    const decoder = new TextDecoder();
    let screen = '';
    let seen = 0;
    const left = [...steps];
    const advance = async (): Promise<void> => {
      for (
        let next = left[0];
        next !== undefined && screen.slice(seen).includes(next[0]);
        next = left[0]
      ) {
        left.shift();
        // A key that needs no answer before it is typed by a hand, not pasted.
        if (next[0] === '') await sleep(systemClock, KEY_PAUSE_MS);
        seen = screen.length;
        await keyboard.write(new TextEncoder().encode(next[1]));
      }
    };
    for await (const frame of shell.output) {
      if (frame.type === 'exit') return { screen, code: frame.exit.code };
      screen += decoder.decode(frame.bytes, { stream: true });
      await advance();
    }
    throw new Error('The machine ended.');
  }

  /** Ends the engine's worker without a word, as a crash does, and starts another. */
  async replaceEngine(): Promise<void> {
    await this.#docker.dispose();
    this.#docker = await startEngine(this.machine, this.#storage);
  }

  async stop(): Promise<void> {
    await this.#docker.dispose();
    await this.machine.destroy();
    await rm(this.#storage, { recursive: true });
  }
}

function startEngine(machine: MachineClient, storage: string): Promise<DockerClient> {
  const link = spawnNodeDocker({ guest: repositoryDirectories.guest, storage });
  return startDocker(link, machine, { machine: 'dock' });
}
