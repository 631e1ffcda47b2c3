/** What every lesson must stand: begun it is not done, its solutions do it, and a reset undoes it. */
import type { Lab, LabMachine } from '../engine/api/lab.ts';
import { systemClock } from '../engine/base/clock.ts';
import type { LessonOnDisk } from './course.node.ts';
import { LabWorld, type OnTerminal } from './lab-world.ts';
import { tasksOf, type Step } from './lesson.ts';
import { prepareLesson } from './lesson-files.ts';
import { OtherMachines } from './other-machines.ts';
import { machineOf, type Place } from './place.ts';
import { StepRun, type Verdicts } from './runner.ts';
import { press, solutionParts, type SolutionPart } from './solution.ts';

const MACHINE = 'drydock';

/** Milliseconds that a step's checks may take to see what its solution has done: a guard against hanging, on a busy computer too. */
const PATIENCE_MS = 120_000;

export interface StepReport {
  readonly step: string;
  /** milliseconds of its solution, and until the last check had seen it */
  readonly solvedMs: number;
  readonly seenMs: number;
}

/** Where lessons are tried. */
export interface Ground {
  /** A place as it is at the beginning of any lesson, whatever was done there before. */
  fresh(environment: LessonOnDisk['lesson']['environment']): Promise<Place>;
}

/**
 * Goes through a lesson as its solutions do.
 * @param onStep told of each step that was solved
 * @returns the ids of the steps that were solved
 * @throws an error that says which task did not do what it should, and what its check saw
 */
export async function tryLesson(
  ground: Ground,
  lesson: LessonOnDisk,
  onStep: (report: StepReport) => void = () => {},
): Promise<readonly string[]> {
  const steps = lesson.lesson.steps.filter((step) => tasksOf(step).length > 0);
  await attempt(ground, lesson, async (trial) => {
    for (const step of steps) onStep(await trial.solve(step));
  });
  await attempt(ground, lesson, async (trial) => {
    const [first] = steps;
    if (first !== undefined) await trial.expectOpen(first, 'after a reset');
  });
  return steps.map(({ id }) => id);
}

async function attempt(
  ground: Ground,
  lesson: LessonOnDisk,
  work: (trial: Attempt) => Promise<void>,
): Promise<void> {
  const { environment, id } = lesson.lesson;
  const place = await ground.fresh(environment);
  if (place.kind === 'machine' && environment.kind === 'machine')
    await place.others.begin(id, environment.others);
  await prepareLesson(place, { ...lesson, id });
  const trial = new Attempt(place, lesson);
  try {
    await work(trial);
  } finally {
    trial.end();
  }
}

/** Machines with Docker: a reset is a new machine, as in the page. */
export function machineGround(lab: Lab): Ground {
  return {
    async fresh(environment) {
      if (environment.kind !== 'machine') throw new RangeError('This lesson needs a cluster.');
      const { profile } = environment;
      for (const { name } of lab.machines()) if (name !== MACHINE) await lab.removeMachine(name);
      const machine = lab.machines().some(({ name }) => name === MACHINE)
        ? await lab.resetMachine(MACHINE, 'restore', profile)
        : await lab.addMachine({ name: MACHINE, profile, start: 'restore' });
      return { kind: 'machine', machine, others: new OtherMachines(lab, systemClock) };
    },
  };
}

class Attempt {
  readonly #place: Place;
  readonly #lesson: LessonOnDisk;
  readonly #world: LabWorld;
  readonly #terminalListeners = new Set<(text: string) => void>();

  constructor(place: Place, lesson: LessonOnDisk) {
    this.#place = place;
    this.#lesson = lesson;
    const onTerminal: OnTerminal = (listener) => {
      this.#terminalListeners.add(listener);
      return () => this.#terminalListeners.delete(listener);
    };
    this.#world = new LabWorld(place, onTerminal, systemClock);
  }

  end(): void {
    this.#world.dispose();
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
      for (const block of step.blocks)
        if (block.kind === 'machine') await this.#startMachine(block.name);
      for (const part of solutionParts(this.#lesson.solutions[step.id] ?? ''))
        await this.#do(part, step);
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

  /** As the button in the text does. */
  async #startMachine(name: string): Promise<void> {
    if (this.#place.kind === 'machine') await this.#place.others.start(name);
  }

  async #do(part: SolutionPart, step: Step): Promise<void> {
    if (part.kind === 'shell')
      return this.#shell(machineOf(this.#place, part.node), part.lines, step);
    if (this.#place.kind !== 'cluster') throw new RangeError('There is no cluster panel here.');
    return press(this.#place.cluster, part.button, part.node);
  }

  /** In a login shell with a terminal, as a learner would type it. */
  async #shell(machine: LabMachine, lines: string, step: Step): Promise<void> {
    const script = `/tmp/${step.id}.sh`;
    await machine.files.write(script, new TextEncoder().encode(lines));
    const terminal = await machine.openTerminal({ rows: 24, cols: 200 });
    let printed = '';
    const decoder = new TextDecoder();
    const reading = terminal.stream.readable.pipeTo(
      new WritableStream<Uint8Array>({
        write: (chunk) => {
          const text = decoder.decode(chunk, { stream: true });
          printed += text;
          for (const listener of this.#terminalListeners) listener(text);
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
