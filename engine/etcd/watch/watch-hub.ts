import {
  EtcdError,
  type ResponseHeader,
  type WatchEvent,
  type WatchHandle,
  type WatchRequest,
  type WatchResponse,
} from '../../api/etcd.ts';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import { runSoon } from '../../base/run-soon.ts';
import { boundsOf, orderKey, within, type Bounds } from '../store/key-order.ts';
import type { StateMachine } from '../state/state-machine.ts';
import type { Version } from '../store/version.ts';
import { RangeIndex } from './range-index.ts';

/** Events after which a watcher that catches up gets a response, at the next end of a revision. */
const CATCH_UP_EVENTS = 1000;

/** What etcd says of a watch that could never see anything (`mvcc.ErrEmptyWatcherRange`). */
const EMPTY_RANGE = 'mvcc: watcher range is empty';

interface Watcher {
  readonly request: WatchRequest;
  readonly bounds: Bounds;
  readonly onResponse: (response: WatchResponse) => void | Promise<void>;
  /** events of this batch */
  pending: WatchEvent[];
  /** first revision it has not been told of, when it must catch up from the store */
  behind: number | undefined;
  /** the last response has not been taken yet */
  busy: boolean;
  wantsProgress: boolean;
  /** nothing was sent since the last round of progress notifications */
  quiet: boolean;
  closed: boolean;
}

/**
 * Tells watchers what happened. One that keeps up is handed the events of each batch; one that is
 * still busy with a response, or starts in the past, is only marked and later reads the store
 * again, so a slow watcher costs no memory.
 */
export class WatchHub implements Disposable {
  readonly #machine: StateMachine;
  readonly #index = new RangeIndex<Watcher>();
  readonly #watchers = new Set<Watcher>();
  readonly #touched = new Set<Watcher>();
  readonly #onError: (error: unknown) => void;
  #timer: Disposable;

  /** @param interval milliseconds between progress notifications */
  constructor(
    machine: StateMachine,
    clock: Clock,
    interval: number,
    onError: (error: unknown) => void,
  ) {
    this.#machine = machine;
    this.#onError = onError;
    const tick = (): void => {
      for (const watcher of this.#watchers) {
        if (watcher.request.progressNotify === true && watcher.quiet) this.#progress(watcher);
        watcher.quiet = true;
      }
      this.#timer = clock.setTimer(tick, interval);
    };
    this.#timer = clock.setTimer(tick, interval);
  }

  get size(): number {
    return this.#watchers.size;
  }

  watch(
    request: WatchRequest,
    onResponse: (response: WatchResponse) => void | Promise<void>,
  ): WatchHandle {
    const { startRevision = 0, key } = request;
    const { store, header } = this.#machine;
    const past = startRevision !== 0 && startRevision <= store.revision;
    const watcher: Watcher = {
      request,
      // An empty key is the smallest one here, not an error.
      bounds: boundsOf(key === '' ? { ...request, key: '\0' } : request),
      onResponse,
      pending: [],
      behind: past ? startRevision : undefined,
      busy: past,
      wantsProgress: false,
      quiet: true,
      closed: false,
    };
    this.#watchers.add(watcher);
    this.#index.add(watcher.bounds, watcher);
    const { low, high } = watcher.bounds;
    if (high !== undefined && high <= low) runSoon(() => this.#end(watcher, 0, EMPTY_RANGE));
    else if (past) runSoon(() => this.#ready(watcher));
    return {
      header,
      cancel: () => {
        this.#close(watcher);
        return Promise.resolve();
      },
      requestProgress: () => {
        this.#progress(watcher);
        return Promise.resolve();
      },
    };
  }

  /** Takes note of the changes of one revision; `flush` sends them. */
  publish(changes: readonly Version[]): void {
    for (const version of changes) {
      let event: WatchEvent | undefined;
      let eventWithPrevious: WatchEvent | undefined;
      this.#index.visit(orderKey(version.key), (watcher) => {
        if (!wants(watcher.request, version)) return;
        if (watcher.busy) {
          watcher.behind ??= version.modRevision;
          return;
        }
        watcher.pending.push(
          watcher.request.prevKv === true
            ? (eventWithPrevious ??= this.#eventWithPrevious(version))
            : (event ??= eventOf(version)),
        );
        this.#touched.add(watcher);
      });
    }
  }

  flush(): void {
    if (this.#touched.size === 0) return;
    const { header } = this.#machine;
    const touched = [...this.#touched];
    this.#touched.clear();
    for (const watcher of touched) this.#deliver(watcher, header);
  }

  /** Ends every watch: the server stops. */
  dispose(): void {
    this.#timer.dispose();
    for (const watcher of this.#watchers) this.#end(watcher, 0, new EtcdError('STOPPED').message);
  }

  #deliver(watcher: Watcher, header: ResponseHeader): void {
    const events = watcher.pending;
    watcher.pending = [];
    this.#send(watcher, { header, events, canceled: false, cancelReason: '', compactRevision: 0 });
  }

  #send(watcher: Watcher, response: WatchResponse): void {
    if (watcher.closed) return;
    if (response.events.length > 0) watcher.quiet = false;
    const failed = (error: unknown): void => {
      this.#close(watcher);
      this.#onError(error);
    };
    try {
      const taken = watcher.onResponse(response);
      if (taken === undefined) return;
      watcher.busy = true;
      taken.then(() => this.#ready(watcher), failed);
    } catch (error) {
      failed(error);
    }
  }

  /** The watcher can take a response. */
  #ready(watcher: Watcher): void {
    watcher.busy = false;
    while (watcher.behind !== undefined && !watcher.busy && !watcher.closed)
      this.#catchUp(watcher, watcher.behind);
    if (watcher.wantsProgress) this.#progress(watcher);
  }

  #catchUp(watcher: Watcher, from: number): void {
    const { store, header } = this.#machine;
    if (from < store.compactRevision) {
      this.#end(watcher, store.compactRevision, new EtcdError('COMPACTED').message);
      return;
    }
    const { log } = store;
    const { prevKv = false } = watcher.request;
    watcher.behind = undefined;
    for (let at = store.firstSince(from); at < log.length; at++) {
      const version = log[at] as Version;
      const before = watcher.pending.at(-1)?.kv.modRevision;
      if (watcher.pending.length >= CATCH_UP_EVENTS && before !== version.modRevision) {
        watcher.behind = version.modRevision;
        break;
      }
      if (!within(watcher.bounds, orderKey(version.key))) continue;
      if (!wants(watcher.request, version)) continue;
      watcher.pending.push(prevKv ? this.#eventWithPrevious(version) : eventOf(version));
    }
    const last = watcher.pending.at(-1)?.kv.modRevision;
    if (last === undefined) return;
    const all = watcher.behind === undefined;
    this.#deliver(watcher, all ? header : { ...header, revision: last });
  }

  #progress(watcher: Watcher): void {
    const { header } = this.#machine;
    const current = !watcher.busy && watcher.pending.length === 0;
    watcher.wantsProgress = !current || header.revision < (watcher.request.startRevision ?? 0);
    if (!watcher.wantsProgress) this.#deliver(watcher, header);
  }

  #end(watcher: Watcher, compactRevision: number, cancelReason: string): void {
    const { header } = this.#machine;
    this.#send(watcher, { header, events: [], canceled: true, cancelReason, compactRevision });
    this.#close(watcher);
  }

  #close(watcher: Watcher): void {
    watcher.closed = true;
    watcher.pending = [];
    watcher.behind = undefined;
    this.#watchers.delete(watcher);
    this.#index.delete(watcher.bounds, watcher);
  }

  #eventWithPrevious(version: Version): WatchEvent {
    const { store } = this.#machine;
    const revision = version.modRevision - 1;
    const prevKv = revision < store.compactRevision ? undefined : store.get(version.key, revision);
    return prevKv === undefined ? eventOf(version) : { ...eventOf(version), prevKv };
  }
}

function eventOf(version: Version): WatchEvent {
  return { type: version.tombstone ? 'DELETE' : 'PUT', kv: version };
}

function wants({ filters, startRevision = 0 }: WatchRequest, version: Version): boolean {
  if (version.modRevision < startRevision) return false;
  return filters === undefined || !filters.includes(version.tombstone ? 'NODELETE' : 'NOPUT');
}
