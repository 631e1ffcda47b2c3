/** Runs a container's health check on its schedule and keeps what `docker inspect` shows of it. */
import { messageOf } from '../../base/message-of.ts';
import { sleep, type Clock } from '../../base/clock.ts';
import { goDuration } from '../../base/go-duration.ts';
import { goTime } from '../../base/go-format.ts';
import type { Healthcheck } from './container-config.ts';

export type HealthStatus = 'starting' | 'healthy' | 'unhealthy';

export interface Health {
  readonly Status: HealthStatus;
  readonly FailingStreak: number;
  readonly Log: readonly {
    readonly Start: string;
    readonly End: string;
    readonly ExitCode: number;
    readonly Output: string;
  }[];
}

/** Runs the check to its end, or kills it at the signal, with at most so much output kept. Throws what keeps it from running. */
export type Probe = (
  args: readonly string[],
  signal: AbortSignal,
) => Promise<{ readonly code: number; readonly output: string }>;

/** Defaults of dockerd, milliseconds. */
const INTERVAL = 30_000;
const TIMEOUT = 30_000;
const RETRIES = 3;
/** Results kept. */
const KEPT = 5;
const NANOSECONDS = 1e6;

/** The command line of a check; undefined when there is none (`NONE`, or nothing said). */
export function probeCommand(
  check: Healthcheck | undefined,
  shell: readonly string[] | undefined,
): readonly string[] | undefined {
  const [kind, ...rest] = check?.Test ?? [];
  if (kind === 'CMD') return rest;
  if (kind === 'CMD-SHELL') return [...(shell ?? ['/bin/sh', '-c']), rest[0] ?? ''];
  return undefined;
}

/** The health of one container, over all its starts. */
export class HealthMonitor {
  readonly #clock: Clock;
  readonly #check: Healthcheck;
  readonly #args: readonly string[];
  readonly #probe: Probe;
  readonly #onStatus: (status: HealthStatus) => void;
  #stop = new AbortController();
  #startedAt = 0;
  #health: Health = { Status: 'starting', FailingStreak: 0, Log: [] };

  constructor(
    clock: Clock,
    check: Healthcheck,
    args: readonly string[],
    probe: Probe,
    onStatus: (status: HealthStatus) => void,
  ) {
    this.#clock = clock;
    this.#check = check;
    this.#args = args;
    this.#probe = probe;
    this.#onStatus = onStatus;
  }

  get health(): Health {
    return this.#health;
  }

  /** For a container that was just started, or found running. @param startedAt UNIX milliseconds */
  begin(startedAt: number): void {
    this.#startedAt = startedAt;
    this.#health = { Status: 'starting', FailingStreak: 0, Log: this.#health.Log };
    this.resume();
  }

  /** Goes on checking after `stop`, with what was found before. */
  resume(): void {
    this.#stop.abort();
    this.#stop = new AbortController();
    void this.#run(this.#stop.signal);
  }

  stop(): void {
    this.#stop.abort();
  }

  async #run(stop: AbortSignal): Promise<void> {
    try {
      for (;;) {
        await sleep(this.#clock, this.#interval(), stop);
        await this.#once(stop);
      }
    } catch (error) {
      if (!stop.aborted) throw error;
    }
  }

  #interval(): number {
    const { Interval, StartInterval } = this.#check;
    const starts = this.#health.Status === 'starting' && this.#inStartPeriod(this.#clock.now());
    return ((starts && StartInterval) || Interval || INTERVAL * NANOSECONDS) / NANOSECONDS;
  }

  #inStartPeriod(time: number): boolean {
    return time - this.#startedAt < (this.#check.StartPeriod ?? 0) / NANOSECONDS;
  }

  async #once(stop: AbortSignal): Promise<void> {
    const timeout = (this.#check.Timeout || TIMEOUT * NANOSECONDS) / NANOSECONDS;
    const begin = this.#clock.now();
    const limit = new AbortController();
    const expire = (): void => {
      this.#record(stop, begin, {
        code: -1,
        output: `Health check exceeded timeout (${goDuration(timeout)})`,
      });
      limit.abort();
    };
    const timer = this.#clock.setTimer(expire, timeout);
    const cancel = (): void => limit.abort();
    stop.addEventListener('abort', cancel, { once: true });
    try {
      // One that does not end in time is waited for nevertheless: they must not pile up.
      const result = await this.#probe(this.#args, limit.signal);
      if (!limit.signal.aborted) this.#record(stop, begin, result);
    } catch (error) {
      if (!limit.signal.aborted) {
        const output = messageOf(error);
        this.#record(stop, begin, { code: -1, output });
      }
    } finally {
      timer.dispose();
      stop.removeEventListener('abort', cancel);
    }
  }

  #record(
    stop: AbortSignal,
    begin: number,
    { code, output }: { readonly code: number; readonly output: string },
  ): void {
    if (stop.aborted) return;
    const { Status: before, FailingStreak, Log } = this.#health;
    const entry = {
      Start: goTime(begin),
      End: goTime(this.#clock.now()),
      ExitCode: code,
      Output: output,
    };
    // Failures while it starts do not count, until it was healthy once.
    const inStartPeriod = before === 'starting' && this.#inStartPeriod(begin);
    const streak = code === 0 ? 0 : FailingStreak + (inStartPeriod ? 0 : 1);
    const failed = !inStartPeriod && streak >= (this.#check.Retries || RETRIES);
    const status = code === 0 ? 'healthy' : failed ? 'unhealthy' : before;
    this.#health = { Status: status, FailingStreak: streak, Log: [...Log, entry].slice(-KEPT) };
    if (status !== before) this.#onStatus(status);
  }
}
