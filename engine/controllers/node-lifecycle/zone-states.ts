/** How much of a zone is not ready. */
export type ZoneState = 'Initial' | 'Normal' | 'PartialDisruption' | 'FullDisruption';

/** With fewer nodes than this not ready, a zone is not disrupted in part. */
const FEWEST_UNHEALTHY = 3;

/** @param ready of each node @param threshold share of nodes that are not ready from which it is disrupted */
function zoneStateOf(ready: readonly boolean[], threshold: number): ZoneState {
  const notReady = ready.filter((isReady) => !isReady).length;
  if (notReady > 0 && notReady === ready.length) return 'FullDisruption';
  return notReady >= FEWEST_UNHEALTHY && notReady / ready.length >= threshold
    ? 'PartialDisruption'
    : 'Normal';
}

/** What follows from how the zones are now. */
export type Disruption =
  /** zones that are in another state than before */
  | { readonly kind: 'changed'; readonly zones: ReadonlyMap<string, ZoneState> }
  /** No node of the cluster is ready: rather the control plane is cut off than all of them gone. */
  | { readonly kind: 'began'; readonly zones: readonly string[] }
  /** Nodes are ready again where none was; the states of all zones. */
  | { readonly kind: 'ended'; readonly zones: ReadonlyMap<string, ZoneState> };

/** Remembers how zones were. */
export class ZoneStates {
  readonly #states = new Map<string, ZoneState>();
  readonly #threshold: number;

  constructor(threshold: number) {
    this.#threshold = threshold;
  }

  has(zone: string): boolean {
    return this.#states.has(zone);
  }

  add(zone: string): void {
    this.#states.set(zone, 'Initial');
  }

  /** @param ready whether each node is ready, by zone; zones that are not in it are forgotten */
  observe(ready: ReadonlyMap<string, readonly boolean[]>): Disruption {
    const now = new Map(
      [...ready].map(([zone, nodes]) => [zone, zoneStateOf(nodes, this.#threshold)]),
    );
    for (const zone of this.#states.keys()) if (!now.has(zone)) this.#states.delete(zone);
    for (const zone of now.keys()) if (!this.#states.has(zone)) this.add(zone);
    const are = [...now.values()].every((state) => state === 'FullDisruption');
    const were = [...this.#states.values()].every((state) => state === 'FullDisruption');
    const changed = new Map([...now].filter(([zone, state]) => this.#states.get(zone) !== state));
    for (const [zone, state] of now) this.#states.set(zone, state);
    if (are && !were) return { kind: 'began', zones: [...now.keys()] };
    if (were && !are) return { kind: 'ended', zones: now };
    return { kind: 'changed', zones: are ? new Map() : changed };
  }
}
