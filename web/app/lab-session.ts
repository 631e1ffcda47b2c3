import { openLab, type PageLab } from '../../engine/cluster/index.ts';
import type { Checkpoint } from '../../engine/api/checkpoint.ts';
import type { ClusterFacade } from '../../engine/api/cluster.ts';
import type { HubContents } from '../../engine/api/hub.ts';
import type { LabMachine } from '../../engine/api/lab.ts';
import type { ProfileName, SavedMachine } from '../../engine/api/machine.ts';
import type { MachineLab } from '../../lessons/other-machines.ts';
import { missingCapability } from '../features/machine/capabilities.ts';
import { describeFailure, type Failure } from '../features/machine/failures.ts';
import { starterFiles } from './starter-files.ts';

export interface LabSnapshot {
  /** the one that is shown */
  readonly machine?: LabMachine;
  readonly machines: readonly LabMachine[];
  readonly cluster?: ClusterFacade;
  /** why there is no machine, or why it does not run */
  readonly failure?: Failure;
}

/** What a checkpoint keeps. */
export type World = Pick<Checkpoint, 'machine' | 'cluster'>;

/** The machine with Docker. */
export const DOCKER_MACHINE = 'drydock';

/**
 * The lab: a machine with Docker, started as soon as the page loads, and a cluster's machines beside it when there is
 * one. A store for `useSyncExternalStore`.
 */
export class LabSession {
  #lab: PageLab | undefined;
  #snapshot: LabSnapshot = { machines: [] };
  /** name of the machine that is shown */
  #shown = DOCKER_MACHINE;
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = () => this.#snapshot;

  async start(): Promise<void> {
    const missing = missingCapability();
    if (missing) {
      this.#set({ machines: [], failure: missing });
      return;
    }
    await this.#attempt(async () => {
      this.#lab ??= this.#open();
      await this.#lab.addMachine({
        name: DOCKER_MACHINE,
        profile: 'docker',
        start: 'restore',
        files: starterFiles,
      });
    });
  }

  /** After a failure. What was fetched already is not fetched again. */
  async retry(): Promise<void> {
    if (this.#lab && this.#snapshot.machine) await this.reset(this.#shown, 'restore');
    else await this.start();
  }

  async reset(name: string, start: 'restore' | 'cold', profile?: ProfileName): Promise<void> {
    await this.#attempt(async () => {
      await this.#lab?.resetMachine(name, start, profile);
    });
  }

  /** The machine with Docker and the cluster, as far as they run. Rejects when neither does. */
  readonly save = async (): Promise<World> => {
    const { machines, cluster } = this.#snapshot;
    const machine = machines.find(({ name }) => name === DOCKER_MACHINE);
    const kind = machine?.state().kind;
    const world: World = {
      ...(machine !== undefined && (kind === 'running' || kind === 'paused')
        ? { machine: await machine.save() }
        : {}),
      ...(cluster?.state().kind === 'ready' ? { cluster: await cluster.save() } : {}),
    };
    if (Object.keys(world).length === 0)
      throw new Error('Neither the machine nor a cluster runs: there is nothing to keep.');
    return world;
  };

  /** Goes on from there. Rejects when it was refused; what was there goes on then. */
  readonly goOnFrom = async (world: World): Promise<void> => {
    if (world.machine !== undefined) await this.#restoreMachine(world.machine);
    if (this.#snapshot.cluster !== undefined) await this.endCluster();
    if (world.cluster !== undefined) {
      const { cluster: saved } = world;
      await this.#beginCluster((lab) => lab.restoreCluster(saved));
    }
  };

  async #restoreMachine(saved: SavedMachine): Promise<void> {
    const { machine } = this.#snapshot;
    try {
      await this.#lab?.resetMachine(DOCKER_MACHINE, saved);
    } catch (error) {
      if (machine === this.#snapshot.machine) throw error;
      this.#set({ ...this.#snapshot, failure: describeFailure(error) });
    }
  }

  /** Shows another machine. */
  readonly show = (name: string): void => {
    this.#shown = name;
    this.#follow(this.#snapshot.machines);
  };

  /** A cluster of so many machines beside what is there. How it goes is its state; rejects when it cannot even begin. */
  readonly startCluster = (nodes: number): Promise<void> =>
    this.#beginCluster((lab) => lab.openCluster(nodes));

  async #beginCluster(open: (lab: PageLab) => Promise<ClusterFacade>): Promise<void> {
    const cluster = await open((this.#lab ??= this.#open()));
    this.#set({ ...this.#snapshot, cluster });
    cluster.start().catch(() => {
      // Its state says why.
    });
  }

  /** The same, after the cluster that is there has ended. */
  readonly replaceCluster = async (nodes: number): Promise<void> => {
    await this.endCluster();
    await this.startCluster(nodes);
  };

  /** Ends the cluster with its machines. */
  readonly endCluster = async (): Promise<void> => {
    const { cluster, ...rest } = this.#snapshot;
    this.#shown = DOCKER_MACHINE;
    this.#set(rest);
    await cluster?.close();
    this.#follow(this.#lab?.machines() ?? []);
  };

  /** Where a lesson starts machines beside the first one. */
  readonly machines: MachineLab = {
    machines: () => this.#lab?.machines() ?? [],
    addMachine: (options) => (this.#lab ??= this.#open()).addMachine(options),
    removeMachine: async (name) => this.#lab?.removeMachine(name),
  };

  /** What the registry has; also when no machine can be started. */
  readonly hubContents = (): Promise<HubContents> => (this.#lab ??= this.#open()).hubContents();

  #open(): PageLab {
    const lab = openLab();
    lab.onMachines((machines) => this.#follow(machines));
    // Containers end with the page: the browser asks first, in its own words.
    addEventListener('beforeunload', (event) => {
      if (this.#snapshot.machines.some((machine) => machine.ports().length > 0))
        event.preventDefault();
    });
    addEventListener('pagehide', (event) => {
      if (!event.persisted) void lab.close();
    });
    return lab;
  }

  #follow(machines: readonly LabMachine[]): void {
    const named = (wanted: string) => machines.find(({ name }) => name === wanted);
    const machine = named(this.#shown) ?? named(DOCKER_MACHINE);
    const { cluster, failure } = this.#snapshot;
    const same = machine === this.#snapshot.machine;
    this.#set({
      machines,
      ...(machine === undefined ? {} : { machine }),
      ...(cluster === undefined ? {} : { cluster }),
      ...(same && failure !== undefined ? { failure } : {}),
    });
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    const { failure: _, ...rest } = this.#snapshot;
    this.#set(rest);
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
