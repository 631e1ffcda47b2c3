import { CrictlError } from './crictl-error.ts';

/** An option of a command, as urfave/cli knows it. */
export interface Flag {
  readonly name: string;
  readonly short?: string;
  readonly kind: 'flag' | 'text' | 'texts' | 'number';
  readonly usage: string;
  /** of a text or a number */
  readonly value?: string | number;
}

/** What a command was called with. */
export class Options {
  readonly #flags: readonly Flag[];
  readonly #values: ReadonlyMap<string, readonly string[]>;
  readonly args: readonly string[];

  constructor(
    flags: readonly Flag[],
    values: ReadonlyMap<string, readonly string[]>,
    args: readonly string[],
  ) {
    this.#flags = flags;
    this.#values = values;
    this.args = args;
  }

  isSet(name: string): boolean {
    return this.#values.has(name);
  }

  flag(name: string): boolean {
    return this.text(name) === 'true';
  }

  text(name: string): string {
    const given = this.#values.get(name)?.at(-1);
    return given ?? String(this.#flags.find((flag) => flag.name === name)?.value ?? '');
  }

  texts(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  number(name: string): number {
    return Number(this.text(name) || '0');
  }
}

const incorrect = (message: string): CrictlError => new CrictlError(message, 'usage');

/**
 * Reads options up to the first argument that is none: Go's `flag` with urfave/cli's short options, which may stand
 * together (`-it`).
 */
export function parseFlags(flags: readonly Flag[], args: readonly string[]): Options {
  const values = new Map<string, string[]>();
  const give = (flag: Flag, value: string): void => {
    if (flag.kind === 'number' && !/^-?\d+$/.test(value))
      throw incorrect(`invalid value "${value}" for flag -${flag.name}: parse error`);
    if (flag.kind === 'flag' && value !== 'true' && value !== 'false')
      throw incorrect(`invalid boolean value "${value}" for -${flag.name}: parse error`);
    const parts = flag.kind === 'texts' ? value.split(',') : [value];
    values.set(flag.name, [...(values.get(flag.name) ?? []), ...parts]);
  };
  let at = 0;
  const next = (name: string): string => {
    const value = args[++at];
    if (value === undefined) throw incorrect(`flag needs an argument: -${name}`);
    return value;
  };
  for (; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (arg === '--') {
      at++;
      break;
    }
    if (!arg.startsWith('-') || arg === '-') break;
    const [, name = '', value] = /^--?([^=]*)(?:=(.*))?$/s.exec(arg) ?? [];
    const known = flags.find((one) => one.name === name || one.short === name);
    if (known !== undefined) {
      give(known, value ?? (known.kind === 'flag' ? 'true' : next(name)));
      continue;
    }
    const together = arg.startsWith('--')
      ? []
      : Array.from(name, (letter) => flags.find(({ short }) => short === letter));
    if (together.length < 2 || together.includes(undefined))
      throw incorrect(`flag provided but not defined: -${name}`);
    for (const [index, flag] of together.entries()) {
      if (flag === undefined) continue;
      if (flag.kind === 'flag') give(flag, 'true');
      else if (index === together.length - 1) give(flag, value ?? next(flag.name));
      else throw incorrect(`flag needs an argument: -${flag.short ?? ''}`);
    }
  }
  return new Options(flags, values, args.slice(at));
}
