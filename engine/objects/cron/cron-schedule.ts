/**
 * Schedules of CronJobs: five fields (minute, hour, day of month, month, day of week) or a word such
 * as `@hourly` or `@every 5m`. Tolerance and messages are those of robfig/cron, which upstream uses.
 * https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
 */
import { parseGoDuration } from '../../base/go-duration.ts';
import { messageOf } from '../../base/message-of.ts';
import { FieldSchedule, type CronField } from './field-schedule.ts';
import { TimeZone, timeZoneProblem } from './time-zone.ts';

/** When something is due. */
export interface CronSchedule {
  /** The first moment after that one; undefined when there is none. UNIX milliseconds. */
  next(after: number): number | undefined;
}

/** A schedule that cannot be read. */
export class CronScheduleError extends Error {
  readonly code = 'INVALID_SCHEDULE';

  constructor(message: string) {
    super(message);
    this.name = 'CronScheduleError';
  }
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

interface Bounds {
  readonly low: number;
  readonly high: number;
  readonly names?: readonly string[];
}

const bounds = {
  minute: { low: 0, high: 59 },
  hour: { low: 0, high: 23 },
  dayOfMonth: { low: 1, high: 31 },
  month: { low: 1, high: 12, names: months },
  dayOfWeek: { low: 0, high: 6, names: days },
} as const satisfies Record<string, Bounds>;

const descriptors: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
]);

const EVERY = '@every ';
/** Nanoseconds would be lost anyway: schedules have whole seconds. */
/** Why `schedule` cannot be read, or `undefined`. */
export function scheduleProblem(schedule: string): string | undefined {
  try {
    parseSchedule(schedule);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** By UTC unless it begins with `TZ=` or `CRON_TZ=`. @throws CronScheduleError */
export function parseSchedule(schedule: string): CronSchedule {
  if (schedule === '') throw new CronScheduleError('empty spec string');
  const [, zoneName, rest] = /^(?:CRON_TZ|TZ)=(\S*) (.*)$/s.exec(schedule) ?? [];
  const zone = zoneName === undefined ? TimeZone.utc : parseZone(zoneName);
  const text = (rest ?? schedule).trim();
  if (text.startsWith(EVERY)) return every(text);
  return parseFields(text.startsWith('@') ? descriptor(text) : text, zone);
}

function parseZone(name: string): TimeZone {
  const problem = name === '' ? undefined : timeZoneProblem(name);
  if (problem !== undefined)
    throw new CronScheduleError(`provided bad location ${name}: ${problem}`);
  return name === '' ? TimeZone.utc : new TimeZone(name);
}

function descriptor(text: string): string {
  const fields = descriptors.get(text);
  if (fields === undefined) throw new CronScheduleError(`unrecognized descriptor: ${text}`);
  return fields;
}

function every(text: string): CronSchedule {
  const duration = text.slice(EVERY.length);
  let milliseconds: number;
  try {
    milliseconds = parseGoDuration(duration);
  } catch (error) {
    throw new CronScheduleError(`failed to parse duration ${text}: ${messageOf(error)}`);
  }
  const delay = Math.max(1, Math.floor(milliseconds / 1000));
  return { next: (after) => (Math.floor(after / 1000) + delay) * 1000 };
}

function parseFields(text: string, zone: TimeZone): CronSchedule {
  const parts = text.split(/\s+/).filter((part) => part !== '');
  const expected = Object.keys(bounds).length;
  if (parts.length !== expected) {
    throw new CronScheduleError(
      `expected exactly ${expected} fields, found ${parts.length}: [${parts.join(' ')}]`,
    );
  }
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] = parts;
  const fields = {
    minute: parseField(minute, bounds.minute),
    hour: parseField(hour, bounds.hour),
    dayOfMonth: parseField(dayOfMonth, bounds.dayOfMonth),
    month: parseField(month, bounds.month),
    dayOfWeek: parseField(dayOfWeek, bounds.dayOfWeek),
  };
  return new FieldSchedule(fields, zone);
}

function parseField(text: string, bounds: Bounds): CronField {
  const values = new Set<number>();
  let any = false;
  for (const range of text.split(',').filter((part) => part !== '')) {
    const { start, end, step, star } = parseRange(range, bounds);
    for (let value = start; value <= end; value += step) values.add(value);
    any ||= star;
  }
  return { values, any };
}

function parseRange(range: string, { low, high, names = [] }: Bounds) {
  const [span = '', stepText, ...moreSteps] = range.split('/');
  const [from = '', to, ...moreHyphens] = span.split('-');
  const star = from === '*' || from === '?';
  let start = low;
  let end = high;
  if (!star) {
    start = parseNumber(from, low, names);
    if (moreHyphens.length > 0) throw new CronScheduleError(`too many hyphens: ${range}`);
    end = to === undefined ? start : parseNumber(to, low, names);
  }
  if (moreSteps.length > 0) throw new CronScheduleError(`too many slashes: ${range}`);
  const step = stepText === undefined ? 1 : parseNumber(stepText, low, []);
  if (stepText !== undefined && to === undefined) end = high;
  const problem =
    start < low
      ? `beginning of range (${start}) below minimum (${low})`
      : end > high
        ? `end of range (${end}) above maximum (${high})`
        : start > end
          ? `beginning of range (${start}) beyond end of range (${end})`
          : step === 0
            ? 'step of range should be a positive number'
            : undefined;
  if (problem !== undefined) throw new CronScheduleError(`${problem}: ${range}`);
  return { start, end, step, star: star && step === 1 };
}

/** @param low the number of the first name */
function parseNumber(text: string, low: number, names: readonly string[]): number {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return named + low;
  if (!/^[-+]?\d+$/.test(text)) {
    throw new CronScheduleError(
      `failed to parse int from ${text}: strconv.Atoi: parsing "${text}": invalid syntax`,
    );
  }
  const value = Number(text);
  if (value < 0) throw new CronScheduleError(`negative number (${value}) not allowed: ${text}`);
  return value;
}
