import type { Lab, LabMachine, Stop } from '../engine/api/lab.ts';
import type { SavedMachine } from '../engine/api/machine.ts';
import type { Clock } from '../engine/base/clock.ts';
import type { OtherMachine } from './front-matter.ts';

/** The part of a lab that this takes. */
export type MachineLab = Pick<Lab, 'machines' | 'addMachine' | 'removeMachine' | 'resetMachine'>;

/** A machine as it was, and the milliseconds that it had taken to start. */
export interface KeptMachine {
  readonly saved: SavedMachine;
  readonly startMs: number;
}

/** By name. */
export type KeptMachines = Readonly<Record<string, KeptMachine>>;

/** Machines that a lesson has beside its own. None is there until the learner starts it; all end with the lesson. */
export class OtherMachines {
  readonly #lab: MachineLab;
  readonly #wanted: Readonly<Record<string, OtherMachine>>;
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  /** milliseconds that each took to start */
  readonly #startMs = new Map<string, number>();

  constructor(lab: MachineLab, wanted: Readonly<Record<string, OtherMachine>>, clock: Clock) {
    this.#lab = lab;
    this.#wanted = wanted;
    this.#clock = clock;
  }

  /** Also one that is still starting; undefined when there is none. */
  readonly find = (name: string): LabMachine | undefined =>
    name in this.#wanted ? this.#lab.machines().find((one) => one.name === name) : undefined;

  /** One that can be used; undefined until then. */
  readonly running = (name: string): LabMachine | undefined =>
    this.#startMs.has(name) ? this.find(name) : undefined;

  /** Milliseconds from the click to a machine that answers. */
  startMs(name: string): number | undefined {
    return this.#startMs.get(name);
  }

  /** Resolves when the machine answers. */
  async start(name: string): Promise<void> {
    const wanted = this.#wanted[name];
    if (wanted === undefined) throw new RangeError(`This lesson has no machine ${name}.`);
    const began = this.#clock.monotonic();
    await this.#lab.removeMachine(name);
    const starting = this.#lab.addMachine({ name, ...wanted });
    this.#tell();
    try {
      await starting;
      this.#startMs.set(name, this.#clock.monotonic() - began);
    } finally {
      this.#tell();
    }
  }

  /** Those that run, as they are now. */
  async save(): Promise<KeptMachines> {
    const saving = [...this.#startMs].map(async ([name, startMs]) => {
      const saved = await this.find(name)?.save();
      return saved === undefined ? [] : [[name, { saved, startMs }] as const];
    });
    return Object.fromEntries((await Promise.all(saving)).flat());
  }

  /** The lesson's machines as they were, in place of those that are there; one that was not there then ends. */
  async goBackTo(kept: KeptMachines): Promise<void> {
    await Promise.all(
      Object.entries(this.#wanted).map(async ([name, { profile }]) => {
        const before = kept[name];
        if (before === undefined) return this.#lab.removeMachine(name);
        const start = before.saved;
        if (this.find(name) === undefined) await this.#lab.addMachine({ name, profile, start });
        else await this.#lab.resetMachine(name, start);
        this.#startMs.set(name, before.startMs);
      }),
    );
    this.#tell();
  }

  readonly onChange = (listener: () => void): Stop => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  async end(): Promise<void> {
    this.#startMs.clear();
    await Promise.all(Object.keys(this.#wanted).map((name) => this.#lab.removeMachine(name)));
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
