/** From logical lines to typed instructions and build stages (Dockerfile reference). */
import { messageOf } from '../../base/message-of.ts';
import type { ImageRunConfig } from '../../runtime/types.ts';
import { BuildError, DockerfileSyntaxError } from './build-error.ts';
import {
  type DockerfileLine,
  type DockerfileLines,
  type EscapeToken,
  splitLine,
} from './dockerfile-lines.ts';
import {
  flagValues,
  goDuration,
  jsonArray,
  type Pair,
  pairs,
  quotedWords,
  whitespaceDelimited,
} from './line-arguments.ts';

export interface CommandLine {
  readonly words: readonly string[];
  /** shell form: the shell of the image runs it */
  readonly shell: boolean;
}

interface ArgDeclaration {
  readonly key: string;
  readonly value?: string;
}

interface CopyArguments {
  readonly kind: 'copy' | 'add';
  readonly sources: readonly string[];
  readonly destination: string;
  readonly from?: string;
  readonly chown?: string;
  readonly chmod?: string;
}

export type Instruction = { readonly code: string } & (
  | { readonly kind: 'env'; readonly pairs: readonly Pair[] }
  | { readonly kind: 'label'; readonly pairs: readonly Pair[]; readonly literal?: boolean }
  | { readonly kind: 'maintainer'; readonly name: string }
  | CopyArguments
  | { readonly kind: 'onbuild'; readonly expression: string }
  | { readonly kind: 'workdir'; readonly path: string }
  | { readonly kind: 'user'; readonly user: string }
  | { readonly kind: 'stopsignal'; readonly signal: string }
  | { readonly kind: 'run'; readonly line: CommandLine; readonly flags: readonly string[] }
  | { readonly kind: 'cmd' | 'entrypoint'; readonly line: CommandLine }
  | {
      readonly kind: 'healthcheck';
      readonly healthcheck: NonNullable<ImageRunConfig['Healthcheck']>;
    }
  | { readonly kind: 'expose'; readonly ports: readonly string[] }
  | { readonly kind: 'volume'; readonly paths: readonly string[] }
  | { readonly kind: 'arg'; readonly declarations: readonly ArgDeclaration[] }
  | { readonly kind: 'shell'; readonly shell: readonly string[] }
);
export type CopyInstruction = CopyArguments & { readonly code: string };
export type InstructionOf<Kind extends Instruction['kind']> = Extract<
  Instruction,
  { readonly kind: Kind }
>;

export interface Stage {
  readonly code: string;
  readonly base: string;
  /** lower case; absent without AS */
  readonly name?: string;
  readonly platform?: string;
  readonly instructions: readonly Instruction[];
}

export interface Dockerfile {
  readonly escape: EscapeToken;
  readonly warnings: readonly string[];
  /** ARG before the first FROM */
  readonly globalArgs: readonly InstructionOf<'arg'>[];
  readonly stages: readonly Stage[];
}

/** Throws BuildError INVALID with the line number, or DockerfileSyntaxError. */
export function parseInstructions({ lines, escape, warnings }: DockerfileLines): Dockerfile {
  const globalArgs: InstructionOf<'arg'>[] = [];
  const stages: (Omit<Stage, 'instructions'> & { instructions: Instruction[] })[] = [];
  for (const line of lines) {
    if (line.command === 'from') {
      stages.push({ ...onLine(line, () => parseFrom(line)), instructions: [] });
      continue;
    }
    const instruction = onLine(line, () => parseInstruction(line, escape));
    const stage = stages.at(-1);
    if (stage) stage.instructions.push(instruction);
    else if (instruction.kind === 'arg') globalArgs.push(instruction);
    else throw new BuildError('INVALID', 'no build stage in current context');
  }
  return { escape, warnings, globalArgs, stages };
}

/** The instruction that an ONBUILD trigger holds. */
export function parseTrigger(expression: string, escape: EscapeToken): Instruction {
  return parseInstruction(splitLine(expression, escape, 1), escape);
}

function onLine<T>(line: DockerfileLine, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof DockerfileSyntaxError) throw error;
    throw new BuildError(
      'INVALID',
      `dockerfile parse error line ${line.line}: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

function parseFrom({ rest, flags, original }: DockerfileLine): Omit<Stage, 'instructions'> {
  const [base = '', as = '', name = '', ...more] = whitespaceDelimited(rest);
  const { platform } = flagValues(flags, ['platform']);
  const stage = { code: original, base, ...(platform === undefined ? {} : { platform }) };
  if (base !== '' && as === '') return stage;
  if (as.toLowerCase() !== 'as' || name === '' || more.length > 0) {
    throw new BuildError('INVALID', 'FROM requires either one or three arguments');
  }
  if (!/^[a-z][a-z0-9-_.]*$/.test(name.toLowerCase())) {
    throw new BuildError(
      'INVALID',
      `invalid name for build stage: ${JSON.stringify(name)}, name can't start with a number or contain symbols`,
    );
  }
  return { ...stage, name: name.toLowerCase() };
}

function parseInstruction(line: DockerfileLine, escape: EscapeToken): Instruction {
  const { command, rest, flags, original: code } = line;
  const name = command.toUpperCase();
  switch (command) {
    case 'env':
    case 'label':
      flagValues(flags, []);
      return { code, kind: command, pairs: pairs(rest, name, escape) };
    case 'maintainer':
      return { code, kind: 'maintainer', name: exactlyOne(rest, name) };
    case 'add':
    case 'copy':
      return { code, kind: command, ...parseCopy(rest, flags, command) };
    case 'onbuild':
      return { code, kind: 'onbuild', expression: parseOnBuild(rest, flags, escape) };
    case 'workdir':
      flagValues(flags, []);
      return { code, kind: 'workdir', path: exactlyOne(rest, name) };
    case 'user':
      flagValues(flags, []);
      return { code, kind: 'user', user: exactlyOne(rest, name) };
    case 'stopsignal':
      return { code, kind: 'stopsignal', signal: exactlyOne(rest, name) };
    case 'run':
      return { code, kind: 'run', line: commandLine(rest), flags: runFlags(flags) };
    case 'cmd':
    case 'entrypoint':
      flagValues(flags, []);
      return { code, kind: command, line: commandLine(rest) };
    case 'healthcheck':
      return { code, kind: 'healthcheck', healthcheck: parseHealthcheck(rest, flags) };
    case 'expose':
      flagValues(flags, []);
      return {
        code,
        kind: 'expose',
        ports: [...atLeastOne(whitespaceDelimited(rest), name)].sort(),
      };
    case 'volume':
      flagValues(flags, []);
      return { code, kind: 'volume', paths: parseVolume(rest) };
    case 'arg':
      return {
        code,
        kind: 'arg',
        declarations: atLeastOne(quotedWords(rest, escape), name).map(parseArg),
      };
    case 'shell':
      flagValues(flags, []);
      return { code, kind: 'shell', shell: parseShell(rest, code) };
    default:
      throw new BuildError('INVALID', `unknown instruction: ${name}`);
  }
}

function exactlyOne(rest: string, instruction: string): string {
  if (rest === '') throw new BuildError('INVALID', `${instruction} requires exactly one argument`);
  return rest;
}

function atLeastOne(words: readonly string[], instruction: string): readonly string[] {
  if (words.length === 0)
    throw new BuildError('INVALID', `${instruction} requires at least one argument`);
  return words;
}

function commandLine(rest: string): CommandLine {
  const words = jsonArray(rest);
  if (words) return { words, shell: false };
  return { words: rest === '' ? [] : [rest], shell: true };
}

/** The names of the flags: each needs BuildKit, which the builder says when it comes to the step. */
function runFlags(flags: readonly string[]): readonly string[] {
  return flags.map((flag) => {
    const [, name = ''] = /^--([^=]*)/.exec(flag) ?? [];
    if (!['mount', 'network', 'security'].includes(name))
      throw new BuildError('INVALID', `Unknown flag: ${name}`);
    return name;
  });
}

function parseCopy(
  rest: string,
  flags: readonly string[],
  command: 'add' | 'copy',
): Omit<CopyArguments, 'kind'> {
  const words = jsonArray(rest) ?? whitespaceDelimited(rest);
  const destination = words.at(-1);
  if (destination === undefined || words.length < 2) {
    throw new BuildError(
      'INVALID',
      `${command.toUpperCase()} requires at least two arguments, but only one was provided. Destination could not be determined`,
    );
  }
  const values = flagValues(
    flags,
    command === 'copy' ? ['chown', 'chmod', 'from'] : ['chown', 'chmod'],
  );
  return { sources: words.slice(0, -1), destination, ...values };
}

function parseOnBuild(rest: string, flags: readonly string[], escape: EscapeToken): string {
  if (rest === '') throw new BuildError('INVALID', 'ONBUILD requires at least one argument');
  flagValues(flags, []);
  const trigger = splitLine(rest, escape, 1).command.toUpperCase();
  if (trigger === 'ONBUILD')
    throw new BuildError('INVALID', "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  if (trigger === 'MAINTAINER' || trigger === 'FROM') {
    throw new BuildError('INVALID', `${trigger} isn't allowed as an ONBUILD trigger`);
  }
  return rest;
}

function parseHealthcheck(
  rest: string,
  flags: readonly string[],
): NonNullable<ImageRunConfig['Healthcheck']> {
  const [, type = '', command = ''] = /^(\S+)\s*([^]*)$/.exec(rest) ?? [];
  if (type === '') throw new BuildError('INVALID', 'HEALTHCHECK requires at least one argument');
  if (type.toUpperCase() === 'NONE') {
    if (command !== '') throw new BuildError('INVALID', 'HEALTHCHECK NONE takes no arguments');
    return { Test: ['NONE'] };
  }
  const values = flagValues(flags, ['interval', 'timeout', 'start-period', 'retries']);
  if (type.toUpperCase() !== 'CMD') {
    throw new BuildError(
      'INVALID',
      `Unknown type ${JSON.stringify(type.toUpperCase())} in HEALTHCHECK (try CMD)`,
    );
  }
  const { words, shell } = commandLine(command);
  if (words.length === 0) throw new BuildError('INVALID', 'Missing command after HEALTHCHECK CMD');
  const retries = Number(values['retries'] ?? '0');
  if (!Number.isInteger(retries)) {
    throw new BuildError(
      'INVALID',
      `strconv.ParseInt: parsing ${JSON.stringify(values['retries'])}: invalid syntax`,
    );
  }
  if (retries < 0) throw new BuildError('INVALID', `--retries cannot be negative (${retries})`);
  return {
    Test: [shell ? 'CMD-SHELL' : 'CMD', ...words],
    Interval: goDuration(values['interval'], 'interval'),
    Timeout: goDuration(values['timeout'], 'timeout'),
    StartPeriod: goDuration(values['start-period'], 'start-period'),
    Retries: retries,
  };
}

function parseVolume(rest: string): readonly string[] {
  const paths = atLeastOne(jsonArray(rest) ?? whitespaceDelimited(rest), 'VOLUME').map((path) =>
    path.trim(),
  );
  if (paths.includes(''))
    throw new BuildError('INVALID', 'VOLUME specified can not be an empty string');
  return paths;
}

function parseArg(word: string): ArgDeclaration {
  const at = word.indexOf('=');
  if (at === 0) throw new BuildError('INVALID', 'ARG names can not be blank');
  return at < 0 ? { key: word } : { key: word.slice(0, at), value: word.slice(at + 1) };
}

function parseShell(rest: string, original: string): readonly string[] {
  const words = jsonArray(rest);
  if (words === undefined && rest !== '') {
    throw new BuildError(
      'INVALID',
      `SHELL requires the arguments to be in JSON form, not: ${original}`,
    );
  }
  return atLeastOne(words ?? [], 'SHELL');
}
