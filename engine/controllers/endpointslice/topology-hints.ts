import type { Node } from '../../objects/generated/core-v1.generated.ts';
import type { Endpoint, EndpointSlice } from '../../objects/generated/discovery-v1.generated.ts';
import { endpointsOf } from './endpoint-set.ts';
import type { Family } from './pod-endpoint.ts';
import { isReady, withoutHints } from './traffic-hints.ts';
import {
  allocate,
  isOverloaded,
  transfers,
  zoneShares,
  type Allocation,
  type ZoneShares,
} from './zone-shares.ts';

/** Slices of one family of a Service, as far as they have hints. */
export interface HintedSlices {
  readonly create: readonly EndpointSlice[];
  readonly update: readonly EndpointSlice[];
  readonly unchanged: readonly EndpointSlice[];
}

export interface HintEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: 'TopologyAwareHintsEnabled' | 'TopologyAwareHintsDisabled';
  readonly message: string;
}

type Counts = Map<string, number>;

const count = (counts: Counts, zone: string, by = 1): void =>
  void counts.set(zone, (counts.get(zone) ?? 0) + by);

/** The hints of a slice by zone; undefined when they cannot stay as they are. */
function keptHints(
  slice: EndpointSlice,
  allocated: Counts,
  allocations: ReadonlyMap<string, Allocation>,
): Counts | undefined {
  const counts: Counts = new Map();
  for (const endpoint of endpointsOf(slice).filter(isReady)) {
    const zones = endpoint.hints?.forZones ?? [];
    if (zones.length === 0) return undefined;
    for (const { name } of zones) count(counts, name);
  }
  const fits = [...counts].every(([zone, number]) => {
    const { most = -1 } = allocations.get(zone) ?? {};
    return number + (allocated.get(zone) ?? 0) <= most;
  });
  return fits ? counts : undefined;
}

const hintedTo = (endpoint: Endpoint, zone: string): Endpoint => ({
  ...endpoint,
  hints: { forZones: [{ name: zone }] },
});

/** Removes all hints, also from slices that would not change otherwise. */
export function dropHints({ create, update, unchanged }: HintedSlices): HintedSlices {
  const stripped = unchanged.filter((slice) => withoutHints(slice) !== slice);
  return {
    create: create.map(withoutHints),
    update: [...update, ...stripped].map(withoutHints),
    unchanged: unchanged.filter((slice) => !stripped.includes(slice)),
  };
}

/**
 * Hints by the annotation `service.kubernetes.io/topology-mode: Auto`: each zone gets as many of a
 * Service's endpoints as it has of the cluster's CPUs, its own first (upstream's `TopologyCache`).
 */
export class TopologyHints {
  #shares: ZoneShares | undefined;
  /** endpoints by zone, by family, by Service */
  readonly #hinted = new Map<string, Map<Family, Counts>>();
  readonly #enabled = new Set<string>();

  setNodes(nodes: readonly Node[]): void {
    this.#shares = zoneShares(nodes);
  }

  /** Keys of Services some zone of which is short of endpoints now. */
  overloaded(): string[] {
    return [...this.#hinted]
      .filter(([, families]) =>
        [...families.values()].some((hinted) => isOverloaded(hinted, this.#shares)),
      )
      .map(([key]) => key);
  }

  has(serviceKey: string): boolean {
    return this.#enabled.has(serviceKey);
  }

  /** The Service is gone. */
  forgetService(serviceKey: string): void {
    this.#hinted.delete(serviceKey);
    this.#enabled.delete(serviceKey);
  }

  forget(serviceKey: string, family: Family): void {
    const families = this.#hinted.get(serviceKey);
    families?.delete(family);
    if (families?.size === 0) this.#hinted.delete(serviceKey);
    this.#enabled.delete(serviceKey);
  }

  /** Hints for all endpoints, or for none with an event that says why. */
  add(
    serviceKey: string,
    family: Family,
    slices: HintedSlices,
  ): { readonly slices: HintedSlices; readonly events: readonly HintEvent[] } {
    const disabled = (message: string) => {
      this.forget(serviceKey, family);
      return { slices: dropHints(slices), events: [disabledEvent(message, family)] };
    };
    const all = [...slices.create, ...slices.update, ...slices.unchanged];
    const ready = all.flatMap((slice) => endpointsOf(slice).filter(isReady));
    const allocations = allocate(this.#shares, ready.length);
    if (typeof allocations === 'string') return disabled(allocations);
    const counts: Counts = new Map();
    const unchanged: EndpointSlice[] = [];
    const update = [...slices.update];
    for (const slice of slices.unchanged) {
      const kept = keptHints(slice, counts, allocations);
      if (kept === undefined) update.push(slice);
      else {
        unchanged.push(slice);
        for (const [zone, number] of kept) count(counts, zone, number);
      }
    }
    const changing = [...slices.create, ...update];
    const placed = changing.flatMap((slice) => endpointsOf(slice).filter(isReady));
    if (placed.some(({ zone = '' }) => zone === ''))
      return disabled('One or more endpoints do not have a zone specified');
    for (const { zone = '' } of placed) count(counts, zone);
    const hint = hinter(allocations, counts);
    const hinted = changing.map((slice) => ({
      ...slice,
      endpoints: endpointsOf(slice).map(hint),
    }));
    if (counts.size === 0) return disabled('No hints allocated for zones');
    const isNew = !this.#enabled.has(serviceKey);
    const families = this.#hinted.get(serviceKey) ?? new Map<Family, Counts>();
    this.#hinted.set(serviceKey, families.set(family, counts));
    this.#enabled.add(serviceKey);
    const created = slices.create.length;
    return {
      slices: { create: hinted.slice(0, created), update: hinted.slice(created), unchanged },
      events: isNew
        ? [
            {
              type: 'Normal',
              reason: 'TopologyAwareHintsEnabled',
              message: `Topology Aware Hints has been enabled, addressType: ${family}`,
            },
          ]
        : [],
    };
  }
}

export function disabledEvent(message: string, family: Family): HintEvent {
  return {
    type: 'Warning',
    reason: 'TopologyAwareHintsDisabled',
    message: `${message}, addressType: ${family}`,
  };
}

/** Hints each endpoint to its own zone, or to one that lacks some while its own has too many. */
function hinter(
  allocations: ReadonlyMap<string, Allocation>,
  counts: Counts,
): (endpoint: Endpoint) => Endpoint {
  const { giving, receiving } = transfers(allocations, counts);
  return (endpoint) => {
    if (!isReady(endpoint)) return endpoint;
    const { zone = '' } = endpoint;
    const [receiver] = [...receiving].find(([, number]) => number > 0) ?? [];
    if ((giving.get(zone) ?? 0) === 0 || receiver === undefined) return hintedTo(endpoint, zone);
    for (const [from, by] of [
      [giving, zone],
      [receiving, receiver],
    ] as const)
      count(from, by, -1);
    count(counts, receiver);
    count(counts, zone, -1);
    return hintedTo(endpoint, receiver);
  };
}
