/** The API this engine speaks, and the oldest one it still understands. */
export const API_VERSION = '1.44';
export const MIN_API_VERSION = '1.12';

/** `-1`, `0` or `1` as `one` is older than, the same as or newer than `other`. */
export function compareVersions(one: string, other: string): number {
  const parts = (version: string): number[] => version.split('.').map(Number);
  const [a, b] = [parts(one), parts(other)];
  for (let index = 0; index < 2; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}
