import type { pageClock } from '../../../engine/cluster/index.ts';
import { LabWorld } from '../../../lessons/lab-world.ts';
import { tasksOf, type Lesson, type Step } from '../../../lessons/lesson.ts';
import { lessonFolder, prepareLesson } from '../../../lessons/lesson-files.ts';
import { CONTROL_PLANE, machineOf, type Place } from '../../../lessons/place.ts';
import { StepRun, type Verdicts } from '../../../lessons/runner.ts';
import { openFilesOf } from '../editor/open-files.ts';
import { takeArrival } from '../share/arrivals.ts';
import { onTerminalOutput, typeInTerminal } from '../terminal/terminal-access.ts';
import type { LessonParts } from './course.ts';
import type { LessonRecord } from './progress.ts';
import { takeStart, type StepStart } from './step-start.ts';
import { messageOf } from '../../ui/message-of.ts';

/** Milliseconds after which a step on a cluster has begun: what is saved then, as images were waited for, is not its beginning any more. */
const LATE_MS = 20_000;

export interface OpenLessonState {
  readonly step: Step;
  readonly index: number;
  readonly verdicts: Verdicts;
  /** what went wrong and what that means, for people */
  readonly problem?: string;
  /** what the step can be begun anew from, once that is saved */
  readonly start?: StepStart | 'not saved';
  /** it begins anew: its place goes back, and is another one soon */
  readonly isGoingBack?: true;
}

export interface OpenLessonOptions {
  readonly parts: LessonParts;
  readonly place: Place;
  /** puts a machine's terminals before the learner */
  readonly showMachine: (name: string) => void;
  /** where to begin; where the learner was, or at the start, when absent or unknown */
  readonly stepId?: string | undefined;
  /** where its place has just gone back to */
  readonly restored?: StepStart | undefined;
  readonly progress: LessonRecord;
  readonly clock: typeof pageClock;
}

/** A lesson that somebody works on, beside a machine or a cluster. A store for `useSyncExternalStore`. */
export class OpenLesson {
  readonly lesson: Lesson;
  readonly #parts: LessonParts;
  readonly #place: Place;
  readonly #world: LabWorld;
  readonly #showMachine: (name: string) => void;
  readonly #progress: LessonRecord;
  readonly #clock: typeof pageClock;
  readonly #listeners = new Set<() => void>();
  #run: StepRun | undefined;
  #state: OpenLessonState;
  #isOver = false;
  #isKeeping = false;
  /** when the step that is shown was come to */
  #arrivedAt: number;
  /**
   * By step, as the machine was when one came there first. Of a cluster, whose start is as large as the memory of its machines, there is that of
   * the furthest step only.
   */
  readonly #starts = new Map<string, StepStart>();

  constructor(options: OpenLessonOptions) {
    const { parts, place, showMachine, stepId, restored, progress, clock } = options;
    this.lesson = parts.lesson;
    this.#progress = progress;
    this.#clock = clock;
    this.#arrivedAt = clock.monotonic();
    this.#parts = parts;
    this.#place = place;
    this.#showMachine = showMachine;
    this.#world = new LabWorld(place, onTerminalOutput, clock);
    const { steps, id } = parts.lesson;
    const wanted = steps.findIndex((one) => one.id === (stepId ?? progress.of(id).step));
    if (restored !== undefined) this.#starts.set(restored.step, restored);
    this.#state = this.#stateOf(Math.max(0, wanted));
  }

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = () => this.#state;

  get place(): Place {
    return this.#place;
  }

  /** The SVG of one of its pictures. */
  picture(file: string): string {
    return this.#parts.pictures[file] ?? '';
  }

  /** Puts the lesson's files there, and looks at the step's tasks from now on. */
  async start(): Promise<void> {
    const { id, open } = this.lesson;
    this.#showMachine(this.#machineName);
    this.#progress.change(id, { step: this.#state.step.id });
    await this.#beginOthers();
    if (this.#isOver) return;
    const shared = await this.takeShared();
    try {
      await prepareLesson(this.#place, { ...this.#parts, id });
    } catch (error) {
      this.#tell(`The lesson could not be set up: ${messageOf(error)}`);
    }
    if (this.#isOver) return;
    for (const path of [...open, ...shared])
      openFilesOf(this.#machineName).open(`/root/work/${path}`);
    this.#watch();
    void this.#keepStart();
  }

  /** Files that somebody shared, if any wait for this lesson. @returns their paths below /root/work */
  takeShared(): Promise<readonly string[]> {
    return takeArrival(this.lesson.id, machineOf(this.#place).files);
  }

  /** Everything of the lesson was done. */
  complete(): boolean {
    const { done } = this.#progress.of(this.lesson.id);
    return this.lesson.steps.flatMap(tasksOf).every(({ id }) => done.includes(id));
  }

  go(index: number): void {
    const { index: shown, isGoingBack } = this.#state;
    if (this.lesson.steps[index] === undefined || index === shown || isGoingBack) return;
    this.#set(this.#stateOf(index));
    this.#arrivedAt = this.#clock.monotonic();
    this.#progress.change(this.lesson.id, { step: this.#state.step.id });
    this.#watch();
    void this.#keepStart();
  }

  checkNow(): void {
    this.#run?.checkNow();
  }

  /** Puts a machine's terminals before the learner. */
  show(machine: string): void {
    this.#showMachine(machine);
  }

  /** Types the lines in the lesson's machine or another one, also when another one is shown. */
  run(text: string, node = this.#machineName): void {
    this.#showMachine(node);
    typeInTerminal(node, `${text}\r`);
  }

  /** Writes a file below /root/work and shows it. */
  async save(path: string, text: string): Promise<void> {
    const whole = `/root/work/${path}`;
    await machineOf(this.#place).files.write(whole, new TextEncoder().encode(`${text}\n`));
    this.#showMachine(this.#machineName);
    openFilesOf(this.#machineName).open(whole);
  }

  answered(quiz: string): void {
    const { answered } = this.#progress.of(this.lesson.id);
    if (!answered.includes(quiz))
      this.#progress.change(this.lesson.id, { answered: [...answered, quiz] });
  }

  /** Takes the lesson's folder away and forgets what was done; the machine itself stays. */
  async forget(): Promise<void> {
    this.#run?.stop();
    await machineOf(this.#place)
      .files.remove(lessonFolder(this.lesson.id))
      .catch(() => {});
    this.#progress.forget(this.lesson.id);
  }

  /**
   * Forgets what was done of the step that is shown, while its place goes back to its start: another `OpenLesson` goes on there.
   * @param goBack rejects when it is refused; then all is as it was, and the state says why
   */
  async beginStepAnew(goBack: () => Promise<unknown>): Promise<void> {
    this.#run?.stop();
    this.#set({ ...this.#state, isGoingBack: true });
    const { id } = this.lesson;
    const { done } = this.#progress.of(id);
    const tasks = tasksOf(this.#state.step).map((task) => task.id);
    this.#progress.change(id, { done: done.filter((task) => !tasks.includes(task)) });
    try {
      await goBack();
    } catch (error) {
      if (this.#isOver) return;
      this.#progress.change(id, { done });
      this.#set(this.#stateOf(this.#state.index));
      this.#tell(`The step could not be begun anew: ${messageOf(error)} Nothing was changed.`);
      this.#watch();
    }
  }

  dispose(): void {
    this.#isOver = true;
    this.#run?.stop();
    this.#world.dispose();
    this.#listeners.clear();
    // Those of a place that goes back are wanted there.
    if (this.#place.kind === 'machine' && !this.#state.isGoingBack) void this.#place.others.end();
  }

  async #beginOthers(): Promise<void> {
    const { id, environment } = this.lesson;
    if (this.#place.kind !== 'machine' || environment.kind !== 'machine') return;
    try {
      await this.#place.others.begin(id, environment.others);
    } catch (error) {
      this.#tell(`A machine beside the first one did not come back: ${messageOf(error)}`);
    }
  }

  get #machineName(): string {
    return this.#place.kind === 'cluster' ? CONTROL_PLANE : this.#place.machine.name;
  }

  #stateOf(index: number): OpenLessonState {
    const step = this.lesson.steps[index] ?? this.lesson.steps[0];
    if (step === undefined) throw new Error(`The lesson ${this.lesson.id} has no steps.`);
    const start =
      this.#starts.get(step.id) ?? (this.#isBeforeStart(index) ? 'not saved' : undefined);
    return { step, index, verdicts: {}, ...(start && { start }) };
  }

  /** Whether a cluster has the start of a later step: it was further already, and is no start of this one. */
  #isBeforeStart(index: number): boolean {
    const { steps } = this.lesson;
    const later = steps.slice(index + 1).some(({ id }) => this.#starts.has(id));
    return this.#place.kind === 'cluster' && later;
  }

  /** One save at a time: of steps that are only passed through, none. */
  async #keepStart(): Promise<void> {
    if (this.#isKeeping) return;
    this.#isKeeping = true;
    while (!this.#isOver && this.#state.start === undefined) {
      const { step } = this.#state;
      const taken = await takeStart(this.#place, step.id);
      if (step !== this.#state.step) continue;
      const waited = this.#clock.monotonic() - this.#arrivedAt;
      const isLate = this.#place.kind === 'cluster' && waited > LATE_MS;
      const start = isLate ? undefined : taken;
      if (start !== undefined && this.#place.kind === 'cluster') this.#starts.clear();
      if (start !== undefined) this.#starts.set(step.id, start);
      this.#set({ ...this.#state, start: start ?? 'not saved' });
    }
    this.#isKeeping = false;
  }

  #watch(): void {
    this.#run?.stop();
    const { checks } = this.#parts;
    const wanted = tasksOf(this.#state.step).map(({ id }) => id);
    const { id } = this.lesson;
    this.#run = new StepRun({
      world: this.#world,
      clock: this.#clock,
      checks: Object.fromEntries(Object.entries(checks).filter(([task]) => wanted.includes(task))),
      done: this.#progress.of(id).done,
      onVerdicts: (verdicts) => this.#told(verdicts),
      isWatched: () => document.visibilityState === 'visible',
    });
    this.#told(this.#run.verdicts);
    this.#run.start();
  }

  #told(verdicts: Verdicts): void {
    this.#set({ ...this.#state, verdicts });
    const { done } = this.#progress.of(this.lesson.id);
    const news = Object.entries(verdicts)
      .filter(([task, { state }]) => state === 'passed' && !done.includes(task))
      .map(([task]) => task);
    if (news.length > 0) this.#progress.change(this.lesson.id, { done: [...done, ...news] });
  }

  #tell(problem: string): void {
    this.#set({ ...this.#state, problem });
  }

  #set(state: OpenLessonState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
