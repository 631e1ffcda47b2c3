import type { Stored } from '../../client/resource.ts';
import type { Service } from '../../objects/generated/core-v1.generated.ts';
import type { Endpoint, EndpointSlice } from '../../objects/generated/discovery-v1.generated.ts';
import { endpointsOf, isSameState, type EndpointSet } from './endpoint-set.ts';
import { hasServiceLabels, newSlice, sliceLabels, type SliceShape } from './slice-object.ts';

/** `--max-endpoints-per-slice` */
const MOST_ENDPOINTS = 100;

/** What is to be written of the slices of one Service. */
export interface SlicePlan {
  create: EndpointSlice[];
  update: EndpointSlice[];
  remove: Stored<EndpointSlice>[];
}

const sizeOf = (slice: EndpointSlice): number => endpointsOf(slice).length;

const filled = <Slice extends EndpointSlice>(slice: Slice, more: readonly Endpoint[]): Slice => ({
  ...slice,
  endpoints: [...endpointsOf(slice), ...more],
});

/** The slice that is fullest once it has so many endpoints more; undefined when none has room for all. */
function roomFor<Slice extends EndpointSlice>(
  slices: readonly Slice[],
  count: number,
): Slice | undefined {
  return slices
    .filter((slice) => sizeOf(slice) + count <= MOST_ENDPOINTS)
    .reduce<Slice | undefined>(
      (best, slice) => (best === undefined || sizeOf(slice) > sizeOf(best) ? slice : best),
      undefined,
    );
}

/**
 * Puts endpoints into slices with few writes rather than few slices, as upstream does: slices lose
 * what is no longer wanted; those that change anyway are filled up; what is left goes into one slice
 * that has room for all of it, or into new ones. @param wanted is empty afterwards
 */
export function packSlices(
  service: Stored<Service>,
  existing: readonly Stored<EndpointSlice>[],
  wanted: EndpointSet,
  shape: SliceShape,
): SlicePlan {
  const plan: SlicePlan = { create: [], update: [], remove: [] };
  const changed: Stored<EndpointSlice>[] = [];
  let unchanged: Stored<EndpointSlice>[] = [];
  const labels = sliceLabels(service);
  for (const slice of existing) {
    const kept: Endpoint[] = [];
    let isChanged = false;
    for (const endpoint of endpointsOf(slice)) {
      const now = wanted.claim(endpoint);
      if (now === undefined) continue;
      kept.push(now);
      isChanged ||= !isSameState(now, endpoint);
    }
    const metadata = { ...slice.metadata, labels };
    if (isChanged || kept.length !== sizeOf(slice)) {
      if (kept.length === 0) plan.remove.push(slice);
      else changed.push({ ...slice, metadata, endpoints: kept });
    } else if (!hasServiceLabels(slice, service)) changed.push({ ...slice, metadata });
    else unchanged.push(slice);
  }
  for (const slice of changed.toSorted((a, b) => sizeOf(b) - sizeOf(a)))
    plan.update.push(filled(slice, wanted.take(MOST_ENDPOINTS - sizeOf(slice))));
  while (wanted.size > 0) {
    const fitting = wanted.size < MOST_ENDPOINTS ? roomFor(unchanged, wanted.size) : undefined;
    if (fitting === undefined) {
      plan.create.push(filled(newSlice(service, shape), wanted.take(MOST_ENDPOINTS)));
    } else {
      unchanged = unchanged.filter((slice) => slice !== fitting);
      plan.update.push(filled(fitting, wanted.take(wanted.size)));
    }
  }
  return plan;
}
