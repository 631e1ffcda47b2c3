const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds, as `time.ParseDuration` reads `1m30s`. @throws RangeError in Go's words */
export function parseGoDuration(text: string): number {
  const quoted = JSON.stringify(text);
  const unsigned = text.replace(/^[-+]/, '');
  if (unsigned === '0') return 0;
  const parts = [...unsigned.matchAll(/(\d+\.?\d*|\.\d+)([^\d.]*)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== unsigned)
    throw new RangeError(`time: invalid duration ${quoted}`);
  let milliseconds = 0;
  for (const [, amount, unit = ''] of parts) {
    if (unit === '') throw new RangeError(`time: missing unit in duration ${quoted}`);
    const length = UNITS[unit];
    if (length === undefined)
      throw new RangeError(`time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`);
    milliseconds += Number(amount) * length;
  }
  return text.startsWith('-') ? -milliseconds : milliseconds;
}

/** As Go prints a `time.Duration`: `1m30s`, `1.5s`, `300ms`. */
export function goDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0s';
  if (milliseconds < 1000)
    return milliseconds < 1 ? `${milliseconds * 1000}µs` : `${milliseconds}ms`;
  const hours = Math.trunc(milliseconds / 3_600_000);
  const minutes = Math.trunc(milliseconds / 60_000) % 60;
  const seconds = `${(milliseconds % 60_000) / 1000}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}
