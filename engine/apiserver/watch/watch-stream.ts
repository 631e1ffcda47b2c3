import type { Clock } from '../../base/clock.ts';
import type { SentEvent, StreamMeter } from '../request/exchange.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { StoredObject } from '../store/stored-object.ts';
import type { ChangeEvent } from './event-log.ts';
import type { WatchCache } from './watch-cache.ts';

/** How a client wants to see objects. Streams with the same `key` share their bytes. */
export interface EventEncoder {
  readonly key: string;
  /** JSON text; `first` is true for the first object of a stream (the one with a table's columns) */
  object(stored: StoredObject, first: boolean): Uint8Array;
  /** JSON text of an object that only tells a resource version */
  bookmark(revision: number, initialEventsEnd: boolean): Uint8Array;
}

export interface WatchStreamOptions {
  readonly cache: WatchCache;
  readonly clock: Clock;
  /** sent first, as added; then what comes after `revision` */
  readonly initial: readonly StoredObject[];
  /** events after this one follow; the cache's log must reach back to it */
  readonly revision: number;
  /** whether the client may see an object, and asked for it */
  readonly matches: (stored: StoredObject) => boolean;
  readonly encoder: EventEncoder;
  /** tell a resource version now and then */
  readonly bookmarks: boolean;
  /** tell by a bookmark when `initial` is over */
  readonly markInitialEnd: boolean;
  /** milliseconds until the stream ends */
  readonly timeout: number;
  /** told of each event, and of the end */
  readonly meter?: StreamMeter;
}

type EventType = SentEvent['type'];

/** Milliseconds between bookmarks (upstream `defaultBookmarkFrequency`). */
const BOOKMARK_MS = 60_000;
/** Milliseconds before the end at which there is one more, so that clients go on from now (upstream `nextBookmarkTime`). */
const LAST_BOOKMARK_MS = 2000;
/** Bytes gathered for one write. */
const BATCH = 64 * 1024;

const encoder = new TextEncoder();
const AFTER = encoder.encode('}\n');
const BEFORE: Readonly<Record<EventType, Uint8Array>> = {
  ADDED: encoder.encode('{"type":"ADDED","object":'),
  MODIFIED: encoder.encode('{"type":"MODIFIED","object":'),
  DELETED: encoder.encode('{"type":"DELETED","object":'),
  BOOKMARK: encoder.encode('{"type":"BOOKMARK","object":'),
};

function frame(type: EventType, object: Uint8Array): Uint8Array {
  const before = BEFORE[type];
  const result = new Uint8Array(before.length + object.length + AFTER.length);
  result.set(before);
  result.set(object, before.length);
  result.set(AFTER, before.length + object.length);
  return result;
}

interface VisibleChange {
  readonly type: EventType;
  readonly stored: StoredObject;
}

/** An event as somebody sees it who knows only what matches; undefined when nothing changes for him. */
function visibleChange(
  { current, previous, revision }: ChangeEvent,
  matches: (stored: StoredObject) => boolean,
): VisibleChange | undefined {
  const now = current !== undefined && matches(current);
  const before = previous !== undefined && matches(previous);
  if (now) return { type: before ? 'MODIFIED' : 'ADDED', stored: current };
  if (!before) return undefined;
  return { type: 'DELETED', stored: current === undefined ? previous : previous.at(revision) };
}

/** The state of one watch: its position in the cache's log, and what it still has to say. */
class Watcher {
  readonly #options: WatchStreamOptions;
  #initial: number = 0;
  #position: number;
  #log: WatchCache['log'];
  #first = true;
  #endMarked: boolean;
  bookmarkDue = false;

  constructor(options: WatchStreamOptions) {
    this.#options = options;
    this.#log = options.cache.log;
    this.#position = this.#log.after(options.revision);
    this.#endMarked = !options.markInitialEnd;
  }

  /** False once events were lost: the client read too slowly, or etcd forgot its past. */
  get intact(): boolean {
    return this.#log === this.#options.cache.log && this.#log.has(this.#position);
  }

  /** What there is to send now, up to a batch. */
  take(): Uint8Array[] {
    const { initial, cache, encoder: objects, revision, meter } = this.#options;
    const frames: Uint8Array[] = [];
    let size = 0;
    const push = (bytes: Uint8Array, type: EventType, stored?: StoredObject): void => {
      frames.push(bytes);
      meter?.sent({ size: bytes.length, type, stored });
      size += bytes.length;
      this.#first = false;
    };
    for (; this.#initial < initial.length && size < BATCH; this.#initial++) {
      const stored = initial[this.#initial];
      if (stored !== undefined)
        push(frame('ADDED', objects.object(stored, this.#first)), 'ADDED', stored);
    }
    if (this.#initial < initial.length) return frames;
    if (!this.#endMarked) {
      this.#endMarked = true;
      push(frame('BOOKMARK', objects.bookmark(revision, true)), 'BOOKMARK');
    }
    while (size < BATCH && this.intact) {
      const event = this.#log.at(this.#position);
      if (event === undefined) break;
      this.#position++;
      const change = this.#visible(event);
      if (change !== undefined) push(this.#encode(event, change), change.type, change.stored);
    }
    if (this.bookmarkDue && size < BATCH) {
      this.bookmarkDue = false;
      push(
        frame('BOOKMARK', objects.bookmark(Math.max(cache.revision, revision), false)),
        'BOOKMARK',
      );
    }
    return frames;
  }

  #visible(event: ChangeEvent): VisibleChange | undefined {
    const { matches, revision } = this.#options;
    // A watch may begin at a version that is still to come.
    return event.revision <= revision ? undefined : visibleChange(event, matches);
  }

  #encode(event: ChangeEvent, change: VisibleChange): Uint8Array {
    const { encoder: objects } = this.#options;
    const key = `${change.type} ${this.#first ? 'first ' : ''}${objects.key}`;
    let bytes = event.frames.get(key);
    if (bytes === undefined) {
      bytes = frame(change.type, objects.object(change.stored, this.#first));
      event.frames.set(key, bytes);
    }
    return bytes;
  }
}

function join(frames: readonly Uint8Array[]): Uint8Array {
  const [only] = frames;
  if (frames.length === 1 && only !== undefined) return only;
  const result = new Uint8Array(frames.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const bytes of frames) {
    result.set(bytes, offset);
    offset += bytes.length;
  }
  return result;
}

/**
 * The body of a watch: one JSON object a line. It ends after `timeout`, or when its reader was too
 * slow and events were lost; clients then begin anew from the last resource version they saw.
 */
export function watchStream(options: WatchStreamOptions): ReadableStream<Uint8Array> {
  const { cache, clock } = options;
  const watcher = new Watcher(options);
  let over = false;
  let wake = (): void => {};
  const changes = cache.onChange(() => wake());
  const deadline = clock.setTimer(() => {
    over = true;
    wake();
  }, options.timeout);
  const lastBookmark = clock.monotonic() + options.timeout - LAST_BOOKMARK_MS;
  const nextBookmark = (): Disposable => {
    const left = lastBookmark - clock.monotonic();
    return clock.setTimer(
      () => {
        watcher.bookmarkDue = true;
        // What etcd answers wakes us, with everything that happened before.
        cache.requestProgress();
        bookmarks = nextBookmark();
      },
      left > 0 && left < BOOKMARK_MS ? left : BOOKMARK_MS,
    );
  };
  let bookmarks = options.bookmarks ? nextBookmark() : undefined;
  const release = (): void => {
    over = true;
    wake();
    changes.dispose();
    deadline.dispose();
    bookmarks?.dispose();
    options.meter?.end();
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          const frames = watcher.take();
          if (frames.length > 0) {
            controller.enqueue(join(frames));
            return;
          }
          if (over || cache.ended || !watcher.intact) {
            release();
            controller.close();
            return;
          }
          await new Promise<void>((resolve) => (wake = resolve));
        }
      },
      cancel: release,
    },
    { highWaterMark: 0 },
  );
}
