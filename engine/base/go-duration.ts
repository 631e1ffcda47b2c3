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
