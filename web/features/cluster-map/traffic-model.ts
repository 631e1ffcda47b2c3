import type { TrafficBatch, TrafficObject } from '../../../engine/api/api-traffic.ts';
import { ObjectGraph, subjectOf, type ObjectKey } from './object-graph.ts';
import { OpenWatches, type Watcher } from './open-watches.ts';
import { live, play, type Playback, type PlaybackAction } from './playback.ts';
import { noRecording, record, type Recorded } from './recording.ts';
import { isPage, type StationNode } from './stations.ts';

/** What of a recording is shown. */
export interface Filter {
  /** only this object and what belongs to it */
  readonly follow: ObjectKey | undefined;
  /** also what the page itself asks */
  readonly withPage: boolean;
}

/** What the map and the list draw. */
export interface TrafficView {
  /** what the filter leaves, oldest first */
  readonly items: readonly Recorded[];
  /** how many of them are shown: those up to where one looks */
  readonly shown: number;
  readonly playback: Playback;
  readonly filter: Filter;
  /** of the followed object; undefined while all are followed */
  readonly family: ReadonlySet<ObjectKey> | undefined;
  readonly lost: number;
  /** requests that wait at a breakpoint, the first that came first */
  readonly held: readonly Held[];
  /** who watches what now, also of those that are not followed */
  readonly watchers: readonly Watcher[];
}

export interface Held {
  readonly id: number;
  readonly item: Recorded;
}

/** Kinds that are on every path and tell nobody's story. */
const NO_STORY = /^(?:events|leases|selfsubjectreviews|subjectaccessreviews|tokenreviews)\//;

/** A recording of the API server's traffic, and where in it one looks. */
export class TrafficModel {
  readonly #graph = new ObjectGraph();
  readonly #drawers = new Set<() => void>();
  readonly #wakers = new Set<() => void>();
  #nodes: readonly StationNode[] = [];
  #recording = noRecording;
  #playback = live;
  /** requests that wait at a breakpoint, by id */
  readonly #held = new Map<number, Recorded>();
  readonly #watches = new OpenWatches();
  #filter: Filter = { follow: undefined, withPage: false };
  /** what the filter leaves; made anew when it is asked for */
  #items: readonly Recorded[] | undefined;
  #family: ReadonlySet<ObjectKey> | undefined;
  /** of the graph when the family was found */
  #familyVersion = -1;
  #view: TrafficView | undefined;

  readonly subscribe = (listener: () => void): (() => void) => listen(this.#drawers, listener);

  /** Tells when there is something to draw, in the next frame. */
  readonly onWake = (listener: () => void): (() => void) => listen(this.#wakers, listener);

  readonly view = (): TrafficView => (this.#view ??= this.#makeView());

  /** Objects that can be followed. */
  readonly roots = (): readonly ObjectKey[] => this.#graph.roots((key) => !NO_STORY.test(key));

  readonly follow = (key: ObjectKey | undefined): void => this.setFilter({ follow: key });

  /** Whose programs the traffic to come is. */
  setNodes(nodes: readonly StationNode[]): void {
    this.#nodes = nodes;
  }

  arrived(batch: TrafficBatch): void {
    const { version } = this.#graph;
    if (batch.afresh === true) {
      this.#held.clear();
      this.#watches.clear();
    }
    this.#recording = record(this.#recording, batch, this.#nodes);
    for (const entry of batch.entries)
      if (entry.kind !== 'etcd' && entry.object !== undefined) this.#graph.add(entry.object);
    const { items } = this.#recording;
    const added = items.slice(Math.max(0, items.length - batch.entries.length));
    for (const item of added) {
      this.#noteHeld(item);
      this.#watches.note(item);
    }
    const isSame = this.#filter.follow === undefined || this.#graph.version === version;
    // What was filtered stays so, unless more is known of what belongs together.
    if (this.#items !== undefined && isSame) {
      const first = items[0]?.sequence ?? 0;
      const kept = this.#items.findIndex(({ sequence }) => sequence >= first);
      this.#items = [
        ...(kept < 0 ? [] : this.#items.slice(kept)),
        ...added.filter(this.#isWanted()),
      ];
    } else this.#items = undefined;
    for (const wake of this.#wakers) wake();
  }

  /** Takes note of objects that were there before. */
  know(objects: readonly TrafficObject[]): void {
    for (const object of objects) this.#graph.add(object);
    this.#items = undefined;
    this.publish();
  }

  /** It was let go. */
  forgetHeld(id: number): void {
    this.#held.delete(id);
    this.publish();
  }

  dispatch(action: PlaybackAction): void {
    this.#playback = play(this.#playback, action, this.#filtered());
    this.publish();
    for (const wake of this.#wakers) wake();
  }

  setFilter(filter: Partial<Filter>): void {
    this.#filter = { ...this.#filter, ...filter };
    this.#familyVersion = -1;
    this.#items = undefined;
    this.publish();
  }

  /** Moves on. Returns what has come into view. @param elapsed milliseconds since the last one */
  advance(elapsed: number): readonly Recorded[] {
    const before = this.#playback.shown;
    const items = this.#filtered();
    this.#playback = play(this.#playback, { type: 'tick', elapsed }, items);
    const { shown } = this.#playback;
    return shown <= before
      ? []
      : items.filter(({ sequence }) => sequence > before && sequence <= shown);
  }

  /** Lets who draws know what has changed. */
  publish(): void {
    this.#view = undefined;
    for (const draw of this.#drawers) draw();
  }

  #noteHeld(item: Recorded): void {
    const { entry } = item;
    if (entry.kind === 'held') this.#held.set(entry.id, item);
    else if (entry.kind === 'request' && entry.held !== undefined) this.#held.delete(entry.held);
  }

  #filtered(): readonly Recorded[] {
    return (this.#items ??= this.#recording.items.filter(this.#isWanted()));
  }

  #isWanted(): (item: Recorded) => boolean {
    const { withPage } = this.#filter;
    const family = this.#followed();
    return ({ entry, station }) => {
      if (!withPage && isPage(station)) return false;
      if (family === undefined) return true;
      const subject = subjectOf(entry);
      return subject !== undefined && family.has(subject);
    };
  }

  #followed(): ReadonlySet<ObjectKey> | undefined {
    const { follow } = this.#filter;
    if (follow === undefined) return undefined;
    if (this.#family === undefined || this.#familyVersion !== this.#graph.version) {
      this.#family = this.#graph.family(follow);
      this.#familyVersion = this.#graph.version;
    }
    return this.#family;
  }

  #makeView(): TrafficView {
    const items = this.#filtered();
    const { shown } = this.#playback;
    const later = items.findIndex(({ sequence }) => sequence > shown);
    return {
      items,
      shown: later < 0 ? items.length : later,
      playback: this.#playback,
      filter: this.#filter,
      family: this.#followed(),
      lost: this.#recording.lost,
      held: [...this.#held].map(([id, item]) => ({ id, item })),
      watchers: this.#watches
        .list()
        .filter(({ station }) => this.#filter.withPage || !isPage(station)),
    };
  }
}

function listen(listeners: Set<() => void>, listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}
