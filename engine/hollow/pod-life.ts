import type { PodWishes } from './annotations.ts';

type RestartPolicy = 'Always' | 'OnFailure' | 'Never';

/** What the containers of a Pod are doing. Times are UNIX milliseconds. */
export type ContainersState =
  | { readonly kind: 'creating' }
  | { readonly kind: 'running'; readonly since: number; readonly restarts: number }
  | { readonly kind: 'backingOff'; readonly ended: Run; readonly restarts: number }
  | { readonly kind: 'ended'; readonly ended: Run; readonly restarts: number };

export interface Run {
  readonly start: number;
  readonly end: number;
}

export interface Moment {
  readonly state: ContainersState;
  /** when the state changes; missing when it never does by itself */
  readonly next?: number;
}

/** The kubelet waits 10 s before the first restart, then twice as long each time, up to 5 minutes. */
const FIRST_BACKOFF_MS = 10_000;
const MOST_BACKOFF_MS = 300_000;

/**
 * Where a Pod is in its life: containers are created, run, and end if they are to, and are
 * restarted as the Pod's policy says.
 * @param start when the kubelet took it up
 */
export function podLife(
  wishes: PodWishes,
  restartPolicy: RestartPolicy,
  start: number,
  now: number,
): Moment {
  let since = start + wishes.readyAfter;
  if (now < since) return { state: { kind: 'creating' }, next: since };
  const { runFor, exitCode } = wishes;
  for (let restarts = 0; ; restarts++) {
    if (runFor === undefined) return { state: { kind: 'running', since, restarts } };
    const end = since + runFor;
    if (now < end) return { state: { kind: 'running', since, restarts }, next: end };
    const ended = { start: since, end };
    const isRestarted =
      restartPolicy === 'Always' || (restartPolicy === 'OnFailure' && exitCode !== 0);
    if (!isRestarted) return { state: { kind: 'ended', ended, restarts } };
    since = end + Math.min(FIRST_BACKOFF_MS * 2 ** restarts, MOST_BACKOFF_MS);
    if (now < since) return { state: { kind: 'backingOff', ended, restarts }, next: since };
  }
}
