/** Runs a container's health check on its schedule and keeps what `docker inspect` shows of it. */
import { sleep, type Clock } from '../../base/clock.ts';
import type { ExitStatus } from '../../api/agent.ts';
import { goTime } from '../go-format.ts';
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

export interface Probe {
  /** Runs the check to its end, with at most so much output kept. */
  run(
    args: readonly string[],
    signal: AbortSignal,
  ): Promise<{ readonly exit: ExitStatus; readonly output: string }>;
}

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

export class HealthMonitor {
  readonly #clock: Clock;
  readonly #check: Healthcheck;
  readonly #probe: Probe;
  readonly #onStatus: (status: HealthStatus) => void;
  readonly #stop = new AbortController();
  #health: Health = { Status: 'starting', FailingStreak: 0, Log: [] };

  constructor(
    clock: Clock,
    check: Healthcheck,
    probe: Probe,
    onStatus: (status: HealthStatus) => void,
  ) {
    this.#clock = clock;
    this.#check = check;
    this.#probe = probe;
    this.#onStatus = onStatus;
  }

  get health(): Health {
    return this.#health;
  }

  stop(): void {
    this.#stop.abort(new Error('the container has stopped'));
  }

  /** Checks until stopped; resolves then. */
  async run(args: readonly string[]): Promise<void> {
    const started = this.#clock.now();
    const interval = (this.#check.Interval || INTERVAL * NANOSECONDS) / NANOSECONDS;
    const { signal } = this.#stop;
    try {
      for (;;) {
        await sleep(this.#clock, interval, signal);
        await this.#once(args, started);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #once(args: readonly string[], started: number): Promise<void> {
    const timeout = (this.#check.Timeout || TIMEOUT * NANOSECONDS) / NANOSECONDS;
    const begin = this.#clock.now();
    const limit = new AbortController();
    const timer = this.#clock.setTimer(() => limit.abort(), timeout);
    const cancel = (): void => limit.abort();
    this.#stop.signal.addEventListener('abort', cancel, { once: true });
    let code = -1;
    let output = `Health check exceeded timeout (${timeout / 1000}s)`;
    try {
      const expired = new Promise<undefined>((resolve) =>
        limit.signal.addEventListener('abort', () => resolve(undefined), { once: true }),
      );
      const result = await Promise.race([this.#probe.run(args, limit.signal), expired]);
      if (result !== undefined) [code, output] = [result.exit.code, result.output];
    } catch (error) {
      output = error instanceof Error ? error.message : String(error);
    } finally {
      timer.dispose();
      this.#stop.signal.removeEventListener('abort', cancel);
    }
    if (!this.#stop.signal.aborted)
      this.#record({
        begin,
        code,
        output,
        inStartPeriod: begin - started < (this.#check.StartPeriod ?? 0) / NANOSECONDS,
      });
  }

  #record(result: {
    readonly begin: number;
    readonly code: number;
    readonly output: string;
    readonly inStartPeriod: boolean;
  }): void {
    const { Status: before, FailingStreak, Log } = this.#health;
    const entry = {
      Start: goTime(result.begin),
      End: goTime(this.#clock.now()),
      ExitCode: result.code,
      Output: result.output,
    };
    const ok = result.code === 0;
    // Failures while it starts do not count, until it was healthy once.
    const counts = !ok && !(result.inStartPeriod && before === 'starting');
    const streak = ok ? 0 : FailingStreak + (counts ? 1 : 0);
    const status = ok
      ? 'healthy'
      : streak >= (this.#check.Retries || RETRIES)
        ? 'unhealthy'
        : before;
    this.#health = { Status: status, FailingStreak: streak, Log: [...Log, entry].slice(-KEPT) };
    if (status !== before) this.#onStatus(status);
  }
}
