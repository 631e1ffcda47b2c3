import { Readable, Writable } from 'node:stream';
import { parseArgs } from 'node:util';
import { dockerEngineOf } from '../api/docker-engine.ts';
import type { MachineOptions, ProfileName } from '../api/machine.ts';
import { HubKeeper } from '../cluster/hub-keeper.ts';
import { spawnNodeDocker } from '../cluster/node-docker.node.ts';
import { spawnNodeHub } from '../cluster/node-hub.node.ts';
import {
  saveMachine,
  connectDocker,
  startDocker,
  type DockerClient,
} from '../cluster/docker-client.ts';
import { AgentClient, type AgentProcess } from '../machine/agent/agent-client.ts';
import { AgentError } from '../machine/agent/agent-error.ts';
import { startMachine } from '../machine/worker/machine-client.ts';
import { spawnNodeMachine } from '../machine/worker/node-machine.node.ts';
import { loadMachine, openMachineTarget, type MachineTarget } from './machine-files.ts';
import { ensureStates } from './prepare.ts';
import { UsageError } from './usage-error.ts';

const PROFILES: readonly string[] = [
  'docker',
  'docker-reference',
  'node',
  'bare',
] satisfies ProfileName[];

/** Exit status when the command cannot be started, as a shell has it (POSIX, 2.8.2). */
const NOT_STARTED: Readonly<Record<string, number>> = { ENOENT: 127, EACCES: 126 };

interface RunArguments {
  readonly options: MachineOptions;
  readonly command: readonly string[];
  /** file the machine is saved to afterwards */
  readonly save: string | undefined;
}

async function parse(argv: readonly string[]): Promise<RunArguments> {
  const separator = argv.indexOf('--');
  if (separator === -1 || separator === argv.length - 1)
    throw new UsageError('Put the command to run after `--`.');
  let values;
  try {
    ({ values } = parseArgs({
      args: argv.slice(0, separator),
      options: {
        profile: { type: 'string' },
        memory: { type: 'string' },
        cold: { type: 'boolean' },
        from: { type: 'string' },
        save: { type: 'string' },
      },
    }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const command = argv.slice(separator + 1);
  const { save } = values;
  if (values.from !== undefined) {
    if (values.profile !== undefined || values.memory !== undefined || values.cold === true)
      throw new UsageError('--from takes profile and memory from the saved machine.');
    const state = await loadMachine(values.from);
    const { profile, memory } = state;
    const start = { kind: 'saved', state } as const;
    return { options: { profile, memory, hostname: profile, start }, command, save };
  }
  const { profile = 'docker' } = values;
  if (!isProfile(profile))
    throw new UsageError(`There is no profile ${profile}; there are ${PROFILES.join(', ')}.`);
  const memory = values.memory === undefined ? undefined : Number(values.memory);
  if (memory !== undefined && !(Number.isInteger(memory) && memory >= 64 && memory <= 2048)) {
    throw new UsageError('--memory wants a whole number of MiB from 64 to 2048.');
  }
  return {
    options: {
      profile,
      hostname: profile,
      start: { kind: values.cold === true ? 'cold' : 'restore' },
      ...(memory === undefined ? {} : { memory }),
    },
    command,
    save,
  };
}

function isProfile(name: string): name is ProfileName {
  return PROFILES.includes(name);
}

/** Connects this process's standard streams to the program and waits for its end. */
async function passThrough(program: AgentProcess<unknown>): Promise<number> {
  const { stdin, stdout, stderr } = process;
  const resize = (): void => void program.resize({ rows: stdout.rows, cols: stdout.columns });
  if (stdin.isTTY) {
    stdin.setRawMode(true);
    stdout.on('resize', resize);
  }
  const input = Readable.toWeb(stdin) as ReadableStream<Uint8Array>;
  // Ends with the input or with the program, whichever is first.
  input.pipeTo(program.stdin).catch(() => {});
  const outputs = {
    stdout: Writable.toWeb(stdout).getWriter(),
    stderr: Writable.toWeb(stderr).getWriter(),
  };
  try {
    for await (const frame of program.output) {
      if (frame.type === 'exit') return frame.exit.code;
      await outputs[frame.type].write(frame.bytes);
    }
    throw new Error('The machine ended before the command did.');
  } finally {
    if (stdin.isTTY) {
      stdout.off('resize', resize);
      stdin.setRawMode(false);
    }
  }
}

/** `machine run`: restores the profile or a saved machine, runs the command, saves if told to, returns the exit status. */
export async function runMachine(argv: readonly string[]): Promise<number> {
  const { options, command, save } = await parse(argv);
  const target = save === undefined ? undefined : await openMachineTarget(save);
  try {
    return await runIn(options, command, target);
  } finally {
    await target?.close();
  }
}

async function runIn(
  options: MachineOptions,
  command: readonly string[],
  target: MachineTarget | undefined,
): Promise<number> {
  const { profile, memory, start } = options;
  if (start.kind === 'restore')
    await ensureStates([{ profile, ...(memory === undefined ? {} : { memory }) }]);
  const machine = await startMachine(spawnNodeMachine(), options);
  const hub = new HubKeeper(() => spawnNodeHub());
  let docker: DockerClient | undefined;
  try {
    const images = start.kind === 'saved' ? start.state.images : undefined;
    const kind = dockerEngineOf(profile);
    if (kind !== undefined)
      docker = await startDocker(
        connectDocker(spawnNodeDocker()),
        machine,
        { machine: profile, kind, ...(images === undefined ? {} : { images }) },
        hub,
      );
    const agent = new AgentClient(machine.service);
    const { stdin, stdout } = process;
    const program = await agent.exec({
      argv: command,
      cwd: '/root',
      login: true,
      ...(stdin.isTTY
        ? {
            tty: { rows: stdout.rows ?? 24, cols: stdout.columns ?? 80 },
            env: { TERM: process.env['TERM'] ?? 'xterm-256color' },
          }
        : {}),
    });
    const status = await passThrough(program);
    await target?.write(await saveMachine(machine, docker));
    return status;
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return NOT_STARTED[error.code] ?? 1;
  } finally {
    await docker?.dispose();
    await hub.close();
    await machine.destroy();
  }
}
