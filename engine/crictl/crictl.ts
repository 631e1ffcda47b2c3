import { parse } from 'yaml';
import { z } from 'zod';
import { errorText } from '../kubelet/pods/texts.ts';
import type { Command, Context } from './command.ts';
import { imagefsinfo, info, version } from './commands/about.ts';
import { pull, rm, rmi, rmp, start, stop, stopp } from './commands/changes.ts';
import { exec } from './commands/exec.ts';
import { inspectCommand, inspecti, inspectp } from './commands/inspect.ts';
import { images, pods, ps } from './commands/lists.ts';
import { logs } from './commands/logs.ts';
import { stats, statsp } from './commands/stats.ts';
import { CrictlError } from './crictl-error.ts';
import { parseFlags, type Flag, type Options } from './flags.ts';
import { commandHelp, programHelp } from './help.ts';
import type { CrictlSession } from './session.ts';
import { SOCKET } from './socket.ts';

/** Whose commands and texts these are, and that they are not they. */
const VERSION = "v1.37.0 (Drydock's own, of the same commands)";

const CONFIGURATION = '/etc/crictl.yaml';

const COMMANDS: readonly Command[] = [
  exec,
  images,
  imagefsinfo,
  info,
  inspectCommand,
  inspecti,
  inspectp,
  logs,
  pods,
  ps,
  pull,
  rm,
  rmi,
  rmp,
  start,
  stats,
  statsp,
  stop,
  stopp,
  version,
];

const FLAGS: readonly Flag[] = [
  {
    name: 'config',
    short: 'c',
    kind: 'text',
    value: CONFIGURATION,
    usage: 'Location of the client config file',
  },
  {
    name: 'runtime-endpoint',
    short: 'r',
    kind: 'text',
    usage: `Endpoint of CRI container runtime service: unix://${SOCKET} on this node`,
  },
  {
    name: 'image-endpoint',
    short: 'i',
    kind: 'text',
    usage: "Endpoint of CRI image manager service (default: uses 'runtime-endpoint' setting)",
  },
  {
    name: 'timeout',
    short: 't',
    kind: 'text',
    value: '2s',
    usage: 'Timeout of connecting to the server in seconds (e.g. 2s, 20s.)',
  },
  { name: 'debug', short: 'D', kind: 'flag', usage: 'Enable debug mode' },
  { name: 'version', short: 'v', kind: 'flag', usage: 'print the version' },
];

export type CrictlParts = Pick<Context, 'cri' | 'agent' | 'clock'>;

/** Runs one command for a program in the machine. Never rejects. */
export async function runCrictl(parts: CrictlParts, session: CrictlSession): Promise<void> {
  const began = parts.clock.now();
  const log: Context['log'] = (level, message) =>
    session.stderr(logLine(session, parts.clock.now(), began, level, message));
  try {
    await run(parts, session, log);
    await session.exit(0);
  } catch (error) {
    if (error instanceof CrictlError && error.code === 'help') await session.exit(0);
    else {
      await log('error', errorText(error));
      await session.exit(1);
    }
  }
}

async function run(parts: CrictlParts, session: CrictlSession, log: Context['log']): Promise<void> {
  const { args } = session.request;
  const overall = (): string => programHelp(VERSION, COMMANDS, FLAGS);
  const global = await read(FLAGS, args, session, overall);
  const [name = 'help', ...rest] = global.args;
  if (global.flag('version')) {
    await session.stdout(`crictl version ${VERSION}\n`);
    return;
  }
  if (name === 'help' || name === 'h') {
    const about = COMMANDS.find((one) => one.name === rest[0]);
    await session.stdout(about === undefined ? overall() : commandHelp(about));
    return;
  }
  const command = COMMANDS.find((one) => one.name === name || one.aliases?.includes(name) === true);
  if (command === undefined) {
    await session.stdout(`No help topic for '${name}'\n`);
    throw new CrictlError(`command '${name}' not found`);
  }
  const options = await read(command.flags, rest, session, () => commandHelp(command));
  checkEndpoint(await endpointOf(parts, session, global));
  try {
    await command.run({ ...parts, session, options, log });
  } catch (error) {
    if (error instanceof CrictlError && error.code === 'help')
      await session.stdout(commandHelp(command));
    throw error;
  }
}

/** Options, after help for who asks for it, or uses them wrongly. */
async function read(
  flags: readonly Flag[],
  args: readonly string[],
  session: CrictlSession,
  help: () => string,
): Promise<Options> {
  const asks: Flag = { name: 'help', short: 'h', kind: 'flag', usage: '' };
  try {
    const options = parseFlags([...flags, asks], args);
    if (!options.flag('help')) return options;
    await session.stdout(help());
  } catch (error) {
    if (error instanceof CrictlError)
      await session.stdout(`Incorrect Usage: ${error.message}\n\n${help()}\n`);
    throw error;
  }
  throw new CrictlError('', 'help');
}

const configuration = z.object({ 'runtime-endpoint': z.string().optional() }).nullable();

async function endpointOf(
  { agent }: CrictlParts,
  { request }: CrictlSession,
  global: Options,
): Promise<string> {
  if (global.isSet('runtime-endpoint')) return global.text('runtime-endpoint');
  const variable = 'CONTAINER_RUNTIME_ENDPOINT=';
  const given = request.environment.find((line) => line.startsWith(variable));
  if (given !== undefined) return given.slice(variable.length);
  const path = global.text('config');
  try {
    const { readable } = await agent.openFile({ path });
    const text = await new Response(readable as BodyInit).text();
    return configuration.parse(parse(text))?.['runtime-endpoint'] ?? '';
  } catch (error) {
    if (!global.isSet('config')) return '';
    throw new CrictlError(`get server config: ${errorText(error)}`, 'failure', { cause: error });
  }
}

/** There is one runtime, and it is the one that was reached. */
function checkEndpoint(endpoint: string): void {
  const path = endpoint.replace(/^unix:\/\//, '');
  if (path === '' || path === SOCKET) return;
  throw new CrictlError(
    `validate service connection: validate CRI v1 runtime API for endpoint "unix://${path}": rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix ${path}: connect: no such file or directory"`,
  );
}

const LEVELS = {
  error: { short: 'ERRO', colour: 31 },
  warning: { short: 'WARN', colour: 33 },
  info: { short: 'INFO', colour: 36 },
};
/** logrus' width of a message on a terminal */
const MESSAGE_WIDTH = 44;

/** As logrus writes, on a terminal and elsewhere. */
function logLine(
  { request }: CrictlSession,
  now: number,
  began: number,
  level: keyof typeof LEVELS,
  message: string,
): string {
  const { short, colour } = LEVELS[level];
  const seconds = String(Math.trunc((now - began) / 1000)).padStart(4, '0');
  if (request.terminal.stderr)
    return `\u001B[${colour}m${short}\u001B[0m[${seconds}] ${message.padEnd(MESSAGE_WIDTH)} \n`;
  const time = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
  return `time="${time}" level=${level} msg=${JSON.stringify(message)}\n`;
}
