import { Readable, Writable } from 'node:stream';
import { parseArgs } from 'node:util';
import type { MachineOptions, ProfileName } from '../api/machine.ts';
import { spawnNodeDocker } from '../cluster/node-docker.node.ts';
import { startDocker, type DockerClient } from '../cluster/docker-client.ts';
import { AgentClient, type AgentProcess } from '../machine/agent/agent-client.ts';
import { AgentError } from '../machine/agent/agent-error.ts';
import { startMachine } from '../machine/client/machine-client.ts';
import { spawnNodeMachine } from '../machine/client/node-machine.node.ts';
import { ensureStates } from './prepare.ts';
import { UsageError } from './usage-error.ts';

const PROFILES: readonly string[] = ['docker', 'node', 'bare'] satisfies ProfileName[];

/** Exit status when the command cannot be started, as a shell has it (POSIX, 2.8.2). */
const NOT_STARTED: Readonly<Record<string, number>> = { ENOENT: 127, EACCES: 126 };

interface RunArguments {
  readonly options: MachineOptions;
  readonly command: readonly string[];
}

function parse(argv: readonly string[]): RunArguments {
  const separator = argv.indexOf('--');
  if (separator === -1 || separator === argv.length - 1)
    throw new UsageError('Put the command to run after `--`.');
  let values;
  try {
    ({ values } = parseArgs({
      args: argv.slice(0, separator),
      options: {
        profile: { type: 'string', default: 'docker' },
        memory: { type: 'string' },
        cold: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (!PROFILES.includes(values.profile))
    throw new UsageError(
      `There is no profile ${values.profile}; there are ${PROFILES.join(', ')}.`,
    );
  const memory = values.memory === undefined ? undefined : Number(values.memory);
  if (memory !== undefined && !(Number.isInteger(memory) && memory >= 64 && memory <= 2048)) {
    throw new UsageError('--memory wants a whole number of MiB from 64 to 2048.');
  }
  const profile = values.profile as ProfileName;
  return {
    options: {
      profile,
      hostname: profile,
      start: { kind: values.cold ? 'cold' : 'restore' },
      ...(memory === undefined ? {} : { memory }),
    },
    command: argv.slice(separator + 1),
  };
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

/** `machine run`: restores the profile, runs the command, returns its exit status. */
export async function runMachine(argv: readonly string[]): Promise<number> {
  const { options, command } = parse(argv);
  const { profile, memory } = options;
  if (options.start.kind === 'restore')
    await ensureStates([{ profile, ...(memory === undefined ? {} : { memory }) }]);
  const machine = await startMachine(spawnNodeMachine(), options);
  let docker: DockerClient | undefined;
  try {
    if (profile === 'docker')
      docker = await startDocker(spawnNodeDocker(), machine, { machine: profile });
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
    return await passThrough(program);
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return NOT_STARTED[error.code] ?? 1;
  } finally {
    await docker?.dispose();
    await machine.destroy();
  }
}
