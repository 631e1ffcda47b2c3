import type { Recorded } from './recording.ts';
import type { Station } from './stations.ts';

/** A program, and the kinds that it watches now. */
export interface Watcher {
  readonly station: Station;
  /** in order of the alphabet */
  readonly resources: readonly string[];
}

/** Which watches go on. They may have begun long before what a recording still has. */
export class OpenWatches {
  /** by id of the station: how many it has of each kind */
  readonly #open = new Map<string, { station: Station; counts: Map<string, number> }>();

  note({ entry, station }: Recorded): void {
    if (entry.kind === 'watch') this.#count(station, entry.object.resource, 1);
    // One that was refused had not begun.
    else if (entry.kind === 'request' && entry.verb === 'watch' && entry.status < 400)
      this.#count(station, entry.object?.resource ?? '', -1);
  }

  clear(): void {
    this.#open.clear();
  }

  list(): readonly Watcher[] {
    return [...this.#open.values()].map(({ station, counts }) => ({
      station,
      resources: [...counts.keys()].toSorted(),
    }));
  }

  #count(station: Station, resource: string, by: 1 | -1): void {
    const { counts } = this.#open.get(station.id) ?? { counts: new Map<string, number>() };
    const count = (counts.get(resource) ?? 0) + by;
    if (count > 0) counts.set(resource, count);
    else counts.delete(resource);
    if (counts.size > 0) this.#open.set(station.id, { station, counts });
    else this.#open.delete(station.id);
  }
}
