import { keyOf } from '../../client/informer/object-store.ts';
import type { Stored } from '../../client/resource.ts';
import type { EndpointSlice } from '../../objects/generated/discovery-v1.generated.ts';

export const SERVICE_NAME = 'kubernetes.io/service-name';

/** The key of the Service that a slice is of; undefined when it names none. */
export function serviceKeyOf({ metadata }: EndpointSlice): string | undefined {
  const name = metadata.labels?.[SERVICE_NAME] ?? '';
  return name === '' ? undefined : keyOf({ ...metadata, name });
}

const DELETED = -1;

/** What was written of each Service's slices, so that an informer which lags behind is noticed. */
export class SliceTracker {
  /** generation by UID, by Service */
  readonly #written = new Map<string, Map<string, number>>();

  written(slice: Stored<EndpointSlice>): void {
    this.#note(slice, slice.metadata.generation ?? 0);
  }

  deleted(slice: Stored<EndpointSlice>): void {
    this.#note(slice, DELETED);
  }

  has(slice: Stored<EndpointSlice>): boolean {
    return this.#known(slice) !== undefined;
  }

  /** Whether somebody else wrote this version. */
  isForeign(slice: Stored<EndpointSlice>): boolean {
    const known = this.#known(slice);
    return known === undefined || (slice.metadata.generation ?? 0) > known;
  }

  /** Takes note that a slice is gone. Returns whether that was not our doing. */
  gone(slice: Stored<EndpointSlice>): boolean {
    const known = this.#known(slice);
    this.#written.get(serviceKeyOf(slice) ?? '')?.delete(slice.metadata.uid);
    return known !== undefined && known !== DELETED;
  }

  /** Whether these are not yet what was written of the Service. */
  isStale(serviceKey: string, slices: readonly Stored<EndpointSlice>[]): boolean {
    const written = this.#written.get(serviceKey);
    if (written === undefined) return false;
    const found = new Set<string>();
    for (const { metadata } of slices) {
      found.add(metadata.uid);
      const known = written.get(metadata.uid);
      if (known !== undefined && (known === DELETED || known > (metadata.generation ?? 0)))
        return true;
    }
    return [...written].some(([uid, known]) => known !== DELETED && !found.has(uid));
  }

  forget(serviceKey: string): void {
    this.#written.delete(serviceKey);
  }

  #known(slice: Stored<EndpointSlice>): number | undefined {
    return this.#written.get(serviceKeyOf(slice) ?? '')?.get(slice.metadata.uid);
  }

  #note(slice: Stored<EndpointSlice>, generation: number): void {
    const key = serviceKeyOf(slice) ?? '';
    const generations = this.#written.get(key) ?? new Map<string, number>();
    this.#written.set(key, generations.set(slice.metadata.uid, generation));
  }
}
