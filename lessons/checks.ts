/**
 * What tells that a task is done: a question about the world, and the events that make asking it again
 * worthwhile. Checks look at outcomes, never at the commands that somebody typed.
 */
import type { Stop } from '../engine/api/lab.ts';

export interface Outcome {
  /** `failed`: something is there and is wrong; `waiting`: nothing is there yet */
  readonly state: 'waiting' | 'failed' | 'passed';
  /** for the learner: what was seen, and what was expected */
  readonly reason: string;
}

/** Without a state of its own there are `error`s too: a check that threw or ran out of time. */
export type Verdict = Outcome | { readonly state: 'error'; readonly reason: string };

export const passed = (reason: string): Outcome => ({ state: 'passed', reason });
export const failed = (reason: string): Outcome => ({ state: 'failed', reason });
export const waiting = (reason: string): Outcome => ({ state: 'waiting', reason });

/** What may have changed when something happened. */
export type Trigger =
  /** the Docker engine told of a container, an image, a network or a volume */
  | { readonly kind: 'docker' }
  /** somebody typed, or a program printed, in a terminal */
  | { readonly kind: 'terminal' }
  /** a file below this directory of the machine changed */
  | { readonly kind: 'files'; readonly path: string };

export interface Check {
  /** `edge`: passes once and stays so; `level`: may fall back */
  readonly kind: 'edge' | 'level';
  readonly triggers: readonly Trigger[];
  evaluate(world: LessonWorld): Promise<Outcome>;
}

/** By id of the task. Each is made anew for everybody who begins the step, so it may remember what it saw. */
export type Checks = Readonly<Record<string, () => Check>>;

export interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What checks may look at. */
export interface LessonWorld {
  /** A program in the machine, as root. It costs the emulated processor: read files where that tells as much. */
  run(...argv: readonly string[]): Promise<RunResult>;
  /** Text of a file of the machine; undefined when there is none. */
  readFile(path: string): Promise<string | undefined>;
  /** Names in a directory of the machine; none when there is no such directory. */
  list(path: string): Promise<readonly string[]>;
  /** The Docker engine's answer to a GET of its API, such as `/containers/json`; undefined where it answers 404. */
  docker<Answer>(path: string): Promise<Answer | undefined>;
  /** A page that a published port of the machine serves; undefined when nothing answers. */
  page(
    port: number,
    path?: string,
  ): Promise<{ readonly status: number; readonly text: string } | undefined>;
  on(trigger: Trigger, listener: () => void): Stop;
}

/** Passes once the facts hold, and stays passed. */
export function edge(triggers: readonly Trigger[], evaluate: Check['evaluate']): () => Check {
  return () => ({ kind: 'edge', triggers, evaluate });
}

/** Passes as long as the facts hold. */
export function level(triggers: readonly Trigger[], evaluate: Check['evaluate']): () => Check {
  return () => ({ kind: 'level', triggers, evaluate });
}

/**
 * Passes when something that was there is gone: it has to be seen before it can be missed.
 * @param isThere whether it is there now
 */
export function gone(
  triggers: readonly Trigger[],
  what: string,
  isThere: (world: LessonWorld) => Promise<boolean>,
): () => Check {
  return () => {
    let seen = false;
    return {
      kind: 'edge',
      triggers,
      async evaluate(world) {
        if (await isThere(world)) {
          seen = true;
          return waiting(`${what} is still there.`);
        }
        return seen ? passed(`${what} is gone.`) : waiting(`${what} has not been there yet.`);
      },
    };
  };
}
