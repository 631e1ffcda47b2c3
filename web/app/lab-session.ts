import { openLab } from '../../engine/cluster/index.ts';
import type { HubContents } from '../../engine/api/hub.ts';
import type { Lab, LabMachine } from '../../engine/api/lab.ts';
import type { ProfileName, SavedMachine } from '../../engine/api/machine.ts';
import { missingCapability } from '../features/machine/capabilities.ts';
import { describeFailure, type Failure } from '../features/machine/failures.ts';
import { starterFiles } from './starter-files.ts';

export interface LabSnapshot {
  readonly machine?: LabMachine;
  /** why there is no machine, or why it does not run */
  readonly failure?: Failure;
}

const machineName = 'drydock';

/** The Docker lab: one machine, started as soon as the page loads. A store for `useSyncExternalStore`. */
export class LabSession {
  #lab: Lab | undefined;
  #snapshot: LabSnapshot = {};
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = () => this.#snapshot;

  async start(): Promise<void> {
    const missing = missingCapability();
    if (missing) {
      this.#set({ failure: missing });
      return;
    }
    await this.#attempt(async () => {
      this.#lab ??= this.#open();
      await this.#lab.addMachine({
        name: machineName,
        profile: 'docker',
        start: 'restore',
        files: starterFiles,
      });
    });
  }

  /** After a failure. What was fetched already is not fetched again. */
  async retry(): Promise<void> {
    if (this.#lab && this.#snapshot.machine) await this.reset('restore');
    else await this.start();
  }

  async reset(start: 'restore' | 'cold', profile?: ProfileName): Promise<void> {
    await this.#attempt(async () => {
      await this.#lab?.resetMachine(machineName, start, profile);
    });
  }

  /** Goes on as the saved machine. Rejects when it was refused; the machine that was there goes on then. */
  async restore(saved: SavedMachine): Promise<void> {
    const { machine } = this.#snapshot;
    try {
      await this.#lab?.resetMachine(machineName, saved);
    } catch (error) {
      if (machine === this.#snapshot.machine) throw error;
      this.#set({ ...this.#snapshot, failure: describeFailure(error) });
    }
  }

  /** What the registry has; also when no machine can be started. */
  readonly hubContents = (): Promise<HubContents> => (this.#lab ??= this.#open()).hubContents();

  #open(): Lab {
    const lab = openLab();
    const show = (machines: readonly LabMachine[]) => {
      const machine = machines.find(({ name }) => name === machineName);
      if (machine !== this.#snapshot.machine) this.#set(machine ? { machine } : {});
    };
    lab.onMachines(show);
    // Containers end with the page: the browser asks first, in its own words.
    addEventListener('beforeunload', (event) => {
      if (this.#snapshot.machine?.ports().length) event.preventDefault();
    });
    addEventListener('pagehide', (event) => {
      if (!event.persisted) void lab.close();
    });
    return lab;
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    const { machine } = this.#snapshot;
    this.#set(machine ? { machine } : {});
    try {
      await work();
    } catch (error) {
      this.#set({ ...this.#snapshot, failure: describeFailure(error) });
    }
  }

  #set(snapshot: LabSnapshot): void {
    this.#snapshot = snapshot;
    for (const listener of this.#listeners) listener();
  }
}
