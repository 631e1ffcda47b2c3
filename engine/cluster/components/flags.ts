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

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a duration as Go writes it, such as `1m30s`. @throws RangeError */
export function durationOf(flag: string, text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text)
    throw new RangeError(
      `invalid argument ${JSON.stringify(text)} for "--${flag}" flag: time: invalid duration ${JSON.stringify(text)}`,
    );
  return parts.reduce(
    (total, [, count, unit]) => total + Number(count) * (UNITS[unit ?? ''] ?? 0),
    0,
  );
}
