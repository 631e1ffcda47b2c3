/** What every lesson must stand: begun it is not done, its solutions do it, and a reset undoes it. */
import type { Lab, LabMachine, Stop } from '../engine/api/lab.ts';
import { systemClock } from '../engine/base/clock.ts';
import type { LessonOnDisk } from './course.node.ts';
import { LabWorld } from './lab-world.ts';
import { tasksOf, type Step } from './lesson.ts';
import { putLessonFiles } from './lesson-files.ts';
import { StepRun, type Verdicts } from './runner.ts';

const MACHINE = 'drydock';

/** Milliseconds that a step's checks may take to see what its solution has done: a guard against hanging, on a busy computer too. */
const PATIENCE_MS = 240_000;

export interface StepReport {
  readonly step: string;
  /** milliseconds of its solution, and until the last check had seen it */
  readonly solvedMs: number;
  readonly seenMs: number;
}

/**
 * Goes through a lesson as its solutions do.
 * @param onStep told of each step that was solved
 * @returns the ids of the steps that were solved
 * @throws an error that says which task did not do what it should, and what its check saw
 */
export async function tryLesson(
  lab: Lab,
  lesson: LessonOnDisk,
  onStep: (report: StepReport) => void = () => {},
): Promise<readonly string[]> {
  const attempt = new Attempt(await begin(lab, lesson), lesson);
  const steps = lesson.lesson.steps.filter((step) => tasksOf(step).length > 0);
  for (const step of steps) onStep(await attempt.solve(step));
  const again = new Attempt(await begin(lab, lesson), lesson);
  const [first] = steps;
  if (first !== undefined) await again.expectOpen(first, 'after a reset');
  return steps.map(({ id }) => id);
}

/** A machine as it is at the beginning of the lesson. */
async function begin(lab: Lab, { lesson, files }: LessonOnDisk): Promise<LabMachine> {
  const profile = lesson.environment.machine;
  const machine = lab.machines().some(({ name }) => name === MACHINE)
    ? await lab.resetMachine(MACHINE, 'restore', profile)
    : await lab.addMachine({ name: MACHINE, profile, start: 'restore' });
  await putLessonFiles(machine, lesson.id, files);
  return machine;
}

class Attempt {
  readonly #machine: LabMachine;
  readonly #lesson: LessonOnDisk;
  readonly #world: LabWorld;
  readonly #terminalListeners = new Set<() => void>();

  constructor(machine: LabMachine, lesson: LessonOnDisk) {
    this.#machine = machine;
    this.#lesson = lesson;
    this.#world = new LabWorld(machine, (listener): Stop => {
      this.#terminalListeners.add(listener);
      return () => this.#terminalListeners.delete(listener);
    });
  }

  /** No check of the step breaks, and not all have passed. */
  async expectOpen(step: Step, when: string): Promise<void> {
    const { run, until } = this.#watch(step);
    try {
      const verdicts = await until((all) =>
        Object.values(all).every(({ reason }) => reason !== 'Not looked at yet.'),
      );
      expectNoErrors(verdicts, step);
      if (run.complete)
        throw new Error(`Step “${step.id}” is done ${when}, although nobody did anything.`);
    } finally {
      run.stop();
    }
  }

  async solve(step: Step): Promise<StepReport> {
    await this.expectOpen(step, 'when it is begun');
    const { run, until } = this.#watch(step);
    try {
      const started = systemClock.monotonic();
      await this.#shell(this.#lesson.solutions[step.id] ?? '', step);
      const solved = systemClock.monotonic();
      await until(() => run.complete);
      return {
        step: step.id,
        solvedMs: solved - started,
        seenMs: systemClock.monotonic() - solved,
      };
    } finally {
      run.stop();
    }
  }

  #watch(step: Step) {
    const { checks } = this.#lesson;
    let check = (): void => {};
    const run = new StepRun({
      world: this.#world,
      clock: systemClock,
      checks: Object.fromEntries(
        tasksOf(step).flatMap(({ id }) => {
          const make = checks[id];
          return make === undefined ? [] : [[id, make]];
        }),
      ),
      onVerdicts: () => check(),
    });
    run.start();
    const until = (holds: (verdicts: Verdicts) => boolean): Promise<Verdicts> =>
      new Promise((resolve, reject) => {
        const timer = systemClock.setTimer(
          () => reject(new Error(`Step “${step.id}” does not get on:\n${told(run.verdicts)}`)),
          PATIENCE_MS,
        );
        check = () => {
          if (!holds(run.verdicts)) return;
          timer.dispose();
          resolve(run.verdicts);
        };
        check();
      });
    return { run, until };
  }

  /** In a login shell with a terminal, as a learner would type it. */
  async #shell(lines: string, step: Step): Promise<void> {
    const script = `/tmp/${step.id}.sh`;
    await this.#machine.files.write(script, new TextEncoder().encode(lines));
    const terminal = await this.#machine.openTerminal({ rows: 24, cols: 200 });
    let printed = '';
    const decoder = new TextDecoder();
    const reading = terminal.stream.readable.pipeTo(
      new WritableStream<Uint8Array>({
        write: (chunk) => {
          printed += decoder.decode(chunk, { stream: true });
          for (const listener of this.#terminalListeners) listener();
        },
      }),
    );
    const keyboard = terminal.stream.writable.getWriter();
    await keyboard.write(new TextEncoder().encode(`. ${script}; exit $?\r`));
    const { code } = await terminal.exited;
    await reading.catch(() => {});
    if (code !== 0)
      throw new Error(`The solution of step “${step.id}” ended with status ${code}:\n${printed}`);
  }
}

function expectNoErrors(verdicts: Verdicts, step: Step): void {
  if (Object.values(verdicts).some(({ state }) => state === 'error'))
    throw new Error(`A check of step “${step.id}” is broken:\n${told(verdicts)}`);
}

function told(verdicts: Verdicts): string {
  return Object.entries(verdicts)
    .map(([id, { state, reason }]) => `  ${id}: ${state}: ${reason}`)
    .join('\n');
}
