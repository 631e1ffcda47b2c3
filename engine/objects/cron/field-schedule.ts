import type { TimeZone, WallTime } from './time-zone.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Beyond that it is taken to be never. */
const MOST_YEARS = 5;

/** Values of a field at which a schedule is due. */
export interface CronField {
  readonly values: ReadonlySet<number>;
  /** `*` or `?`: it says nothing */
  readonly any: boolean;
}

export interface CronFields {
  readonly minute: CronField;
  readonly hour: CronField;
  readonly dayOfMonth: CronField;
  readonly month: CronField;
  readonly dayOfWeek: CronField;
}

/** A schedule of five fields by the clocks of a zone (`SpecSchedule` of robfig/cron). */
export class FieldSchedule {
  readonly #fields: CronFields;
  readonly #zone: TimeZone;
  readonly #never: boolean;

  constructor(fields: CronFields, zone: TimeZone) {
    this.#fields = fields;
    this.#zone = zone;
    const { minute, hour, dayOfMonth, month, dayOfWeek } = fields;
    const bothDays = dayOfMonth.values.size + dayOfWeek.values.size === 0;
    this.#never = bothDays || [minute, hour, month].some(({ values }) => values.size === 0);
  }

  /** The first moment after that one; undefined when there is none in five years. UNIX milliseconds. */
  next(after: number): number | undefined {
    if (this.#never) return undefined;
    let time = Math.floor(after / MINUTE) * MINUTE + MINUTE;
    const lastYear = this.#zone.wallTime(time).year + MOST_YEARS;
    // A field that does not fit begins anew at the next value of the field before it, until all fit.
    let moved = false;
    while (this.#zone.wallTime(time).year <= lastYear) {
      const fitting = this.#fit(time, moved);
      if (fitting.done) return fitting.time;
      ({ time } = fitting);
      moved = true;
    }
    return undefined;
  }

  /**
   * Goes through the fields from the longest to the shortest and moves on where one does not fit.
   * Not done: a longer field has changed on the way, and has to be looked at again.
   */
  #fit(start: number, alreadyMoved: boolean): { readonly time: number; readonly done: boolean } {
    const zone = this.#zone;
    const { hour: hours, minute: minutes, month: months } = this.#fields;
    let time = start;
    let moved = alreadyMoved;
    let at = zone.wallTime(time);
    const moveTo = (next: number): void => {
      moved = true;
      time = next;
      at = zone.wallTime(time);
    };
    while (!months.values.has(at.month)) {
      moveTo(zone.momentOf(at.year, at.month + 1, 1));
      if (at.month === 1) return { time, done: false };
    }
    while (!this.#dayFits(at)) {
      moveTo(zone.momentOf(at.year, at.month, at.day + 1));
      // Midnight that clocks skip, or that is shown an hour early.
      if (at.hour > 12) moveTo(time + (24 - at.hour) * HOUR);
      else if (at.hour > 0) moveTo(time - at.hour * HOUR);
      if (at.day === 1) return { time, done: false };
    }
    while (!hours.values.has(at.hour)) {
      if (!moved) moveTo(zone.momentOf(at.year, at.month, at.day, at.hour));
      moveTo(time + HOUR);
      if (at.hour === 0) return { time, done: false };
    }
    while (!minutes.values.has(at.minute)) {
      moveTo(time + MINUTE);
      if (at.minute === 0) return { time, done: false };
    }
    return { time, done: true };
  }

  /** Both days have to fit when one of them is `*`, else either. */
  #dayFits({ day, weekday }: WallTime): boolean {
    const { dayOfMonth, dayOfWeek } = this.#fields;
    const inMonth = dayOfMonth.values.has(day);
    const inWeek = dayOfWeek.values.has(weekday);
    return dayOfMonth.any || dayOfWeek.any ? inMonth && inWeek : inMonth || inWeek;
  }
}
