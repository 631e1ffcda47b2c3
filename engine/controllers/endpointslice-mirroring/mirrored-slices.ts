import type { Stored } from '../../client/resource.ts';
import type { EndpointAddress, Endpoints } from '../../objects/generated/core-v1.generated.ts';
import type {
  Endpoint,
  EndpointPort,
  EndpointSlice,
} from '../../objects/generated/discovery-v1.generated.ts';
import { isV6, parseIp, printIp } from '../../objects/ip.ts';
import { jsonEqual } from '../../objects/json-value.ts';
import { repackSubsets } from '../endpoints/subsets.ts';
import {
  endpointsOf,
  EndpointSet,
  isSameState,
  portsKey,
  sortedPorts,
} from '../endpointslice/endpoint-set.ts';
import type { SlicePlan } from '../endpointslice/pack-slices.ts';
import type { Family } from '../endpointslice/pod-endpoint.ts';
import { MANAGED_BY, slicePrefix, type SliceShape } from '../endpointslice/slice-object.ts';
import { SERVICE_NAME } from '../endpointslice/slice-tracker.ts';
import { TRIGGER_TIME } from '../service-pods/trigger-times.ts';

export const MIRROR_MANAGER = 'endpointslicemirroring-controller.k8s.io';
/** `--mirroring-max-endpoints-per-subset` */
const MOST_ADDRESSES = 1000;
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

type Texts = Readonly<Record<string, string>>;

function without(texts: Texts | undefined, ...keys: readonly string[]): Texts {
  return Object.fromEntries(Object.entries(texts ?? {}).filter(([key]) => !keys.includes(key)));
}

/** An address as an endpoint, with its family; undefined when it is no IP address. */
function mirrored(
  { ip, nodeName, hostname, targetRef }: EndpointAddress,
  ready: boolean,
): { readonly family: Family; readonly endpoint: Endpoint } | undefined {
  const address = parseIp(ip);
  if (address === undefined) return undefined;
  return {
    family: isV6(address) ? 'IPv6' : 'IPv4',
    endpoint: {
      addresses: [printIp(address)],
      conditions: { ready },
      ...(targetRef === undefined ? {} : { targetRef }),
      ...(nodeName === undefined ? {} : { nodeName }),
      ...(hostname === undefined ? {} : { hostname }),
    },
  };
}

interface Group {
  readonly shape: SliceShape;
  readonly endpoints: EndpointSet;
}

const groupKey = (addressType: string, ports: readonly EndpointPort[] | undefined): string =>
  `${addressType} ${portsKey(ports)}`;

/** What there is to mirror, by family and ports, and what cannot be. */
function wantedEndpoints({ subsets = [] }: Endpoints) {
  const groups = new Map<string, Group>();
  let invalid = 0;
  let skipped = 0;
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of repackSubsets(subsets)) {
    const slicePorts = sortedPorts(ports);
    const all = [
      ...addresses.map((address) => mirrored(address, true)),
      ...notReadyAddresses.map((address) => mirrored(address, false)),
    ];
    let added = 0;
    for (const one of all) {
      if (added >= MOST_ADDRESSES) break;
      if (one === undefined) {
        invalid++;
        continue;
      }
      added++;
      const key = groupKey(one.family, slicePorts);
      const shape = { addressType: one.family, ports: slicePorts };
      const group = groups.get(key) ?? { shape, endpoints: new EndpointSet() };
      groups.set(key, group);
      group.endpoints.add(one.endpoint);
    }
    skipped += all.length - added;
  }
  return { groups, invalid, skipped };
}

function mirrorSlice(
  { metadata }: Stored<Endpoints>,
  { addressType, ports }: SliceShape,
  endpoints: readonly Endpoint[],
  name: string | undefined,
): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      ...(name === undefined ? { generateName: slicePrefix(metadata.name) } : { name }),
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      labels: {
        ...metadata.labels,
        [SERVICE_NAME]: metadata.name,
        [MANAGED_BY]: MIRROR_MANAGER,
      },
      annotations: without(metadata.annotations, TRIGGER_TIME, LAST_APPLIED),
      ownerReferences: [
        {
          apiVersion: 'v1',
          kind: 'Endpoints',
          name: metadata.name,
          uid: metadata.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    addressType,
    ports,
    endpoints,
  };
}

/** Whether a slice mirrors Endpoints already. */
function isMirror(slice: EndpointSlice, { metadata }: Stored<Endpoints>, wanted: EndpointSet) {
  const { labels, annotations, ownerReferences = [] } = slice.metadata;
  const endpoints = endpointsOf(slice);
  const isOfOlder = ownerReferences.some(
    ({ kind, name, uid }) => kind === 'Endpoints' && name === metadata.name && uid !== metadata.uid,
  );
  return (
    !isOfOlder &&
    endpoints.length === wanted.size &&
    endpoints.every((endpoint) => {
      const now = wanted.get(endpoint);
      return now !== undefined && isSameState(now, endpoint);
    }) &&
    jsonEqual(metadata.labels ?? {}, without(labels, MANAGED_BY, SERVICE_NAME)) &&
    jsonEqual(without(metadata.annotations, TRIGGER_TIME, LAST_APPLIED), annotations ?? {})
  );
}

export interface MirrorPlan extends SlicePlan {
  /** addresses that are none */
  readonly invalid: number;
  /** addresses that are not mirrored, the invalid ones included */
  readonly skipped: number;
  /** slices that are right as they are */
  readonly kept: readonly Stored<EndpointSlice>[];
}

/** What is to be written of slices so that they say what Endpoints say: one slice for each family and set of ports. */
export function planMirror(
  endpoints: Stored<Endpoints>,
  existing: readonly Stored<EndpointSlice>[],
): MirrorPlan {
  const { groups, invalid, skipped } = wantedEndpoints(endpoints);
  const update: EndpointSlice[] = [];
  const fresh: { readonly shape: SliceShape; readonly endpoints: readonly Endpoint[] }[] = [];
  const kept: Stored<EndpointSlice>[] = [];
  const unused = new Set(existing);
  for (const [key, { shape, endpoints: wanted }] of groups) {
    const known = existing.find(({ addressType, ports }) => groupKey(addressType, ports) === key);
    if (known === undefined) {
      fresh.push({ shape, endpoints: wanted.take(MOST_ADDRESSES) });
      continue;
    }
    unused.delete(known);
    if (isMirror(known, endpoints, wanted)) kept.push(known);
    else
      update.push(mirrorSlice(endpoints, shape, wanted.take(MOST_ADDRESSES), known.metadata.name));
  }
  // One that would be deleted becomes one that would be created.
  const create: EndpointSlice[] = [];
  for (const { shape, endpoints: list } of fresh) {
    const reused = [...unused].find(({ addressType }) => addressType === shape.addressType);
    const slice = mirrorSlice(endpoints, shape, list, reused?.metadata.name);
    if (reused === undefined) create.push(slice);
    else {
      unused.delete(reused);
      update.push(slice);
    }
  }
  return { create, update, remove: [...unused], kept, invalid, skipped };
}

/** What events say of addresses that are not mirrored. */
export function mirrorWarnings({ invalid, skipped }: MirrorPlan): {
  readonly reason: 'InvalidIPAddress' | 'TooManyAddressesToMirror';
  readonly message: string;
}[] {
  return [
    ...(invalid === 0
      ? []
      : [
          {
            reason: 'InvalidIPAddress' as const,
            message: `Skipped ${invalid} invalid IP addresses when mirroring to EndpointSlices`,
          },
        ]),
    ...(skipped <= invalid
      ? []
      : [
          {
            reason: 'TooManyAddressesToMirror' as const,
            message: `A max of ${MOST_ADDRESSES} addresses can be mirrored to EndpointSlices per Endpoints subset. ${skipped} addresses were skipped`,
          },
        ]),
  ];
}
