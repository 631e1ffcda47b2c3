import { sleep, type Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { Random } from '../../base/random.ts';
import type { Event } from '../../objects/generated/core-v1.generated.ts';
import type { KubernetesObject } from '../../objects/kubernetes-object.ts';
import { StatusError } from '../../objects/status/status-error.ts';
import { formatTime } from '../../objects/time.ts';
import type { Client } from '../client.ts';
import { resources } from '../resources.ts';
import { reasonOf } from '../response-failure.ts';
import { EventCorrelator, type Correlated } from './event-correlator.ts';
import { EventNames, referenceTo } from './event-naming.ts';

export interface EventRecorderOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  /** such as `deployment-controller`; `host` is the node for a kubelet */
  readonly source: { readonly component: string; readonly host?: string };
  /** told of events that could not be written; nobody else is */
  readonly onError: (error: unknown) => void;
}

/** Events that wait to be written; later ones are dropped. */
const MOST_WAITING = 1000;
const MOST_TRIES = 12;
/** Milliseconds between tries. */
const RETRY_MS = 10_000;

/**
 * Records core/v1 Events as client-go's `tools/record` does: never waits, and never fails its
 * caller. Used by controllers and kubelets; for events.k8s.io see `SeriesRecorder`.
 */
export class EventRecorder implements Disposable {
  readonly #options: EventRecorderOptions;
  readonly #names: EventNames;
  readonly #correlator: EventCorrelator;
  readonly #waiting: Event[] = [];
  readonly #stop = new AbortController();
  #writing = false;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#names = new EventNames(options.clock, options.random);
    this.#correlator = new EventCorrelator(options.clock, this.#names);
  }

  /**
   * @param reason in upper camel case, for programs
   * @param message for people
   * @param details.fieldPath the part of the object it is about: `spec.containers{web}`
   */
  event(
    object: KubernetesObject,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    details: {
      readonly fieldPath?: string;
      readonly annotations?: Readonly<Record<string, string>>;
    } = {},
  ): void {
    if (this.#stop.signal.aborted || this.#waiting.length >= MOST_WAITING) return;
    this.#waiting.push(this.#make(object, type, reason, message, details));
    if (!this.#writing) void this.#write();
  }

  /** Drops what waits. */
  dispose(): void {
    this.#stop.abort();
    this.#waiting.length = 0;
  }

  #make(
    object: KubernetesObject,
    type: string,
    reason: string,
    message: string,
    details: {
      readonly fieldPath?: string;
      readonly annotations?: Readonly<Record<string, string>>;
    },
  ): Event {
    const { source, clock } = this.#options;
    const involvedObject = referenceTo(object, details.fieldPath);
    const time = formatTime(clock.now());
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: {
        name: this.#names.next(involvedObject),
        namespace: involvedObject.namespace ?? 'default',
        ...(details.annotations === undefined ? {} : { annotations: details.annotations }),
      },
      involvedObject,
      reason,
      message,
      source,
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
      type,
      reportingComponent: source.component,
      ...(source.host === undefined ? {} : { reportingInstance: source.host }),
    };
  }

  /** One after the other, so that the second of two equal events knows the first. */
  async #write(): Promise<void> {
    this.#writing = true;
    for (let event = this.#waiting.shift(); event !== undefined; event = this.#waiting.shift()) {
      const correlated = this.#correlator.correlate(event);
      if (correlated !== undefined) await this.#writeOne(correlated);
    }
    this.#writing = false;
  }

  async #writeOne(correlated: Correlated): Promise<void> {
    const { clock, random, onError } = this.#options;
    const { signal } = this.#stop;
    for (let tries = 1; !signal.aborted; tries++) {
      try {
        this.#correlator.written(await this.#send(correlated));
        return;
      } catch (error) {
        if (signal.aborted) return;
        // What the server refuses it will refuse again.
        const final = error instanceof StatusError || tries === MOST_TRIES;
        if (reasonOf(error) !== 'AlreadyExists' && final) onError(error);
        if (final) return;
        const wait = tries === 1 ? RETRY_MS * random.next() : RETRY_MS;
        await sleep(clock, wait, signal).catch(() => {});
      }
    }
  }

  async #send({ event, update }: Correlated) {
    const { client } = this.#options;
    const { signal } = this.#stop;
    if (update) {
      const { count, lastTimestamp, message } = event;
      const patch = { count, lastTimestamp, message };
      try {
        return await client.patch(
          resources.events,
          event.metadata,
          { type: 'strategic', patch },
          { signal },
        );
      } catch (error) {
        // Events are kept for an hour only.
        if (reasonOf(error) !== 'NotFound') throw error;
      }
    }
    return client.create(resources.events, event, { signal });
  }
}
