import { parseGoDuration } from '../../base/go-duration.ts';
import { messageOf } from '../../base/message-of.ts';

/** What a component's command line says: `--name=value`, `--name value`, and `--name` for yes. The program's name comes first. */
export function readFlags(argv: readonly string[]): ReadonlyMap<string, string> {
  const flags = new Map<string, string>();
  for (let index = 1; index < argv.length; index++) {
    const [, name, value] = /^--?([a-z0-9-]+)(?:=(.*))?$/is.exec(argv[index] ?? '') ?? [];
    if (name === undefined) continue;
    const next = argv[index + 1];
    if (value === undefined && next !== undefined && !next.startsWith('-')) {
      flags.set(name, next);
      index++;
    } else flags.set(name, value ?? 'true');
  }
  return flags;
}

/** Milliseconds of a duration as Go writes it, such as `1m30s`. @throws RangeError */
export function durationOf(flag: string, text: string): number {
  try {
    return parseGoDuration(text);
  } catch (error) {
    throw new RangeError(
      `invalid argument ${JSON.stringify(text)} for "--${flag}" flag: ${messageOf(error)}`,
      { cause: error },
    );
  }
}
