/** Leases and the keys that go with them. Time is not known here: see `Lessor`. */
export class LeaseTable {
  readonly #leases = new Map<number, { readonly ttl: number; readonly keys: Set<string> }>();

  /** Seconds granted; undefined when there is no such lease. */
  ttl(id: number): number | undefined {
    return this.#leases.get(id)?.ttl;
  }

  get all(): { readonly id: number; readonly ttl: number }[] {
    return Array.from(this.#leases, ([id, { ttl }]) => ({ id, ttl }));
  }

  keys(id: number): readonly string[] {
    return [...(this.#leases.get(id)?.keys ?? [])];
  }

  grant(id: number, ttl: number): void {
    this.#leases.set(id, { ttl, keys: new Set() });
  }

  revoke(id: number): void {
    this.#leases.delete(id);
  }

  attach(id: number, key: string): void {
    this.#leases.get(id)?.keys.add(key);
  }

  detach(id: number, key: string): void {
    this.#leases.get(id)?.keys.delete(key);
  }
}
