import { sleep, type Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { KubernetesObject } from '../../objects/kubernetes-object.ts';
import { Backoff } from '../backoff.ts';
import type { List, ListOptions, WatchOptions } from '../client.ts';
import type { Resource } from '../resource.ts';
import { hasCause, reasonOf } from '../response-failure.ts';
import type { WatchEvent } from '../watch-events.ts';

/** What a reflector keeps the same as the server's. */
export interface Mirror<T extends KubernetesObject> {
  /** all there is now */
  replace(list: List<T>): void;
  apply(event: WatchEvent<T>): void;
}

/** Where a reflector has its objects from; a client has them from the API server. */
export interface ListerWatcher<T extends KubernetesObject> {
  list(resource: Resource<T>, options: ListOptions): Promise<List<T>>;
  watch(resource: Resource<T>, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
}

export interface ReflectorOptions<T extends KubernetesObject> {
  readonly client: ListerWatcher<T>;
  readonly resource: Resource<T>;
  readonly scope: Pick<ListOptions, 'namespace' | 'labelSelector' | 'fieldSelector'>;
  readonly mirror: Mirror<T>;
  readonly clock: Clock;
  readonly random: Random;
  /** milliseconds to wait after a failure at most, before chance doubles it; client-go's when absent */
  readonly longestPause?: number;
  /** told of each failure; it goes on */
  readonly onError: (error: unknown) => void;
  /** told of each list, and of each watch that the server has accepted: what failed before is over */
  readonly onReached?: () => void;
}

/** Milliseconds, as client-go's reflector has them. */
const BACKOFF = { initial: 800, most: 30_000, reset: 120_000 };
/** Seconds after which the server ends a watch, so that clients move between servers; up to twice as many. */
const WATCH_SECONDS = 300;
/** Milliseconds: a watch that ends before this without an event is a failure. */
const SHORT_WATCH_MS = 1000;

/**
 * Lists, then watches from where the list was, for ever. When a watch breaks off it goes on from
 * the last version seen; when the server has forgotten that version it lists again.
 */
export class Reflector<T extends KubernetesObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #backoff: Backoff;
  /** The version to go on from. '0': any the server has at hand; '': the newest there is. */
  #resourceVersion = '0';

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    const { clock, random, longestPause: most = BACKOFF.most } = options;
    this.#backoff = new Backoff({ clock, random, ...BACKOFF, most });
  }

  /** Resolves when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#list(signal);
        for (;;) await this.#watch(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (isExpired(error)) this.#resourceVersion = '';
        else this.#options.onError(error);
      }
      await this.#pause(signal);
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { client, resource, scope, mirror } = this.#options;
    const resourceVersion = this.#resourceVersion;
    const list = await client.list(resource, {
      ...scope,
      ...(resourceVersion === '' ? {} : { resourceVersion }),
      signal,
    });
    if (signal.aborted) return;
    this.#resourceVersion = list.metadata.resourceVersion ?? '';
    mirror.replace(list);
    this.#options.onReached?.();
  }

  /** @throws when it has to begin with a list again */
  async #watch(signal: AbortSignal): Promise<void> {
    const { client, resource, scope, mirror, clock, random, onError, onReached } = this.#options;
    const start = clock.monotonic();
    let events = 0;
    try {
      const watch = client.watch(resource, {
        ...scope,
        resourceVersion: this.#resourceVersion,
        allowWatchBookmarks: true,
        timeoutSeconds: Math.floor(WATCH_SECONDS * (1 + random.next())),
        signal,
        ...(onReached === undefined ? {} : { onOpen: onReached }),
      });
      for await (const event of watch) {
        if (signal.aborted) return;
        events++;
        this.#resourceVersion = event.object.metadata.resourceVersion;
        mirror.apply(event);
      }
    } catch (error) {
      if (signal.aborted || isExpired(error)) throw error;
      onError(error);
      await this.#pause(signal);
      return;
    }
    signal.throwIfAborted();
    if (events === 0 && clock.monotonic() - start < SHORT_WATCH_MS) await this.#pause(signal);
  }

  async #pause(signal: AbortSignal): Promise<void> {
    await sleep(this.#options.clock, this.#backoff.next(), signal).catch(() => {});
  }
}

/** The server has forgotten the version that was asked for, or never had it: its data was restored. */
function isExpired(error: unknown): boolean {
  const reason = reasonOf(error);
  return reason === 'Expired' || reason === 'Gone' || hasCause(error, 'ResourceVersionTooLarge');
}
