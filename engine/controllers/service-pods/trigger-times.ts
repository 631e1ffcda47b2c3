import { keyOf } from '../../client/informer/object-store.ts';
import type { Stored } from '../../client/resource.ts';
import type { Pod, Service } from '../../objects/generated/core-v1.generated.ts';

interface Known {
  readonly service: string;
  readonly pods: ReadonlyMap<string, string>;
}

/** On endpoints: when the change that led to them happened, for measuring how long it takes to be known. */
export const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';

const changedAt = (pod: Pod): string | undefined =>
  pod.status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime;

const isAfter = (time: string, other: string | undefined): boolean =>
  other === undefined || Date.parse(time) > Date.parse(other);

/** Finds when the oldest change happened that endpoints do not show yet (upstream's `TriggerTimeTracker`). */
export class TriggerTimes {
  readonly #known = new Map<string, Known>();

  /** RFC 3339; undefined when nothing new is known to have happened. Call it once for each change of endpoints. */
  next(service: Stored<Service>, pods: readonly Stored<Pod>[]): string | undefined {
    const key = keyOf(service.metadata);
    const known = this.#known.get(key);
    const times = new Map<string, string>();
    const fresh: string[] = [];
    for (const pod of pods) {
      const time = changedAt(pod);
      if (time === undefined) continue;
      times.set(pod.metadata.name, time);
      if (isAfter(time, known?.pods.get(pod.metadata.name))) fresh.push(time);
    }
    const created = service.metadata.creationTimestamp;
    if (isAfter(created, known?.service)) fresh.push(created);
    this.#known.set(key, { service: created, pods: times });
    if (known === undefined) return created;
    return fresh.toSorted((a, b) => Date.parse(a) - Date.parse(b))[0];
  }

  forget(key: string): void {
    this.#known.delete(key);
  }
}
