/** Times, durations and sizes as Go and Docker's go-units print them. */
import { parseGoDuration } from '../base/go-duration.ts';

/** Go's zero `time.Time`. */
export const ZERO_TIME = '0001-01-01T00:00:00Z';

/** RFC 3339 with as many decimals as needed. @param time UNIX milliseconds */
export function goTime(time: number | undefined): string {
  if (time === undefined || time <= 0) return ZERO_TIME;
  return new Date(time).toISOString().replace(/\.?0*Z$/, 'Z');
}

/** Seconds or nanoseconds since 1970, a Go duration ago (`10m`), or an RFC 3339 time: UNIX milliseconds. */
export function parseTimestamp(text: string, now: number): number | undefined {
  if (/^-?\d+(\.\d*)?$/.test(text)) return Number(text) * 1000;
  try {
    return now - parseGoDuration(text);
  } catch {
    const time = Date.parse(text);
    return Number.isNaN(time) ? undefined : time;
  }
}

/** As Go's `strconv.ParseBool`; undefined for anything else. */
export function parseBool(text: string): boolean | undefined {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true;
  return ['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text) ? false : undefined;
}

/** `3 seconds`, `About a minute`, `2 weeks`. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  if (seconds < 1) return 'Less than a second';
  if (seconds === 1) return '1 second';
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.trunc(seconds / 3600 + 0.5);
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.trunc(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.trunc(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.trunc(hours / 24 / 30)} months`;
  return `${Math.trunc(seconds / 3600 / 24 / 365)} years`;
}

/** In steps of a thousand, with four significant digits if nothing else is said: `1.234kB`. */
export function humanSize(bytes: number, digits = 4): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let index = 0;
  while (value >= 1000 && index < units.length - 1) {
    value /= 1000;
    index++;
  }
  return `${Number(value.toPrecision(digits))}${units[index] ?? ''}`;
}
