import { openLab, pageClock, type PageLab } from '../../engine/cluster/index.ts';
import type { World } from '../../engine/api/checkpoint.ts';
import type { ClusterFacade } from '../../engine/api/cluster.ts';
import type { HubContents } from '../../engine/api/hub.ts';
import type { LabMachine } from '../../engine/api/lab.ts';
import type { ProfileName, SavedMachine } from '../../engine/api/machine.ts';
import { canBeSaved, OtherMachines } from '../../lessons/other-machines.ts';
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

/** Share of a processor from which a machine is at work. */
const BUSY = 0.5;

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
  /** what is begun with clusters, one after another */
  #clusterWork: Promise<unknown> = Promise.resolve();

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

  async reset(
    name: string,
    start: 'restore' | 'cold' | SavedMachine,
    profile?: ProfileName,
  ): Promise<void> {
    await this.#attempt(async () => {
      await this.#lab?.resetMachine(name, start, profile);
    });
  }

  /** The machine with Docker, those of the lesson beside it and the cluster, as far as they run. Rejects when none does. */
  readonly save = async (): Promise<World> => {
    const { cluster } = this.#snapshot;
    const running = this.dockerMachine();
    const [machine, others] = await Promise.all([
      running && canBeSaved(running) ? running.save() : undefined,
      this.others.save(),
    ]);
    const world: World = {
      ...(machine && { machine }),
      ...(others && { others }),
      ...(cluster?.state().kind === 'ready' ? { cluster: await cluster.save() } : {}),
    };
    if (Object.keys(world).length === 0)
      throw new Error('Neither the machine nor a cluster runs: there is nothing to keep.');
    return world;
  };

  /** Whether a machine has its processor at work. */
  readonly isBusy = async (): Promise<boolean> => {
    const shares = await Promise.all(
      this.#snapshot.machines.map((machine) =>
        machine.metrics().then(
          ({ cpu }) => cpu,
          // It does not run.
          () => 0,
        ),
      ),
    );
    return shares.some((share) => share > BUSY);
  };

  /** Whether a container of a machine can be reached from outside. */
  readonly hasOpenPorts = (): boolean =>
    this.#snapshot.machines.some((machine) => machine.ports().length > 0);

  /** Whether a part of what `save` keeps is on its way. */
  readonly isStarting = (): boolean =>
    this.#snapshot.cluster?.state().kind === 'starting' ||
    this.dockerMachine()?.state().kind === 'starting' ||
    this.others.all().some((machine) => machine.state().kind === 'starting');

  /** What `save` leaves out now, a sentence each. */
  readonly leavesOut = (): readonly string[] => {
    const { cluster } = this.#snapshot;
    const machine = this.dockerMachine();
    return [
      ...(machine && canBeSaved(machine)
        ? []
        : ['The machine with Docker does not run and is left out.']),
      ...this.others
        .all()
        .filter((other) => !canBeSaved(other))
        .map(({ name }) => `The machine ${name} does not run and is left out.`),
      ...(cluster === undefined || cluster.state().kind === 'ready'
        ? []
        : ['The cluster is not ready and is left out.']),
    ];
  };

  /**
   * Goes on from there. Rejects when the files are not what they should be; what was there goes on then. That a
   * cluster's machines do not start is its state. @returns whether the machine with Docker could be started
   */
  readonly goOnFrom = (world: World): Promise<boolean> =>
    this.#inTurn(async () => {
      const lab = (this.#lab ??= this.#open());
      const { cluster: saved } = world;
      // Read before anything ends for it.
      const cluster = saved === undefined ? undefined : await lab.restoreCluster(saved);
      const runs = await this.#restore(world);
      await this.#end(cluster !== undefined);
      if (cluster !== undefined) this.#begin(cluster);
      return runs;
    });

  /**
   * Goes back with one of them, and leaves the other as it is. Rejects and resolves as `goOnFrom` does.
   */
  readonly goBackTo = async ({ cluster, ...world }: World): Promise<boolean> => {
    if (cluster !== undefined) await this.#takePlace((lab) => lab.restoreCluster(cluster));
    return this.#restore(world);
  };

  /** The machine with Docker, and those beside it as soon as their lesson opens, which it may do before this one is there. */
  async #restore({ machine, others }: World): Promise<boolean> {
    const before = this.others.goOnWith(others);
    try {
      return machine === undefined || (await this.#restoreMachine(machine));
    } catch (error) {
      this.others.goOnWith(before);
      throw error;
    }
  }

  async #restoreMachine(saved: SavedMachine): Promise<boolean> {
    const before = this.dockerMachine();
    // One that runs can compare the file with itself, before it ends for it.
    if (before !== undefined) await whenStarted(before);
    try {
      await this.#lab?.resetMachine(DOCKER_MACHINE, saved);
      return true;
    } catch (error) {
      if (before === this.dockerMachine()) throw error;
      this.#set({ ...this.#snapshot, failure: describeFailure(error) });
      return false;
    }
  }

  dockerMachine(): LabMachine | undefined {
    return this.#snapshot.machines.find(({ name }) => name === DOCKER_MACHINE);
  }

  /** Shows another machine. */
  readonly show = (name: string): void => {
    this.#shown = name;
    this.#follow(this.#snapshot.machines);
  };

  /**
   * A cluster of so many machines beside what is there, unless there is one. How it goes is its state; rejects when it
   * cannot even begin.
   */
  readonly startCluster = (nodes: number): Promise<void> =>
    this.#inTurn(async () => {
      if (this.#snapshot.cluster !== undefined) return;
      this.#begin(await (this.#lab ??= this.#open()).openCluster(nodes));
    });

  /** The same, after the cluster that is there has ended. */
  readonly replaceCluster = (nodes: number): Promise<void> =>
    this.#takePlace((lab) => lab.openCluster(nodes));

  /** A cluster in place of the one that is there, which goes on when the other cannot even be opened. */
  #takePlace(open: (lab: PageLab) => Promise<ClusterFacade>): Promise<void> {
    return this.#inTurn(async () => {
      const cluster = await open((this.#lab ??= this.#open()));
      await this.#end(true);
      this.#begin(cluster);
    });
  }

  /** Ends the cluster with its machines. */
  readonly endCluster = (): Promise<void> => this.#inTurn(() => this.#end());

  /** A cluster's machines have names that are free only when the one before it has ended. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#clusterWork.then(work);
    this.#clusterWork = turn.catch(() => {});
    return turn;
  }

  #begin(cluster: ClusterFacade): void {
    this.#set({ ...this.#snapshot, cluster });
    cluster.start().catch(() => {
      // Its state says why.
    });
  }

  async #end(forSuccessor = false): Promise<void> {
    const { cluster, ...rest } = this.#snapshot;
    if (cluster === undefined) return;
    this.#shown = DOCKER_MACHINE;
    this.#set(rest);
    await cluster.close(forSuccessor);
    this.#follow(this.#lab?.machines() ?? []);
  }

  /** Machines of a lesson beside the first one. */
  readonly others = new OtherMachines(
    {
      machines: () => this.#lab?.machines() ?? [],
      addMachine: (options) => (this.#lab ??= this.#open()).addMachine(options),
      removeMachine: async (name) => this.#lab?.removeMachine(name),
      resetMachine: (...one) => (this.#lab ??= this.#open()).resetMachine(...one),
    },
    pageClock,
  );

  /** What the registry has; also when no machine can be started. */
  readonly hubContents = (): Promise<HubContents> => (this.#lab ??= this.#open()).hubContents();

  #open(): PageLab {
    const lab = openLab();
    lab.onMachines((machines) => this.#follow(machines));
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

/** Resolves when it runs, or will not. */
function whenStarted(machine: LabMachine): Promise<void> {
  if (machine.state().kind !== 'starting') return Promise.resolve();
  return new Promise((resolve) => {
    const stop = machine.onState(({ kind }) => {
      if (kind === 'starting') return;
      stop();
      resolve();
    });
  });
}
