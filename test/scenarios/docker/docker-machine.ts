import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  dockerEngineOf,
  type DockerEngineKind,
  type DockerEngineService,
} from '../../../engine/api/docker-engine.ts';
import type { MachineOptions } from '../../../engine/api/machine.ts';
import {
  connectDocker,
  startDocker,
  type DockerClient,
} from '../../../engine/cluster/docker-client.ts';
import { HubKeeper } from '../../../engine/cluster/hub-keeper.ts';
import { spawnNodeDocker } from '../../../engine/cluster/node-docker.node.ts';
import { spawnNodeHub } from '../../../engine/cluster/node-hub.node.ts';
import { httpExchange, readAll } from '../../../engine/http/index.ts';
import { AgentClient } from '../../../engine/machine/agent/agent-client.ts';
import { startMachine, type MachineClient } from '../../../engine/machine/worker/machine-client.ts';
import { spawnNodeMachine } from '../../../engine/machine/worker/node-machine.node.ts';

/** Evaluates a command until it succeeds; prints what it printed last. A minute and more, however slow the command. */
const UNTIL = `
for attempt in $(seq 300); do
  seen=$(eval "$1" 2>&1) && { printf %s "$seen"; exit; }
  sleep 0.2
done
printf %s "$seen"
exit 1`;

/** Where a terminal's programs leave its name. */
const TERMINAL = '/run/typed-terminal';
/** A terminal whose keys have all been read: `read -t 0` only looks. */
const KEYS_ARE_READ = `! read -t 0 <"$(cat ${TERMINAL})"`;

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface ApiAnswer {
  readonly status: number;
  readonly text: string;
  json(): unknown;
}

interface EngineSetup {
  /** where images are kept; outlives an engine */
  readonly storage: string;
  readonly hub: HubKeeper;
  readonly kind: DockerEngineKind;
}

interface StartOptions extends Partial<MachineOptions> {
  /** of another machine; a registry of its own when absent */
  readonly hub?: HubKeeper;
}

/** A machine of a profile with Docker, driven by Debian's own client in the machine's shell. */
export class DockerMachine {
  readonly agent: AgentClient;
  readonly machine: MachineClient;
  #docker: DockerClient;

  readonly #setup: EngineSetup;

  private constructor(machine: MachineClient, docker: DockerClient, setup: EngineSetup) {
    this.#setup = setup;
    this.machine = machine;
    this.agent = new AgentClient(machine.service);
    this.#docker = docker;
  }

  /** A machine that is restored must have had its profile's state made by `prepare`. */
  static async start({ hub, ...options }: StartOptions = {}): Promise<DockerMachine> {
    const machine = await startMachine(spawnNodeMachine(), {
      profile: 'docker',
      hostname: 'dock',
      start: { kind: 'restore' },
      ...options,
    });
    const setup: EngineSetup = {
      storage: await mkdtemp(path.join(tmpdir(), 'drydock-docker-')),
      hub: hub ?? new HubKeeper(() => spawnNodeHub()),
      kind: dockerEngineOf(options.profile ?? 'docker') ?? 'ported',
    };
    return new DockerMachine(machine, await startEngine(machine, setup), setup);
  }

  /** the registry it pulls from and pushes to */
  get hub(): HubKeeper {
    return this.#setup.hub;
  }

  /** The engine's service, past the machine's socket. */
  get engine(): DockerEngineService {
    return this.#docker.service;
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

  /** Runs a line of bash again and again until it succeeds, and resolves to what it printed then, trimmed. Fails with what it printed last. */
  async until(command: string): Promise<string> {
    const { exit, stdout } = await this.agent.call('run', {
      argv: ['bash', '-c', UNTIL, 'bash', command],
      login: true,
      cwd: '/root',
    });
    if (exit.code !== 0) throw new Error(`Never succeeded: ${command}\n${stdout}`);
    return stdout.trim();
  }

  /** One request to the engine's API, past the machine's socket and Docker's client. */
  async api(method: string, url: string, body?: object): Promise<ApiAnswer> {
    const content = body === undefined ? null : new TextEncoder().encode(JSON.stringify(body));
    const headers = new Headers({ host: 'docker' });
    if (content !== null) headers.set('content-type', 'application/json');
    const { status, body: answer } = await httpExchange(await this.engine.connect(), {
      method,
      url: `http://docker${url}`,
      headers,
      body: content === null ? null : new Blob([content]).stream(),
    });
    const text = new TextDecoder().decode(await readAll(answer));
    return { status, text, json: () => JSON.parse(text) as unknown };
  }

  /** Types into a terminal: each step waits for its text to appear, then sends keys. Returns all that was shown, and the exit status. */
  async type(
    command: string,
    steps: readonly (readonly [waitFor: string, keys: string])[],
  ): Promise<{ readonly screen: string; readonly code: number }> {
    const shell = await this.agent.exec({
      argv: ['bash', '-c', `tty >${TERMINAL}; ${command}`],
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
        // A key that needs no answer before it is typed by a hand, not pasted: the one before it has been read.
        if (next[0] === '') await this.until(KEYS_ARE_READ);
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
    this.#docker = await startEngine(this.machine, this.#setup);
  }

  async stop(): Promise<void> {
    await this.#docker.dispose();
    await this.machine.destroy();
    await this.hub.close();
    await rm(this.#setup.storage, { recursive: true });
  }
}

function startEngine(
  machine: MachineClient,
  { storage, hub, kind }: EngineSetup,
): Promise<DockerClient> {
  return startDocker(
    connectDocker(spawnNodeDocker({ storage })),
    machine,
    { machine: 'dock', kind },
    hub,
  );
}
