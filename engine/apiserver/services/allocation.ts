import type { ApiObject } from '../registry/api-object.ts';

/** What a write of an object takes from a pool that all objects share. */
export interface Allocation {
  /** the object with what it was given */
  readonly object: ApiObject;
  /** Told how the write ended: what is no longer used goes back. Never rejects. */
  settle(written: boolean): Promise<void>;
}

/** Gives objects of a resource their share before they are checked and stored. */
export interface Allocator {
  /** @param old undefined for a creation. Errors: `Invalid` for what cannot be had. */
  allocate(object: ApiObject, old: ApiObject | undefined, dryRun: boolean): Promise<Allocation>;
  /** Takes back what a deleted object had. */
  release(object: ApiObject): Promise<void>;
}
