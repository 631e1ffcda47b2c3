import { prefixEnd, type Etcd, type WatchHandle, type WatchResponse } from '../../api/etcd.ts';
import { sleep, type Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import { Emitter, type Event } from '../../base/emitter.ts';
import { tooLargeResourceVersion } from '../../objects/status/status-error.ts';
import type { StorageCodec } from '../store/storage-codec.ts';
import { StoredObject } from '../store/stored-object.ts';
import { EventLog } from './event-log.ts';
import { SortedObjects } from './sorted-objects.ts';

/** Milliseconds a request waits for the cache to catch up (upstream `blockTimeout`). */
const CATCH_UP_MS = 3000;
/** Milliseconds before etcd is asked again how far it is, for who waits for what is not there yet (upstream `progressRequestPeriod`). */
const PROGRESS_MS = 100;
/** Milliseconds before etcd is asked again when it failed. */
const RETRY_MS = 1000;

/** What one moment of a resource looks like. */
export interface Snapshot {
  readonly revision: number;
  readonly objects: readonly StoredObject[];
}

interface Waiter {
  readonly revision: number;
  readonly done: () => void;
}

/**
 * Everything stored under one prefix, kept up to date by one watch of etcd. Lists and watches of
 * the resource are served from here, however many there are (upstream's `Cacher`).
 */
export class WatchCache implements Disposable {
  readonly #etcd: Pick<Etcd, 'range' | 'watch'>;
  readonly #clock: Clock;
  readonly #prefix: string;
  readonly #onError: (error: unknown) => void;
  readonly #codec: StorageCodec | undefined;
  readonly #objects = new SortedObjects();
  readonly #changed = new Emitter<void>();
  readonly #stop = new AbortController();
  #waiters: Waiter[] = [];
  #log = new EventLog(0);
  #revision = 0;
  #started: Promise<void> | undefined;
  #handle: WatchHandle | undefined;
  /** events that are being opened */
  #taking: Promise<void> = Promise.resolve();
  #asked = false;
  #askLater: Disposable | undefined;
  #changedAt = 0;

  /** @param codec what is served for what etcd holds, if that differs */
  constructor(
    etcd: Pick<Etcd, 'range' | 'watch'>,
    clock: Clock,
    prefix: string,
    onError: (error: unknown) => void,
    codec?: StorageCodec,
  ) {
    this.#etcd = etcd;
    this.#clock = clock;
    this.#prefix = prefix;
    this.#onError = onError;
    this.#codec = codec;
  }

  /** Nothing more will come. */
  get ended(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Fires after new events, after progress, and when the log was begun anew. */
  get onChange(): Event<void> {
    return this.#changed.event;
  }

  /** Everything up to this revision is here. */
  get revision(): number {
    return this.#revision;
  }

  /** Recent events. After a break in the past another log takes its place. */
  get log(): EventLog {
    return this.#log;
  }

  /** Revision of the last change. */
  get changedAt(): number {
    return this.#changedAt;
  }

  get size(): number {
    return this.#objects.size;
  }

  /** Loads what is there, once. */
  ready(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  /**
   * Waits until everything up to `revision` is here. Errors: `Timeout` with the cause
   * `ResourceVersionTooLarge` after three seconds.
   */
  async catchUp(revision: number): Promise<void> {
    await this.ready();
    if (this.#revision >= revision) return;
    await new Promise<void>((resolve, reject) => {
      const waiter = {
        revision,
        done: () => {
          timer.dispose();
          resolve();
        },
      };
      const timer = this.#clock.setTimer(() => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
        reject(tooLargeResourceVersion(revision, this.#revision, 1));
      }, CATCH_UP_MS);
      this.#waiters.push(waiter);
      this.#askForProgress();
    });
  }

  get(key: string): StoredObject | undefined {
    return this.#objects.get(key);
  }

  /** Objects under a prefix (of this cache's own), in order of their keys, from the key `from` on. */
  snapshot(prefix: string, from = prefix): Snapshot {
    return { revision: this.#revision, objects: this.#objects.under(prefix, from) };
  }

  /** Makes `onChange` fire with etcd's revision of now. */
  requestProgress(): void {
    this.#askForProgress();
  }

  dispose(): void {
    this.#stop.abort(new Error('The watch cache was stopped.'));
    this.#askLater?.dispose();
    void this.#handle?.cancel().catch(() => {});
    this.#changed.fire();
    this.#changed.dispose();
  }

  /** One question is on its way at a time; one that comes too early for a waiter is repeated. */
  #askForProgress(): void {
    if (this.#asked || this.#handle === undefined) return;
    this.#asked = true;
    this.#handle.requestProgress().catch((error: unknown) => {
      this.#asked = false;
      this.#onError(error);
    });
  }

  async #start(): Promise<void> {
    for (;;) {
      try {
        await this.#load();
        await this.#follow();
        return;
      } catch (error) {
        this.#onError(error);
        await sleep(this.#clock, RETRY_MS, this.#stop.signal);
      }
    }
  }

  async #load(): Promise<void> {
    const { header, kvs } = await this.#etcd.range({
      key: this.#prefix,
      rangeEnd: prefixEnd(this.#prefix),
    });
    const stored = kvs.map((kv) => new StoredObject(kv));
    this.#objects.reset((await this.#codec?.open(stored)) ?? stored);
    this.#revision = header.revision;
    this.#changedAt = header.revision;
    this.#log = new EventLog(header.revision);
    this.#tell();
  }

  async #follow(): Promise<void> {
    let isWatching = false;
    let broken: WatchResponse | undefined;
    const handle = await this.#etcd.watch(
      {
        key: this.#prefix,
        rangeEnd: prefixEnd(this.#prefix),
        startRevision: this.#revision + 1,
        progressNotify: true,
      },
      (response) => {
        if (!response.canceled) return this.#take(response);
        // Of one that is only being made, its maker hears.
        if (isWatching) this.#break(response);
        else broken = response;
        return undefined;
      },
    );
    isWatching = true;
    this.#handle = handle;
    this.#asked = false;
    if (broken !== undefined) this.#break(broken);
    else if (this.#waiters.length > 0) this.#askForProgress();
  }

  /** Nothing more comes from this watch, no answer either. */
  #break(response: WatchResponse): void {
    this.#handle = undefined;
    if (!this.ended) void this.#restart(response).catch(() => {});
  }

  #take(response: WatchResponse): void | Promise<void> {
    if (this.#stop.signal.aborted) return undefined;
    this.#asked = false;
    const put = response.events
      .filter(({ type }) => type === 'PUT')
      .map(({ kv }) => new StoredObject(kv));
    if (this.#codec === undefined || put.length === 0) return this.#apply(response, put);
    this.#taking = this.#codec.open(put).then(
      (opened) => this.#apply(response, opened),
      (error: unknown) => this.#beginAnew(error),
    );
    return this.#taking;
  }

  /** What etcd told cannot be served, so that nothing that follows makes sense. */
  #beginAnew(error: unknown): void {
    this.#onError(error);
    void this.#handle?.cancel().catch(() => {});
    this.#handle = undefined;
    void this.#start().catch(() => {});
  }

  /** @param put what each PUT among the events has put there */
  #apply(response: WatchResponse, put: readonly StoredObject[]): void {
    let index = 0;
    for (const { type, kv } of response.events) {
      const previous = this.#objects.get(kv.key);
      const current = type === 'PUT' ? put[index++] : undefined;
      if (current !== undefined) {
        this.#objects.set(current);
        this.#append(kv.modRevision, current, previous);
      } else if (previous !== undefined) {
        this.#objects.delete(kv.key);
        this.#append(kv.modRevision, undefined, previous.at(kv.modRevision));
      }
    }
    this.#revision = Math.max(this.#revision, response.header.revision);
    this.#tell();
  }

  /** Goes on where the watch broke off; from a new beginning when that past is compacted. */
  async #restart({ compactRevision }: WatchResponse): Promise<void> {
    // What was told still counts, and would be told again.
    await this.#taking;
    for (;;) {
      try {
        if (compactRevision > 0) await this.#load();
        await this.#follow();
        return;
      } catch (error) {
        this.#onError(error);
        await sleep(this.#clock, RETRY_MS, this.#stop.signal);
      }
    }
  }

  #append(
    revision: number,
    current: StoredObject | undefined,
    previous: StoredObject | undefined,
  ): void {
    this.#changedAt = revision;
    this.#log.append({ revision, current, previous, frames: new Map() }, this.#clock.monotonic());
  }

  #tell(): void {
    const waiting = this.#waiters;
    this.#waiters = waiting.filter(({ revision }) => revision > this.#revision);
    for (const { revision, done } of waiting) if (revision <= this.#revision) done();
    this.#changed.fire();
    this.#askLater?.dispose();
    this.#askLater = undefined;
    // At once would be in a circle, for a revision that etcd does not have.
    if (this.#waiters.length > 0)
      this.#askLater = this.#clock.setTimer(() => this.#askForProgress(), PROGRESS_MS);
  }
}
