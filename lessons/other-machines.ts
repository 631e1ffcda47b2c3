import type { Lab, LabMachine, Stop } from '../engine/api/lab.ts';
import type { Clock } from '../engine/base/clock.ts';
import type { OtherMachine } from './front-matter.ts';

/** The part of a lab that this takes. */
export type MachineLab = Pick<Lab, 'machines' | 'addMachine' | 'removeMachine'>;

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
