/** A moment as clocks in some place show it. */
export interface WallTime {
  readonly year: number;
  /** 1 to 12 */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  /** 0 is Sunday */
  readonly weekday: number;
}

/** Why there is no such time zone, or `undefined`. */
export function timeZoneProblem(name: string): string | undefined {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return undefined;
  } catch {
    return `unknown time zone ${name}`;
  }
}

/** Clocks of one place: tells how far they are from UTC, and when they show something. */
export class TimeZone {
  static readonly utc = new TimeZone('UTC');
  readonly #format: Intl.DateTimeFormat | undefined;

  /** @param name of the IANA database @throws RangeError when there is none of that name */
  constructor(name: string) {
    this.#format =
      name === 'UTC'
        ? undefined
        : new Intl.DateTimeFormat('en', { timeZone: name, timeZoneName: 'longOffset' });
  }

  /** Milliseconds that clocks are ahead of UTC at that moment. */
  offsetAt(time: number): number {
    const offset = this.#format?.format(time);
    const [, sign, hours, minutes, seconds = '0'] =
      /GMT([+-])(\d+):(\d+)(?::(\d+))?$/.exec(offset ?? '') ?? [];
    if (sign === undefined) return 0;
    const ahead = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    return (sign === '-' ? -ahead : ahead) * 1000;
  }

  wallTime(time: number): WallTime {
    const shown = new Date(time + this.offsetAt(time));
    return {
      year: shown.getUTCFullYear(),
      month: shown.getUTCMonth() + 1,
      day: shown.getUTCDate(),
      hour: shown.getUTCHours(),
      minute: shown.getUTCMinutes(),
      weekday: shown.getUTCDay(),
    };
  }

  /**
   * When clocks show that hour; days and months beyond the end of theirs are of the next. Where clocks
   * are put on or back this is the moment that Go's `time.Date` says.
   */
  momentOf(year: number, month: number, day: number, hour = 0): number {
    const shown = Date.UTC(year, month - 1, day, hour);
    const guess = this.offsetAt(shown);
    return shown - (guess === 0 ? 0 : this.offsetAt(shown - guess));
  }

  /** RFC 3339 in whole seconds, as Go writes a time of this zone. */
  format(time: number): string {
    const offset = this.offsetAt(time);
    const shown = new Date(time + offset).toISOString().slice(0, 19);
    if (offset === 0) return `${shown}Z`;
    const minutes = Math.floor(Math.abs(offset) / 60_000);
    const two = (value: number): string => String(value).padStart(2, '0');
    return `${shown}${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  }
}
