import type { Checkpoint } from '../../../engine/api/checkpoint.ts';
import type { pageClock } from '../../../engine/cluster/index.ts';
import { dates } from '../../ui/dates.ts';
import { storageRefused } from '../../ui/storage-health.ts';
import type { CheckpointEntry } from '../checkpoints/checkpoint-database.ts';
import { describeSaveProblem } from '../machine/failures.ts';
import { SaveRhythm } from './save-rhythm.ts';

/** After so long it is looked again whether everything runs and nothing is at work, in milliseconds. */
const LOOK_AGAIN = 1000;

/** What is kept by itself, and gone on from. */
export interface KeptWorld {
  /** what a save would leave out now, a sentence each */
  leavesOut(): readonly string[];
  /** a part is on its way; it will be in a save that waits */
  isStarting(): boolean;
  hasCluster(): boolean;
  /** a machine is at work: what it does is better saved when it is done */
  isBusy(): Promise<boolean>;
  /** the machines that run, and the cluster when it is ready; the same objects as long as they are */
  parts(): readonly object[];
  take(): Promise<Checkpoint>;
  /** Rejects when it was refused; what was there goes on then. @returns whether the machine runs */
  goOn(checkpoint: Checkpoint): Promise<boolean>;
}

/** Where it is kept: `last-left.ts`. */
export interface LastLeftStore {
  find(): Promise<CheckpointEntry | undefined>;
  keep(checkpoint: Checkpoint): Promise<CheckpointEntry>;
  load(): Promise<Checkpoint>;
  setAside(name: string): Promise<void>;
}

export type AutoSaveState =
  | { readonly kind: 'looking' }
  | { readonly kind: 'off'; readonly why: 'second-tab' | 'no-storage' }
  /** what was left waits for a choice; until then nothing takes its place */
  | {
      readonly kind: 'offered';
      readonly entry: CheckpointEntry;
      readonly isGoingOn: boolean;
      /** somebody has done something here meanwhile */
      readonly isUsed: boolean;
      /** why it could not be gone on from */
      readonly problem?: string;
    }
  | {
      readonly kind: 'on';
      readonly isSaving: boolean;
      /** something is not saved */
      readonly isChanged: boolean;
      readonly last?: CheckpointEntry;
      /** why the last save did not work; what was kept before is still there */
      readonly problem?: string;
    };

/**
 * Keeps the world by itself while somebody uses it, and offers what the last visit left. A store for
 * `useSyncExternalStore`.
 */
export class AutoSave {
  readonly #world: KeptWorld;
  readonly #store: LastLeftStore;
  readonly #clock: typeof pageClock;
  readonly #rhythm = new SaveRhythm();
  readonly #listeners = new Set<() => void>();
  #state: AutoSaveState = { kind: 'looking' };
  #timer: { dispose(): void } | undefined;
  /** what was gone on from, until everything of it was seen running */
  #unproven: { readonly runs: boolean } | undefined;

  constructor(world: KeptWorld, store: LastLeftStore, clock: typeof pageClock) {
    this.#world = world;
    this.#store = store;
    this.#clock = clock;
  }

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = () => this.#state;

  /** What `save` leaves out now, a sentence each. */
  readonly leavesOut = () => this.#world.leavesOut();

  /** Whether a part of what is there is on its way, and saving waits for it. */
  readonly isStarting = () => this.#world.isStarting();

  get isGoingOn(): boolean {
    return this.#state.kind === 'offered' && this.#state.isGoingOn;
  }

  /** Looks for what was left. */
  async begin(isSecondTab: boolean): Promise<void> {
    if (isSecondTab) {
      this.#set({ kind: 'off', why: 'second-tab' });
      return;
    }
    try {
      const entry = await this.#store.find();
      const { isChanged } = this.#rhythm;
      if (entry === undefined) this.#turnOn({});
      else this.#set({ kind: 'offered', entry, isGoingOn: false, isUsed: isChanged });
    } catch {
      this.#set({ kind: 'off', why: 'no-storage' });
    }
  }

  /** Goes on from what was left. How it went is the state. */
  readonly goOn = async (): Promise<void> => {
    if (this.#state.kind !== 'offered' || this.#state.isGoingOn) return;
    const { entry, isUsed } = this.#state;
    this.#set({ kind: 'offered', entry, isGoingOn: true, isUsed });
    try {
      const runs = await this.#world.goOn(await this.#store.load());
      this.#unproven = { runs };
      this.#rhythm.began();
      this.#turnOn({ last: entry });
    } catch (error) {
      const problem = describeSaveProblem(error);
      this.#set({ kind: 'offered', entry, isGoingOn: false, isUsed, problem });
    }
  };

  /** What was left gives way to what is done here, once there is something to save. */
  readonly startFresh = (): void => {
    if (this.#state.kind === 'offered' && !this.#state.isGoingOn) this.#turnOn({});
  };

  /** Somebody typed or clicked. */
  used(): void {
    this.#rhythm.used(this.#clock.monotonic());
    this.#changed();
  }

  /** A program printed something. */
  printed(): void {
    if (this.#rhythm.isChanged) return;
    this.#rhythm.printed(this.#clock.monotonic());
    if (this.#rhythm.isChanged) this.#changed();
  }

  /** The page may be about to end. */
  async leaving(): Promise<void> {
    if (this.#rhythm.isChanged) await this.saveNow();
  }

  readonly saveNow = async (): Promise<void> => {
    if (this.#state.kind !== 'on' || this.#state.isSaving) return;
    // What is still starting would be missing in what takes the place of one that has it.
    if (this.#world.isStarting()) {
      this.#again(LOOK_AGAIN, () => this.#plan());
      return;
    }
    this.#timer?.dispose();
    const { problem: _, ...before } = this.#state;
    this.#set({ ...before, isSaving: true });
    const began = this.#clock.monotonic();
    this.#rhythm.began();
    try {
      const checkpoint = await this.#take();
      if (checkpoint === undefined) {
        this.#rhythm.interrupted(this.#clock.monotonic());
        this.#turnOn({ ...(before.last && { last: before.last }) });
        return;
      }
      await this.#setAside(checkpoint, before.last);
      const last = await this.#store.keep(checkpoint);
      const now = this.#clock.monotonic();
      this.#rhythm.ended(now, now - began);
      this.#turnOn({ last });
    } catch (error) {
      storageRefused(error);
      this.#rhythm.failed(this.#clock.monotonic());
      const { last } = before;
      this.#turnOn({ ...(last && { last }), problem: describeSaveProblem(error) });
    }
  };

  /**
   * Undefined when a part has ended in the midst of it, whether it was taken half or not at all: what was kept before
   * stays, nobody has to do anything, and what is there then is saved when it is due.
   */
  async #take(): Promise<Checkpoint | undefined> {
    const parts = this.#world.parts();
    const hasEnded = (): boolean => {
      const now = this.#world.parts();
      return parts.some((part) => !now.includes(part));
    };
    try {
      const checkpoint = await this.#world.take();
      return hasEnded() ? undefined : checkpoint;
    } catch (error) {
      if (hasEnded()) return undefined;
      throw error;
    }
  }

  /** What has a part that did not come back, or does not run any more, is nobody's to replace: it becomes a checkpoint. */
  async #setAside({ machine, others, cluster }: Checkpoint, last?: CheckpointEntry): Promise<void> {
    const came = this.#unproven?.runs ?? true;
    const there = {
      machine: came && machine !== undefined,
      others: others !== undefined,
      cluster: cluster !== undefined,
    };
    const mayLose = this.#unproven !== undefined || this.#world.leavesOut().length > 0;
    const loses = (['machine', 'others', 'cluster'] as const).some(
      (part) => !there[part] && last?.holds?.includes(part) !== false,
    );
    if (last !== undefined && mayLose && loses)
      await this.#store.setAside(`Left on ${dates.format(last.savedAt)}`);
    this.#unproven = undefined;
  }

  #turnOn(rest: { readonly last?: CheckpointEntry; readonly problem?: string }): void {
    this.#set({ kind: 'on', isSaving: false, isChanged: this.#rhythm.isChanged, ...rest });
    this.#plan();
  }

  #changed(): void {
    const state = this.#state;
    if (state.kind === 'on' && !state.isChanged) this.#set({ ...state, isChanged: true });
    if (state.kind === 'offered' && !state.isUsed) this.#set({ ...state, isUsed: true });
    this.#plan();
  }

  #plan(): void {
    if (this.#state.kind !== 'on' || this.#state.isSaving) return;
    this.#timer?.dispose();
    const due = this.#rhythm.due(this.#world.hasCluster());
    if (due === undefined) return;
    this.#again(Math.max(0, due - this.#clock.monotonic()), () => void this.#whenDue());
  }

  async #whenDue(): Promise<void> {
    const isBusy = await this.#world.isBusy();
    const now = this.#clock.monotonic();
    const due = this.#rhythm.due(this.#world.hasCluster());
    if (due === undefined) return;
    // Somebody has gone on meanwhile, or the browser's timer, which knows no parts of a millisecond, was early.
    if (due > now) this.#plan();
    else if (isBusy && this.#rhythm.mayWait(now))
      this.#again(LOOK_AGAIN, () => void this.#whenDue());
    else await this.saveNow();
  }

  /** In place of what was planned before. */
  #again(wait: number, what: () => void): void {
    this.#timer?.dispose();
    this.#timer = this.#clock.setTimer(what, wait);
  }

  #set(state: AutoSaveState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
