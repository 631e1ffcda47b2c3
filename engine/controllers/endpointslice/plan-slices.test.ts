import { expect, it } from 'vitest';
import type { Stored } from '../../client/resource.ts';
import type { Pod, Service } from '../../objects/generated/core-v1.generated.ts';
import type { EndpointSlice } from '../../objects/generated/discovery-v1.generated.ts';
import { endpointsOf } from './endpoint-set.ts';
import { planSlices, reuseSlices } from './plan-slices.ts';
import type { Family } from './pod-endpoint.ts';

const stored = (name: string) => ({
  namespace: 'default',
  name,
  uid: `uid-${name}`,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
});

const service: Stored<Service> = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: stored('web'),
  spec: { clusterIP: '10.96.0.1', ports: [{ port: 80, targetPort: 8080, protocol: 'TCP' }] },
};

const pod = (name: string, ...ips: string[]): Stored<Pod> => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: stored(name),
  spec: { nodeName: 'n1', containers: [] },
  status: {
    phase: 'Running',
    podIPs: ips.map((ip) => ({ ip })),
    conditions: [{ type: 'Ready', status: 'True' }],
  },
});

/** Pods `p0`, `p1`, … */
const pods = (count: number) =>
  Array.from({ length: count }, (_, index) => pod(`p${index}`, `10.0.0.${index}`));

const nodeOf = (name: string) => ({
  apiVersion: 'v1' as const,
  kind: 'Node' as const,
  metadata: { name },
  spec: {},
});

function planFor(
  wanted: Stored<Pod>[],
  existing: Stored<EndpointSlice>[],
  family: Family = 'IPv4',
) {
  return planSlices(service, wanted, existing, nodeOf, family).plan;
}

/** Slices as the API server would have them once they are created. */
function slicesWith(...groups: Stored<Pod>[][]): Stored<EndpointSlice>[] {
  return groups.flatMap((group, index) =>
    planFor(group, []).create.map((slice) => ({
      ...slice,
      metadata: { ...slice.metadata, ...stored(`s${index}`) },
    })),
  );
}

const sizes = (slices: readonly EndpointSlice[]) =>
  slices.map((slice) => endpointsOf(slice).length);

it('fills slices with 100 endpoints', () => {
  expect(sizes(planFor(pods(205), []).create)).toEqual([100, 100, 5]);
});

it('takes the addresses of the family, as they are written canonically', () => {
  const { create } = planFor([pod('p', '10.0.0.1', 'fd00::0:1')], [], 'IPv6');
  expect(
    create.map(({ addressType, endpoints }) => [addressType, endpoints?.[0]?.addresses]),
  ).toEqual([['IPv6', ['fd00::1']]]);
});

it('fills up slices that change anyway before others', () => {
  const all = pods(160);
  const existing = slicesWith(all.slice(0, 80), all.slice(80, 150));
  // One of s1 is gone, and 10 are new: all of them go to s1, though s0 is fuller.
  const plan = planFor([...all.slice(0, 149), ...all.slice(150)], existing);
  expect(plan.update.map(({ metadata }) => metadata.name)).toEqual(['s1']);
  expect(sizes(plan.update)).toEqual([79]);
  expect([...plan.create, ...plan.remove]).toEqual([]);
});

it('puts what is left into the fullest slice that has room for all of it', () => {
  const all = pods(160);
  const existing = slicesWith(all.slice(0, 40), all.slice(40, 130), all.slice(130, 155));
  expect(planFor(all, existing).update.map(({ metadata }) => metadata.name)).toEqual(['s1']);
});

it('makes a new slice rather than changing two', () => {
  const all = pods(210);
  const existing = slicesWith(all.slice(0, 92), all.slice(92, 184));
  const plan = planFor(all, existing);
  expect(plan.update).toEqual([]);
  expect(sizes(plan.create)).toEqual([26]);
});

it('deletes slices that got empty, unless it is the last one', () => {
  const existing = slicesWith(pods(2).slice(0, 1), pods(2).slice(1));
  const one = planFor(pods(1), existing);
  expect(one.remove.map(({ metadata }) => metadata.name)).toEqual(['s1']);
  const none = reuseSlices(planFor([], existing), service);
  expect(none.update.map(({ metadata }) => metadata.name)).toEqual(['s0']);
  expect(sizes(none.update)).toEqual([0]);
  expect(none.remove.map(({ metadata }) => metadata.name)).toEqual(['s1']);
});

it('deletes the slices of another Service that had the same name', () => {
  const existing = slicesWith(pods(1)).map((slice) => ({
    ...slice,
    metadata: { ...slice.metadata, ownerReferences: [] },
  }));
  const plan = reuseSlices(planFor(pods(1), existing), service);
  expect([plan.create.length, plan.update.length, plan.remove.length]).toEqual([1, 0, 1]);
});
