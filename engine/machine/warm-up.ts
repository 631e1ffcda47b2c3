import type { ProfileName } from '../api/machine.ts';
import { sleep, type Clock } from '../base/clock.ts';

/** What is warmed up: a way to run programs, and how long the guest has been busy so far, in milliseconds. */
export interface WarmUpTarget {
  /** Fetches what the programs will read from the disk. */
  fetch(): Promise<void>;
  run(argv: readonly string[]): Promise<unknown>;
  readonly busy: number;
}

/** The guest counts as idle when it was busy for less than a fifth of this, in milliseconds. */
const WATCH_MS = 250;
const BUSY_SHARE = 0.2;
/** By then a prompt is there, and nothing that it needs is delayed. In milliseconds. */
const FETCH_AFTER_MS = 1500;
/** A guest that is never idle is being used, and warms up by that. In milliseconds. */
const GIVE_UP_MS = 60_000;

const SHELL = ['bash', '-lc', 'ls -la --color=auto / >/dev/null'];
/** Twice: v86 compiles a page of code when it has run for a while. */
const DOCKER = ['sh', '-c', 'test ! -S /var/run/docker.sock || docker ps'];
/** Once, and only where somebody has rights to use it. It starts as every command of kubectl does, and asks no one. */
const KUBECTL = ['sh', '-c', 'test ! -e /etc/kubernetes/admin.conf || kubectl version --client'];

/** What a learner is likely to type first. */
const COMMANDS: Readonly<Record<ProfileName, readonly (readonly string[])[]>> = {
  bare: [SHELL],
  node: [SHELL, KUBECTL],
  docker: [SHELL, DOCKER, DOCKER],
  'docker-reference': [SHELL, DOCKER, DOCKER],
};

async function idle(target: WarmUpTarget, clock: Clock, signal: AbortSignal): Promise<void> {
  for (;;) {
    const before = target.busy;
    await sleep(clock, WATCH_MS, signal);
    if (target.busy - before < WATCH_MS * BUSY_SHARE) return;
  }
}

/**
 * Runs the tools of a profile once, at the lowest priority and only while the guest has nothing else
 * to do: v86 starts without compiled code, and a large program's first run takes several times as long
 * as the next. Ends when done, when the signal aborts, or when the guest is not idle for long.
 */
export async function warmUp(
  target: WarmUpTarget,
  profile: ProfileName,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const began = clock.monotonic();
  // The network is idle also while the guest is not.
  await sleep(clock, FETCH_AFTER_MS, signal);
  const fetched = target.fetch();
  await idle(target, clock, signal);
  await fetched;
  for (const command of COMMANDS[profile]) {
    await idle(target, clock, signal);
    if (clock.monotonic() - began > GIVE_UP_MS) return;
    await target.run(['nice', '-n', '19', ...command]);
  }
}
