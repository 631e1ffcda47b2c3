/** Instructions that change nothing but the configuration (Dockerfile reference; words of history as Docker 20.10 writes them). */
import { BuildError } from './build-error.ts';
import type { EscapeToken } from './dockerfile-lines.ts';
import { exposedPorts } from './exposed-ports.ts';
import type { CommandLine, Instruction, InstructionOf } from './instructions.ts';
import { formatGoDuration, type Pair } from './line-arguments.ts';
import { expandWord, expandWords } from './shell-words.ts';
import { splitEntry, type StageConfig } from './stage-config.ts';

export type ConfigInstruction = Exclude<
  Instruction,
  { readonly kind: 'add' | 'copy' | 'workdir' | 'run' }
>;

/** Throws BuildError. */
export async function changeConfig(
  stage: StageConfig,
  instruction: ConfigInstruction,
  escape: EscapeToken,
): Promise<void> {
  const { variables } = stage;
  const expand = (text: string): string => expandWord(text, variables, escape);
  switch (instruction.kind) {
    case 'env':
      return setEnvironment(stage, instruction.pairs.map(expandPair(expand)));
    case 'label':
      return addLabels(
        stage,
        instruction.literal ? instruction.pairs : instruction.pairs.map(expandPair(expand)),
      );
    case 'maintainer':
      stage.author = instruction.name;
      return stage.commit(`MAINTAINER ${instruction.name}`);
    case 'onbuild':
      stage.config = {
        ...stage.config,
        OnBuild: [...(stage.config.OnBuild ?? []), instruction.expression],
      };
      return stage.commit(`ONBUILD ${instruction.expression}`);
    case 'cmd':
      return setCommand(stage, instruction.line);
    case 'entrypoint':
      return setEntrypoint(stage, instruction.line);
    case 'healthcheck':
      return setHealthcheck(stage, instruction);
    case 'expose': {
      const ports = instruction.ports.flatMap((port) => expandWords(port, variables, escape));
      const added = Object.fromEntries(exposedPorts(ports).map((port) => [port, {}]));
      stage.config = { ...stage.config, ExposedPorts: { ...stage.config.ExposedPorts, ...added } };
      return stage.commit(`EXPOSE ${ports.join(' ')}`);
    }
    case 'user': {
      const user = expand(instruction.user);
      stage.config = { ...stage.config, User: user };
      return stage.commit(`USER ${user}`);
    }
    case 'volume': {
      const paths = instruction.paths.map(expand);
      stage.config = {
        ...stage.config,
        Volumes: {
          ...stage.config.Volumes,
          ...Object.fromEntries(paths.map((path) => [path, {}])),
        },
      };
      return stage.commit(`VOLUME [${paths.join(' ')}]`);
    }
    case 'stopsignal': {
      const signal = expand(instruction.signal);
      if (!isSignal(signal)) throw new BuildError('INVALID', `Invalid signal: ${signal}`);
      stage.config = { ...stage.config, StopSignal: signal };
      return stage.commit(`STOPSIGNAL ${signal}`);
    }
    case 'arg':
      return declareArgs(stage, instruction, expand);
    case 'shell':
      stage.config = { ...stage.config, Shell: instruction.shell };
      return stage.commit(`SHELL [${instruction.shell.join(' ')}]`);
  }
}

/** Absolute; a relative path goes on from the previous one. */
export function workingDirectory(current: string | undefined, requested: string): string {
  if (requested === '') throw new BuildError('FAILED', 'cannot normalize nothing');
  const full = requested.startsWith('/') ? requested : `${current ?? ''}/${requested}`;
  const names: string[] = [];
  for (const name of full.split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return `/${names.join('/')}`;
}

function expandPair(expand: (text: string) => string): (pair: Pair) => Pair {
  return ({ key, value }) => ({ key: expand(key), value: expand(value) });
}

function setEnvironment(stage: StageConfig, pairs: readonly Pair[]): Promise<void> {
  const entries = [...(stage.config.Env ?? [])];
  for (const { key, value } of pairs) {
    const index = entries.findIndex((entry) => splitEntry(entry)[0] === key);
    if (index < 0) entries.push(`${key}=${value}`);
    else entries[index] = `${key}=${value}`;
  }
  stage.config = { ...stage.config, Env: entries };
  return stage.commit(`ENV ${pairs.map(({ key, value }) => `${key}=${value}`).join(' ')}`);
}

function addLabels(stage: StageConfig, pairs: readonly Pair[]): Promise<void> {
  const labels = Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
  stage.config = { ...stage.config, Labels: { ...stage.config.Labels, ...labels } };
  return stage.commit(`LABEL ${pairs.map(({ key, value }) => `${key}=${value}`).join(' ')}`);
}

function commandOf(stage: StageConfig, { words, shell }: CommandLine): readonly string[] {
  return shell && words.length > 0 ? [...stage.shell, ...words] : words;
}

async function setCommand(stage: StageConfig, line: CommandLine): Promise<void> {
  const command = commandOf(stage, line);
  stage.config = { ...stage.config, Cmd: command };
  await stage.commit(`CMD ${quoted(command)}`);
  if (line.words.length > 0) stage.commandIsSet = true;
}

/** A new entry point makes an inherited CMD meaningless. */
function setEntrypoint(stage: StageConfig, line: CommandLine): Promise<void> {
  const command = commandOf(stage, line);
  const { Cmd: inherited, ...config } = stage.config;
  stage.config = {
    ...config,
    Entrypoint: command,
    ...(stage.commandIsSet ? { Cmd: inherited ?? null } : {}),
  };
  return stage.commit(`ENTRYPOINT ${quoted(command)}`);
}

function setHealthcheck(
  stage: StageConfig,
  { healthcheck }: InstructionOf<'healthcheck'>,
): Promise<void> {
  const previous = stage.config.Healthcheck?.Test ?? [];
  if (previous.length > 0 && previous[0] !== 'NONE') {
    stage.context.print(`Note: overriding previous HEALTHCHECK: [${previous.join(' ')}]\n`);
  }
  stage.config = { ...stage.config, Healthcheck: healthcheck };
  const { Test = [], Interval = 0, Timeout = 0, StartPeriod = 0, Retries = 0 } = healthcheck;
  const durations = [Interval, Timeout, StartPeriod].map((value) =>
    JSON.stringify(formatGoDuration(value)),
  );
  return stage.commit(
    `HEALTHCHECK &{${quoted(Test)} ${durations.join(' ')} ${goCharacter(Retries)}}`,
  );
}

function declareArgs(
  stage: StageConfig,
  { declarations }: InstructionOf<'arg'>,
  expand: (text: string) => string,
): Promise<void> {
  const words = declarations.map(({ key, value }) => {
    const name = expand(key);
    const expanded = value === undefined ? undefined : expand(value);
    stage.context.args.declare(name, expanded);
    return expanded === undefined ? name : `${name}=${expanded}`;
  });
  return stage.commit(`ARG ${words.join(' ')}`);
}

/** `["a" "b"]`, as Go prints a slice of quoted strings. */
function quoted(words: readonly string[]): string {
  return `[${words.map((word) => JSON.stringify(word)).join(' ')}]`;
}

/** A small number as Go quotes a character: `'\x03'`. */
function goCharacter(value: number): string {
  if (value >= 32 && value < 127) return `'${String.fromCharCode(value)}'`;
  const names: Readonly<Record<number, string>> = {
    7: 'a',
    8: 'b',
    9: 't',
    10: 'n',
    11: 'v',
    12: 'f',
    13: 'r',
  };
  return `'\\${names[value] ?? `x${value.toString(16).padStart(2, '0')}`}'`;
}

const signals =
  'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ'.split(
    ' ',
  );

function isSignal(text: string): boolean {
  if (/^\d+$/.test(text)) return Number(text) > 0 && Number(text) <= 64;
  const name = text.toUpperCase().replace(/^SIG/, '');
  return signals.includes(name) || /^RTM(IN(\+\d+)?|AX(-\d+)?)$/.test(name);
}
