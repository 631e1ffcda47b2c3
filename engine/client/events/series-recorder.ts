import { sleep, type Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { Random } from '../../base/random.ts';
import type { Event } from '../../objects/generated/events-v1.generated.ts';
import type { KubernetesObject } from '../../objects/kubernetes-object.ts';
import { StatusError } from '../../objects/status/status-error.ts';
import { formatMicroTime } from '../../objects/time.ts';
import type { Client } from '../client.ts';
import { TokenBucket } from '../queue/rate-limiter.ts';
import { resources } from '../resources.ts';
import { reasonOf } from '../response-failure.ts';
import { EventNames, referenceTo } from './event-naming.ts';

export interface SeriesRecorderOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  /** such as `default-scheduler` */
  readonly reportingController: string;
  /** such as `default-scheduler-control-plane` */
  readonly reportingInstance: string;
  /** told of events that could not be written; nobody else is */
  readonly onError: (error: unknown) => void;
  /** Writes at most so many a second, and so many at once; no limit when absent. */
  readonly limit?: { readonly perSecond: number; readonly burst: number };
}

/** What happened. */
export interface Occurrence {
  readonly regarding: KubernetesObject;
  readonly related?: KubernetesObject;
  readonly type: 'Normal' | 'Warning';
  /** why, in upper camel case */
  readonly reason: string;
  /** what was done, in upper camel case */
  readonly action: string;
  /** for people */
  readonly note: string;
}

/** Milliseconds between writes of a series that goes on. */
const REFRESH_MS = 30 * 60 * 1000;
/** Milliseconds without a further occurrence after which a series is over. */
const FINISH_MS = 6 * 60 * 1000;
/** Events that wait for their turn at most; more than these are lost, as client-go's are. */
const MOST_WAITING = 1000;
const MOST_TRIES = 12;
/** Milliseconds between tries, longer by up to a quarter. */
const RETRY_MS = 10_000;

interface Series {
  event: Event;
  count: number;
  /** UNIX milliseconds */
  last: number;
}

/**
 * Records events.k8s.io/v1 Events as client-go's `tools/events` does: the first of its kind is
 * written, the second makes it a series, and later ones are counted and written from time to time.
 * The scheduler uses it.
 */
export class SeriesRecorder implements Disposable {
  readonly #options: SeriesRecorderOptions;
  readonly #names: EventNames;
  readonly #series = new Map<string, Series>();
  readonly #stop = new AbortController();
  readonly #bucket: TokenBucket | undefined;
  /** events that wait for their turn */
  readonly #waiting: (() => void)[] = [];
  #pacing = false;

  constructor(options: SeriesRecorderOptions) {
    this.#options = options;
    const { limit } = options;
    if (limit !== undefined)
      this.#bucket = new TokenBucket(options.clock, limit.perSecond, limit.burst);
    this.#names = new EventNames(options.clock, options.random);
    void this.#every(REFRESH_MS, () => this.#refresh());
    void this.#every(FINISH_MS, () => this.#finish());
  }

  event(occurrence: Occurrence): void {
    if (this.#stop.signal.aborted) return;
    const now = this.#options.clock.now();
    const event = this.#make(occurrence, now);
    const key = keyOf(event);
    const known = this.#series.get(key);
    if (known === undefined) {
      this.#series.set(key, { event, count: 1, last: now });
      void this.#write(event);
      return;
    }
    known.count++;
    known.last = now;
    if (known.count === 2) void this.#write(withSeries(known));
  }

  /** Series are left as they were written last. */
  dispose(): void {
    this.#stop.abort();
    this.#series.clear();
  }

  #make({ regarding, related, type, reason, action, note }: Occurrence, now: number): Event {
    const reference = referenceTo(regarding);
    const { reportingController, reportingInstance } = this.#options;
    return {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: {
        name: this.#names.next(reference),
        namespace: reference.namespace ?? 'default',
      },
      eventTime: formatMicroTime(now),
      reportingController,
      reportingInstance,
      action,
      reason,
      regarding: reference,
      ...(related === undefined ? {} : { related: referenceTo(related) }),
      note,
      type,
    };
  }

  async #every(milliseconds: number, work: () => Promise<void>): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await sleep(this.#options.clock, milliseconds, signal).catch(() => {});
      if (!signal.aborted) await work();
    }
  }

  async #refresh(): Promise<void> {
    for (const series of this.#series.values())
      if (series.count > 1) await this.#write(withSeries(series));
  }

  async #finish(): Promise<void> {
    const before = this.#options.clock.now() - FINISH_MS;
    for (const [key, series] of this.#series) {
      if (series.last >= before) continue;
      if (series.count > 1) await this.#write(withSeries(series));
      this.#series.delete(key);
    }
  }

  async #write(event: Event): Promise<void> {
    const { clock, random, onError } = this.#options;
    const { signal } = this.#stop;
    if (!(await this.#turn())) return;
    for (let tries = 1; !signal.aborted; tries++) {
      try {
        await this.#send(event);
        return;
      } catch (error) {
        if (signal.aborted) return;
        // The event a series is about may still be on its way.
        const onItsWay = event.series !== undefined && reasonOf(error) === 'AlreadyExists';
        if ((error instanceof StatusError && !onItsWay) || tries === MOST_TRIES) {
          onError(error);
          return;
        }
        await sleep(clock, RETRY_MS * (1 + random.next() / 4), signal).catch(() => {});
      }
    }
  }

  /** Waits until the next event may be written. False: too many wait. */
  async #turn(): Promise<boolean> {
    if (this.#bucket === undefined) return true;
    if (this.#waiting.length >= MOST_WAITING) return false;
    if (this.#waiting.length === 0 && !this.#pacing && this.#bucket.tryTake()) return true;
    const turn = new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (!this.#pacing) void this.#pace(this.#bucket);
    await turn;
    return !this.#stop.signal.aborted;
  }

  /** Lets those that wait go on as tokens come. */
  async #pace(bucket: TokenBucket): Promise<void> {
    const { signal } = this.#stop;
    this.#pacing = true;
    while (this.#waiting.length > 0) {
      await sleep(this.#options.clock, bucket.take(), signal).catch(() => {});
      this.#waiting.shift()?.();
      while (this.#waiting.length > 0 && (signal.aborted || bucket.tryTake()))
        this.#waiting.shift()?.();
    }
    this.#pacing = false;
  }

  async #send(event: Event): Promise<void> {
    const { client } = this.#options;
    if (event.series !== undefined) {
      const patch = { type: 'strategic', patch: { series: event.series } } as const;
      try {
        await client.patch(resources.groupEvents, event.metadata, patch);
        return;
      } catch (error) {
        if (reasonOf(error) !== 'NotFound') throw error;
      }
    }
    await client.create(resources.groupEvents, event);
  }
}

function withSeries({ event, count, last }: Series): Event {
  return { ...event, series: { count, lastObservedTime: formatMicroTime(last) } };
}

/** Events that are the same but for their note and time. */
function keyOf(event: Event): string {
  const { type, action, reason, reportingController, reportingInstance, regarding, related } =
    event;
  return JSON.stringify([
    type,
    action,
    reason,
    reportingController,
    reportingInstance,
    regarding,
    related,
  ]);
}
