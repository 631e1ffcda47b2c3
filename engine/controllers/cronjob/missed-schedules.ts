import type { CronSchedule } from '../../objects/cron/cron-schedule.ts';
import type { CronJob } from '../../objects/generated/batch-v1.generated.ts';

/** Milliseconds by which it is looked a little later than it is due, so that it is due then. */
const DELTA_MS = 100;
/** More than that were missed by a mistake, such as a clock that is wrong. */
const MANY = 100;

/** What was due last. */
export interface RecentSchedule {
  /** UNIX milliseconds: nothing that was due before is looked at */
  readonly earliest: number;
  /** UNIX milliseconds; undefined when nothing was due since `earliest` */
  readonly mostRecent: number | undefined;
  readonly missed: 'none' | 'few' | 'many';
}

/** A schedule whose moments are not apart, or that is never due. */
export class UselessScheduleError extends Error {
  readonly code = 'USELESS_SCHEDULE';

  constructor() {
    super('time difference between two schedules is less than 1 second');
    this.name = 'UselessScheduleError';
  }
}

/**
 * What was due between the last Job (or the creation) and now (upstream's `mostRecentScheduleTime`). How
 * many were missed is estimated, not counted: they may be millions.
 * @param withDeadline what is too late by `startingDeadlineSeconds` does not count
 * @throws UselessScheduleError
 */
export function recentSchedule(
  { metadata, spec, status }: CronJob,
  schedule: CronSchedule,
  now: number,
  withDeadline: boolean,
): RecentSchedule {
  const { startingDeadlineSeconds } = spec;
  let earliest = Date.parse(status?.lastScheduleTime ?? metadata.creationTimestamp ?? '');
  if (withDeadline && startingDeadlineSeconds !== undefined)
    earliest = Math.max(earliest, now - startingDeadlineSeconds * 1000);
  const first = schedule.next(earliest);
  const second = first === undefined ? undefined : schedule.next(first);
  if (first !== undefined && now < first)
    return { earliest, mostRecent: undefined, missed: 'none' };
  if (second !== undefined && now < second) return { earliest, mostRecent: first, missed: 'none' };
  if (first === undefined || second === undefined) throw new UselessScheduleError();
  const seconds = Math.round((second - first) / 1000);
  if (seconds < 1) throw new UselessScheduleError();
  const missed = Math.floor(Math.floor((now - first) / 1000) / seconds) + 1;
  // One before what would be the last if all were as far apart as the first two.
  let mostRecent: number | undefined;
  let next = schedule.next(first + (missed - 2) * seconds * 1000);
  while (next !== undefined && next <= now) {
    mostRecent = next;
    next = schedule.next(next);
  }
  return { earliest, mostRecent, missed: missed > MANY ? 'many' : 'few' };
}

/** Milliseconds until it is due again. */
export function untilNextSchedule(cronJob: CronJob, schedule: CronSchedule, now: number): number {
  const next = schedule.next(lastLookedAt(cronJob, schedule, now)) ?? now;
  return next + DELTA_MS - now;
}

function lastLookedAt(cronJob: CronJob, schedule: CronSchedule, now: number): number {
  try {
    const { earliest, mostRecent, missed } = recentSchedule(cronJob, schedule, now, false);
    return mostRecent ?? (missed === 'none' ? earliest : now);
  } catch (error) {
    if (error instanceof UselessScheduleError) return now;
    throw error;
  }
}
