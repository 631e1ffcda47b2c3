import type { Clock } from '../../base/clock.ts';
import type { Event } from '../../objects/generated/core-v1.generated.ts';
import { formatTime } from '../../objects/time.ts';
import { TokenBucket } from '../queue/rate-limiter.ts';
import type { Stored } from '../resource.ts';
import type { EventNames } from './event-naming.ts';
import { Recent } from './recent.ts';

/** Events of one source about one object that may come at once, and one more every so many seconds. */
const SPAM_BURST = 25;
const SPAM_SECONDS = 300;
/** Events that differ only in their message, from which on they are combined; within this time. */
const MOST_SIMILAR = 10;
const SIMILAR_MS = 600_000;

/** An event to be written: a new one, or one that was written before and now counts more. */
export interface Correlated {
  readonly event: Event;
  readonly update: boolean;
}

interface Similar {
  readonly messages: ReadonlySet<string>;
  readonly last: number;
}

interface Written {
  readonly name: string;
  readonly count: number;
  readonly firstTimestamp: string;
}

/**
 * Keeps components from flooding the API server with events (client-go's `tools/record`): too many
 * about one object are dropped, similar ones are combined, equal ones are counted.
 */
export class EventCorrelator {
  readonly #clock: Clock;
  readonly #names: EventNames;
  readonly #buckets = new Recent<TokenBucket>();
  readonly #similar = new Recent<Similar>();
  readonly #written = new Recent<Written>();

  constructor(clock: Clock, names: EventNames) {
    this.#clock = clock;
    this.#names = names;
  }

  /** Undefined: it is one too many. */
  correlate(event: Event): Correlated | undefined {
    const { event: combined, key } = this.#combine(event);
    const counted = this.#count(combined, key);
    return this.#isSpam(counted.event) ? undefined : counted;
  }

  /** What the server has now. */
  written(event: Stored<Event>): void {
    const { count = 1, firstTimestamp = '', metadata } = event;
    this.#written.set(keyOf(event), { name: metadata.name, count, firstTimestamp });
  }

  #combine(event: Event): { readonly event: Event; readonly key: string } {
    const now = this.#clock.now();
    const group = groupOf(event);
    const known = this.#similar.get(group);
    const recent = known !== undefined && now - known.last <= SIMILAR_MS ? known.messages : [];
    const messages = new Set(recent).add(event.message ?? '');
    if (messages.size < MOST_SIMILAR) {
      this.#similar.set(group, { messages, last: now });
      return { event, key: keyOf(event) };
    }
    // No more than are needed to know that there are many.
    const [any] = messages;
    messages.delete(any ?? '');
    this.#similar.set(group, { messages, last: now });
    const time = formatTime(now);
    const combined: Event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: {
        name: this.#names.next(event.involvedObject),
        ...(event.metadata.namespace === undefined ? {} : { namespace: event.metadata.namespace }),
      },
      count: 1,
      firstTimestamp: time,
      lastTimestamp: time,
      involvedObject: event.involvedObject,
      message: `(combined from similar events): ${event.message ?? ''}`,
      ...(event.type === undefined ? {} : { type: event.type }),
      ...(event.reason === undefined ? {} : { reason: event.reason }),
      ...(event.source === undefined ? {} : { source: event.source }),
    };
    return { event: combined, key: group };
  }

  #count(event: Event, key: string): Correlated {
    const before = this.#written.get(key);
    const counted: Event =
      before === undefined
        ? event
        : {
            ...event,
            metadata: { ...event.metadata, name: before.name },
            firstTimestamp: before.firstTimestamp,
            count: before.count + 1,
          };
    const { count = 1, firstTimestamp = '', metadata } = counted;
    this.#written.set(key, { name: metadata.name ?? '', count, firstTimestamp });
    return { event: counted, update: before !== undefined };
  }

  #isSpam(event: Event): boolean {
    const key = sourceOf(event);
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = new TokenBucket(this.#clock, 1 / SPAM_SECONDS, SPAM_BURST);
      this.#buckets.set(key, bucket);
    }
    return !bucket.tryTake();
  }
}

function sourceOf({ source, involvedObject, type }: Event): string {
  const { kind, namespace, name, uid, apiVersion } = involvedObject;
  return JSON.stringify([source, kind, namespace, name, uid, apiVersion, type]);
}

function groupOf(event: Event): string {
  const { reason, reportingComponent, reportingInstance } = event;
  return JSON.stringify([sourceOf(event), reason, reportingComponent, reportingInstance]);
}

function keyOf(event: Event): string {
  const { involvedObject, reason, message } = event;
  return JSON.stringify([sourceOf(event), involvedObject.fieldPath, reason, message]);
}
