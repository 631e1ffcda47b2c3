import type { Command } from './command.ts';
import type { Flag } from './flags.ts';
import { table } from './table.ts';

const HELP: Flag = { name: 'help', short: 'h', kind: 'flag', usage: 'show help' };

/** urfave/cli's columns. */
const aligned = (rows: readonly (readonly string[])[]): string =>
  table(
    rows.map(([first = '', ...rest]) => [`   ${first}`, ...rest]),
    { smallest: 1, padding: 2 },
  );

function describe({ name, short, kind, usage, value }: Flag): readonly string[] {
  const argument = kind === 'flag' ? '' : ' value';
  const names = [`--${name}${argument}`, ...(short === undefined ? [] : [`-${short}${argument}`])];
  const shown =
    kind === 'flag'
      ? name === 'help'
        ? ''
        : ' (default: false)'
      : kind === 'number'
        ? ` (default: ${value ?? 0})`
        : value === undefined
          ? ''
          : ` (default: "${value}")`;
  const more = kind === 'texts' ? ` [ ${`--${name} value`} ]` : '';
  return [names.join(', ') + more, usage + shown];
}

const byName = (one: { readonly name: string }, other: { readonly name: string }): number =>
  one.name < other.name ? -1 : 1;

function flagTable(flags: readonly Flag[]): string {
  return aligned([...flags.toSorted(byName), HELP].map(describe));
}

export function commandHelp(command: Command): string {
  const { name, usage, argsUsage, description, flags } = command;
  const line = `crictl ${name} [command options]${argsUsage === undefined ? ' [arguments...]' : ` ${argsUsage}`}`;
  return [
    `NAME:\n   crictl ${name} - ${usage}\n`,
    `USAGE:\n   ${line.trimEnd()}\n`,
    ...(description === undefined
      ? []
      : [`DESCRIPTION:\n   ${description.replaceAll('\n', '\n   ')}\n`]),
    `OPTIONS:\n${flagTable(flags)}`,
  ].join('\n');
}

export function programHelp(version: string, commands: readonly Command[], flags: readonly Flag[]) {
  const rows = [
    ...commands
      .toSorted(byName)
      .map(({ name, aliases = [], usage }) => [[name, ...aliases].join(', '), usage]),
    ['help, h', 'Shows a list of commands or help for one command'],
  ];
  return [
    'NAME:\n   crictl - client for CRI\n',
    'USAGE:\n   crictl [global options] command [command options]\n',
    `VERSION:\n   ${version}\n`,
    `COMMANDS:\n${aligned(rows)}`,
    `GLOBAL OPTIONS:\n${flagTable(flags)}`,
  ].join('\n');
}
