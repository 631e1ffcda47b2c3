import { expect, it } from 'vitest';
import { SeededRandom } from '../../base/random.ts';
import type { Stored } from '../../client/resource.ts';
import type { Pod, Service } from '../../objects/generated/core-v1.generated.ts';
import type { EndpointSlice } from '../../objects/generated/discovery-v1.generated.ts';
import { endpointsOf } from './endpoint-set.ts';
import { planSlices, reuseSlices } from './plan-slices.ts';

const STEPS = 30;
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
  spec: { ports: [{ port: 80, targetPort: 'http', protocol: 'TCP' }] },
};
const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' }, spec: {} } as const;

/** A Pod of one of two generations, which listen on different ports. */
function pod(index: number, ready: boolean): Stored<Pod> {
  const containerPort = index % 7 === 0 ? 9090 : 8080;
  const ports = [{ name: 'http', containerPort, protocol: 'TCP' as const }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: stored(`p${index}`),
    spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'web', ports }] },
    status: {
      phase: 'Running',
      podIPs: [{ ip: `10.0.${index >> 8}.${index & 255}` }],
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  };
}

/** What the API server would have once everything is written. */
function written(
  slices: readonly Stored<EndpointSlice>[],
  { create, update, remove }: ReturnType<typeof reuseSlices>,
  next: () => string,
): Stored<EndpointSlice>[] {
  const gone = new Set([...remove, ...update].map(({ metadata }) => metadata.name));
  const changed = [...update, ...create].map((slice) => ({
    ...slice,
    metadata: { ...slice.metadata, ...stored(slice.metadata.name ?? next()) },
  }));
  return [...slices.filter(({ metadata }) => !gone.has(metadata.name)), ...changed];
}

it.each([1, 2, 3])('lists each Pod once, whatever happened before (seed %i)', (seed) => {
  const random = new SeededRandom(seed);
  const pods = new Map<number, Stored<Pod>>();
  let slices: Stored<EndpointSlice>[] = [];
  let names = 0;
  for (let step = 0; step < STEPS; step++) {
    const [from, many] = [Math.floor(random.next() * 400), Math.floor(random.next() * 150)];
    const kind = random.next();
    for (let index = from; index < from + many; index++) {
      if (kind < 0.4) pods.delete(index);
      else pods.set(index, pod(index, kind < 0.9));
    }
    const wanted = [...pods.values()];
    const { plan, errors } = planSlices(service, wanted, slices, () => node, 'IPv4');
    expect(errors).toEqual([]);
    slices = written(slices, reuseSlices(plan, service), () => `s${names++}`);
    const listed = slices.flatMap((slice) =>
      endpointsOf(slice).map(
        ({ targetRef, conditions }) =>
          `${targetRef?.name} ${conditions?.ready} ${slice.ports?.[0]?.port}`,
      ),
    );
    const expected = wanted.map(({ metadata, spec, status }) => {
      const ready = status?.conditions?.[0]?.status === 'True';
      return `${metadata.name} ${ready} ${spec.containers[0]?.ports?.[0]?.containerPort}`;
    });
    expect(listed.toSorted().join()).toBe(expected.toSorted().join());
    expect(slices.every((slice) => endpointsOf(slice).length <= 100)).toBe(true);
    expect(slices.length).toBeGreaterThan(0);
    const again = planSlices(service, wanted, slices, () => node, 'IPv4').plan;
    expect(again).toEqual({ create: [], update: [], remove: [] });
  }
});
