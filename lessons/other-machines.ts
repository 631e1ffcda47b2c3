import type { KeptMachine, LessonMachines } from '../engine/api/checkpoint.ts';
import type { Lab, LabMachine, Stop } from '../engine/api/lab.ts';
import type { Clock } from '../engine/base/clock.ts';
import type { OtherMachine } from './front-matter.ts';

/** The part of a lab that this takes. */
export type MachineLab = Pick<Lab, 'machines' | 'addMachine' | 'removeMachine' | 'resetMachine'>;

/** By name. */
type Wanted = Readonly<Record<string, OtherMachine>>;

/**
 * Machines that the lesson that is open has beside its own. None is there until the learner starts it, or goes on from where it was;
 * all end with the lesson.
 */
export class OtherMachines {
  readonly #lab: MachineLab;
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  /** milliseconds that each took to start */
  readonly #startMs = new Map<string, number>();
  #open: { readonly lesson: string; readonly wanted: Wanted } | undefined;
  /** of a lesson that is gone on with, until it opens */
  #left: LessonMachines | undefined;
  #ending: Promise<unknown> = Promise.resolve();

  constructor(lab: MachineLab, clock: Clock) {
    this.#lab = lab;
    this.#clock = clock;
  }

  /** These come back when their lesson opens. @returns those that would have before */
  goOnWith(left: LessonMachines | undefined): LessonMachines | undefined {
    const before = this.#left;
    this.#left = left;
    return before;
  }

  /**
   * A lesson opens. What it was left with takes the place of what is there, and any other machine of it ends. Rejects when one does
   * not come back: it can be started anew.
   */
  async begin(lesson: string, wanted: Wanted): Promise<void> {
    const open = { lesson, wanted };
    this.#open = open;
    await this.#ending;
    if (this.#open !== open) return;
    const left = this.#left?.lesson === lesson ? this.#left : undefined;
    if (left !== undefined) this.#left = undefined;
    await Promise.all(
      Object.keys(wanted).map((name) => this.#bringBack(name, left?.machines[name])),
    );
  }

  /** Those that are there, also ones that are starting or have failed. */
  all(): readonly LabMachine[] {
    const wanted = this.#open?.wanted ?? {};
    return this.#lab.machines().filter(({ name }) => Object.hasOwn(wanted, name));
  }

  /** Also one that is still starting; undefined when there is none. */
  readonly find = (name: string): LabMachine | undefined =>
    this.all().find((one) => one.name === name);

  /** One that can be used; undefined until then. */
  readonly running = (name: string): LabMachine | undefined =>
    this.#startMs.has(name) ? this.find(name) : undefined;

  /** Milliseconds from the click to a machine that answers. */
  startMs(name: string): number | undefined {
    return this.#startMs.get(name);
  }

  /** Resolves when the machine answers. */
  async start(name: string): Promise<void> {
    const wanted = this.#open?.wanted[name];
    if (wanted === undefined) throw new RangeError(`This lesson has no machine ${name}.`);
    const began = this.#clock.monotonic();
    this.#startMs.delete(name);
    await this.#lab.removeMachine(name);
    // The lesson was closed meanwhile.
    if (this.#open?.wanted[name] !== wanted) return;
    await this.#told(this.#lab.addMachine({ name, ...wanted }));
    this.#started(name, this.#clock.monotonic() - began);
  }

  /** Those that run, as they are now; or those of a lesson that is yet to open. Undefined when there are none. */
  async save(): Promise<LessonMachines | undefined> {
    const open = this.#open;
    const saving = this.all().map(async (machine) => {
      const startMs = this.#startMs.get(machine.name);
      if (startMs === undefined || !canBeSaved(machine)) return [];
      return [[machine.name, { saved: await machine.save(), startMs }] as const];
    });
    const kept = (await Promise.all(saving)).flat();
    if (open === undefined || kept.length === 0) return this.#left;
    return { lesson: open.lesson, machines: Object.fromEntries(kept) };
  }

  readonly onChange = (listener: () => void): Stop => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Never rejects: the name of one that fails to end is free too. */
  async end(): Promise<void> {
    const ending = this.all().map(({ name }) => this.#lab.removeMachine(name));
    this.#open = undefined;
    this.#startMs.clear();
    this.#ending = Promise.allSettled(ending);
    await this.#ending;
  }

  async #bringBack(name: string, before: KeptMachine | undefined): Promise<void> {
    if (before === undefined) return this.#lab.removeMachine(name);
    const { saved, startMs } = before;
    this.#startMs.delete(name);
    await this.#told(
      this.find(name) === undefined
        ? this.#lab.addMachine({ name, profile: saved.profile, start: saved })
        : this.#lab.resetMachine(name, saved),
    );
    this.#started(name, startMs);
  }

  #started(name: string, startMs: number): void {
    this.#startMs.set(name, startMs);
    this.#tell();
  }

  /** Tells that a machine starts, and when it has failed to. */
  async #told(starting: Promise<LabMachine>): Promise<void> {
    this.#tell();
    try {
      await starting;
    } catch (error) {
      this.#tell();
      throw error;
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

export function canBeSaved(machine: LabMachine): boolean {
  const { kind } = machine.state();
  return kind === 'running' || kind === 'paused';
}
