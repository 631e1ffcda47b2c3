import { describe, expect, it } from 'vitest';
import { formatTime } from '../time.ts';
import { parseSchedule, scheduleProblem } from './cron-schedule.ts';
import { TimeZone } from './time-zone.ts';

/** Schedule, a moment, and the next ones, as robfig/cron 3.0.1 finds them. */
const cases: readonly (readonly [string, string, readonly string[]])[] = [
  [
    '*/15 * * * *',
    '2026-11-26T10:07:31Z',
    ['2026-11-26T10:15:00Z', '2026-11-26T10:30:00Z', '2026-11-26T10:45:00Z'],
  ],
  [
    '30 6-16/4 * * 1-5',
    '2026-11-27T15:00:00Z',
    ['2026-11-30T06:30:00Z', '2026-11-30T10:30:00Z', '2026-11-30T14:30:00Z'],
  ],
  [
    '0 0 13 * 5',
    '2026-02-01T00:00:00Z',
    ['2026-02-06T00:00:00Z', '2026-02-13T00:00:00Z', '2026-02-20T00:00:00Z'],
  ],
  [
    '0 0 13 * *',
    '2026-02-13T00:00:00Z',
    ['2026-03-13T00:00:00Z', '2026-04-13T00:00:00Z', '2026-05-13T00:00:00Z'],
  ],
  [
    '0 0 */2 * 5',
    '2026-02-01T00:00:00Z',
    ['2026-02-03T00:00:00Z', '2026-02-05T00:00:00Z', '2026-02-06T00:00:00Z'],
  ],
  [
    '0 0 29 2 *',
    '2026-03-01T00:00:00Z',
    ['2028-02-29T00:00:00Z', '2032-02-29T00:00:00Z', '2036-02-29T00:00:00Z'],
  ],
  ['59 23 31 2 *', '2026-03-01T00:00:00Z', []],
  [
    '5,10 0/12 1 jan,JUL ?',
    '2026-07-01T12:05:00Z',
    ['2026-07-01T12:10:00Z', '2027-01-01T00:05:00Z', '2027-01-01T00:10:00Z'],
  ],
  [
    '@weekly',
    '2026-11-26T10:07:31Z',
    ['2026-11-29T00:00:00Z', '2026-12-06T00:00:00Z', '2026-12-13T00:00:00Z'],
  ],
  [
    '@monthly',
    '2026-12-31T23:59:59Z',
    ['2027-01-01T00:00:00Z', '2027-02-01T00:00:00Z', '2027-03-01T00:00:00Z'],
  ],
  [
    '@yearly',
    '2026-12-31T23:59:59Z',
    ['2027-01-01T00:00:00Z', '2028-01-01T00:00:00Z', '2029-01-01T00:00:00Z'],
  ],
  [
    '@hourly',
    '2026-12-31T23:00:00Z',
    ['2027-01-01T00:00:00Z', '2027-01-01T01:00:00Z', '2027-01-01T02:00:00Z'],
  ],
  [
    '@every 1h30m',
    '2026-12-31T23:00:07Z',
    ['2027-01-01T00:30:07Z', '2027-01-01T02:00:07Z', '2027-01-01T03:30:07Z'],
  ],
  [
    '@every 500ms',
    '2026-12-31T23:00:07Z',
    ['2026-12-31T23:00:08Z', '2026-12-31T23:00:09Z', '2026-12-31T23:00:10Z'],
  ],
  [
    'TZ=Europe/Berlin 30 2 * * *',
    '2026-03-28T00:00:00Z',
    ['2026-03-28T01:30:00Z', '2026-03-30T00:30:00Z', '2026-03-31T00:30:00Z'],
  ],
  [
    'TZ=Europe/Berlin 30 2 * * *',
    '2026-10-24T00:00:00Z',
    ['2026-10-24T00:30:00Z', '2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'],
  ],
  [
    'TZ=Europe/Berlin 0 * * * *',
    '2026-10-25T00:00:00Z',
    ['2026-10-25T01:00:00Z', '2026-10-25T02:00:00Z', '2026-10-25T03:00:00Z'],
  ],
  [
    'TZ=Europe/Berlin */30 2 * * *',
    '2026-10-24T23:00:00Z',
    ['2026-10-25T00:00:00Z', '2026-10-25T00:30:00Z', '2026-10-25T01:00:00Z'],
  ],
  [
    'TZ=America/New_York 15 1 * * *',
    '2026-10-31T00:00:00Z',
    ['2026-10-31T05:15:00Z', '2026-11-01T05:15:00Z', '2026-11-01T06:15:00Z'],
  ],
  [
    'TZ=America/New_York 0 3 8 3 *',
    '2026-03-07T00:00:00Z',
    ['2026-03-08T07:00:00Z', '2027-03-08T08:00:00Z', '2028-03-08T08:00:00Z'],
  ],
  [
    'TZ=America/Sao_Paulo 0 0 * * *',
    '2018-11-02T00:00:00Z',
    ['2018-11-02T03:00:00Z', '2018-11-03T03:00:00Z', '2018-11-05T02:00:00Z'],
  ],
  [
    'TZ=America/Sao_Paulo 0 9 5 * *',
    '2018-11-02T00:00:00Z',
    ['2018-11-05T11:00:00Z', '2018-12-05T11:00:00Z', '2019-01-05T11:00:00Z'],
  ],
  [
    'TZ=Asia/Kolkata 0 9 * * 1',
    '2026-11-26T10:07:31Z',
    ['2026-11-30T03:30:00Z', '2026-12-07T03:30:00Z', '2026-12-14T03:30:00Z'],
  ],
  [
    'CRON_TZ=Australia/Lord_Howe 45 1 * * 0',
    '2026-10-02T00:00:00Z',
    ['2026-10-03T15:15:00Z', '2026-10-03T15:45:00Z', '2026-10-10T14:45:00Z'],
  ],
  [
    'TZ=Pacific/Apia 0 12 * * *',
    '2011-12-28T00:00:00Z',
    ['2011-12-28T22:00:00Z', '2011-12-29T22:00:00Z', '2011-12-30T22:00:00Z'],
  ],
];

describe('schedules', () => {
  it.each(cases)('are due as robfig/cron says: %s after %s', (text, from, times) => {
    const schedule = parseSchedule(text);
    const found: string[] = [];
    let time: number | undefined = Date.parse(from);
    for (let count = 0; count < 3 && time !== undefined; count++) {
      time = schedule.next(time);
      if (time !== undefined) found.push(formatTime(time));
    }
    expect(found).toEqual(times);
  });

  it('say what is wrong with them', () => {
    const problems = ['* * * *', '61 * * * *', '@every soon', '@fortnightly', 'TZ=Nowhere @daily'];
    expect(problems.map(scheduleProblem)).toEqual([
      'expected exactly 5 fields, found 4: [* * * *]',
      'end of range (61) above maximum (59): 61',
      'failed to parse duration @every soon: time: invalid duration "soon"',
      'unrecognized descriptor: @fortnightly',
      'provided bad location Nowhere: unknown time zone Nowhere',
    ]);
    expect(scheduleProblem('*/5 8-18 * * mon-fri')).toBeUndefined();
  });
});

it('writes times with the offset of their zone', () => {
  const time = Date.parse('2026-11-26T10:07:31Z');
  const zones = ['UTC', 'Asia/Kolkata', 'America/New_York'].map((name) => new TimeZone(name));
  expect(zones.map((zone) => zone.format(time))).toEqual([
    '2026-11-26T10:07:31Z',
    '2026-11-26T15:37:31+05:30',
    '2026-11-26T05:07:31-05:00',
  ]);
});
