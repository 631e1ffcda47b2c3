import { messageOf } from '../engine/base/message-of.ts';
import { sleep, type Clock } from '../engine/base/clock.ts';
import type { Stop } from '../engine/api/lab.ts';
import type { Check, Checks, LessonWorld, Verdict } from './checks.ts';

/** Milliseconds that events are gathered for before a check is asked again. */
const GATHER_MS = 80;
/** Milliseconds after which it is asked again: what an event began, such as a server's start, shows its effect later. */
const LATER_MS = [300, 1000, 3000];
/** Milliseconds between questions from then on: no event tells that a slow server has begun to answer. */
const SLOWLY_MS = 10_000;
/** Milliseconds after which a check that does not answer counts as an error. */
const PATIENCE_MS = 20_000;

export type Verdicts = Readonly<Record<string, Verdict>>;

const NOT_ASKED: Verdict = { state: 'waiting', reason: 'Not looked at yet.' };

/** Watches the checks of one step for as long as it is open. */
export class StepRun {
  readonly #world: LessonWorld;
  readonly #clock: Clock;
  readonly #checks: readonly (readonly [id: string, check: Check])[];
  readonly #onVerdicts: (verdicts: Verdicts) => void;
  readonly #isWatched: () => boolean;
  readonly #stop = new AbortController();
  readonly #stops: Stop[] = [];
  readonly #asking = new Set<string>();
  readonly #askAgain = new Set<string>();
  /** checks that wait to be asked again, and what ends the wait */
  readonly #wake = new Map<string, AbortController>();
  #verdicts: Verdicts;

  /** @param onVerdicts told of all of them whenever one changes */
  constructor(options: {
    readonly world: LessonWorld;
    readonly clock: Clock;
    readonly checks: Checks;
    /** ids of the tasks that passed before and stay so */
    readonly done?: readonly string[];
    readonly onVerdicts: (verdicts: Verdicts) => void;
    /** whether anybody looks; otherwise only events have it ask */
    readonly isWatched?: () => boolean;
  }) {
    const { world, clock, checks, done = [], onVerdicts, isWatched = () => true } = options;
    this.#world = world;
    this.#clock = clock;
    this.#checks = Object.entries(checks).map(([id, make]) => [id, make()] as const);
    this.#onVerdicts = onVerdicts;
    this.#isWatched = isWatched;
    this.#verdicts = Object.fromEntries(
      this.#checks.map(([id, { kind }]) => [
        id,
        kind === 'edge' && done.includes(id)
          ? { state: 'passed', reason: 'Done before.' }
          : NOT_ASKED,
      ]),
    );
  }

  get verdicts(): Verdicts {
    return this.#verdicts;
  }

  /** Every task is done: all edges have passed, and all levels hold together. */
  get complete(): boolean {
    return Object.values(this.#verdicts).every(({ state }) => state === 'passed');
  }

  start(): void {
    for (const [id, check] of this.#checks) {
      for (const trigger of check.triggers)
        this.#stops.push(this.#world.on(trigger, () => void this.#ask(id, check, GATHER_MS)));
    }
    this.checkNow();
  }

  /** Asks everything that has not passed for good. */
  checkNow(): void {
    for (const [id, check] of this.#checks) void this.#ask(id, check, 0);
  }

  stop(): void {
    this.#stop.abort();
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** One question at a time for each check; what happens meanwhile makes it ask once more, and what has not passed is asked again later. */
  async #ask(id: string, check: Check, after: number): Promise<void> {
    if (this.#isSettled(id, check)) return;
    if (this.#asking.has(id)) {
      this.#askAgain.add(id);
      this.#wake.get(id)?.abort();
      return;
    }
    this.#asking.add(id);
    try {
      if (after > 0) await sleep(this.#clock, after, this.#stop.signal);
      for (let later = 0; !this.#isSettled(id, check);) {
        this.#askAgain.delete(id);
        this.#tell(id, await this.#evaluate(check));
        if (this.#askAgain.has(id)) later = 0;
        else if (this.#verdicts[id]?.state === 'passed') break;
        else await this.#wait(id, LATER_MS[later++]);
      }
    } catch {
      // The step was left.
    } finally {
      this.#asking.delete(id);
    }
  }

  /** Waits so long, or until something happens, and in any case until somebody looks. */
  async #wait(id: string, milliseconds = SLOWLY_MS): Promise<void> {
    const woken = new AbortController();
    const signal = AbortSignal.any([woken.signal, this.#stop.signal]);
    this.#wake.set(id, woken);
    try {
      do await sleep(this.#clock, milliseconds, signal);
      while (!this.#isWatched());
    } catch {
      await sleep(this.#clock, GATHER_MS, this.#stop.signal);
    } finally {
      this.#wake.delete(id);
    }
  }

  #isSettled(id: string, { kind }: Check): boolean {
    return this.#stop.signal.aborted || (kind === 'edge' && this.#verdicts[id]?.state === 'passed');
  }

  async #evaluate(check: Check): Promise<Verdict> {
    const patience = new AbortController();
    const tooLong = sleep(
      this.#clock,
      PATIENCE_MS,
      AbortSignal.any([patience.signal, this.#stop.signal]),
    ).then((): Verdict => ({
      state: 'error',
      reason: `The check has not answered within ${PATIENCE_MS / 1000} seconds. Is the machine busy? It is asked again when something happens.`,
    }));
    try {
      const answer = check.evaluate(this.#world).catch((error: unknown): Verdict => ({
        state: 'error',
        reason: `The check itself failed: ${messageOf(error)}`,
      }));
      return await Promise.race([answer, tooLong]);
    } finally {
      patience.abort();
      tooLong.catch(() => {});
    }
  }

  #tell(id: string, verdict: Verdict): void {
    if (this.#stop.signal.aborted) return;
    const before = this.#verdicts[id];
    if (before?.state === verdict.state && before.reason === verdict.reason) return;
    this.#verdicts = { ...this.#verdicts, [id]: verdict };
    this.#onVerdicts(this.#verdicts);
  }
}
