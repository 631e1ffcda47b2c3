import type { Disposable } from '../base/disposable.ts';
import { SeriesRecorder, type Occurrence } from '../client/events/series-recorder.ts';
import type { SchedulerOptions } from './scheduler.ts';

/** Events are longer than this nowhere (core validation). */
const MOST_CHARACTERS = 1024;

/** Records events, each profile under its own name. */
export class ProfileEvents implements Disposable {
  readonly #recorders: ReadonlyMap<string, SeriesRecorder>;

  constructor(
    schedulerNames: readonly string[],
    { client, clock, random, hostName, configuration, onError }: SchedulerOptions,
  ) {
    const { qps, burst } = configuration.clientConnection;
    this.#recorders = new Map(
      schedulerNames.map((name) => [
        name,
        new SeriesRecorder({
          client,
          clock,
          random,
          reportingController: name,
          reportingInstance: `${name}-${hostName}`,
          onError,
          // As client-go: a negative rate is none.
          ...(qps < 0 ? {} : { limit: { perSecond: qps, burst } }),
        }),
      ]),
    );
  }

  record(schedulerName: string, { note, ...occurrence }: Occurrence): void {
    const text =
      note.length <= MOST_CHARACTERS ? note : `${note.slice(0, MOST_CHARACTERS - 4)} ...`;
    this.#recorders.get(schedulerName)?.event({ ...occurrence, note: text });
  }

  dispose(): void {
    for (const recorder of this.#recorders.values()) recorder.dispose();
  }
}
