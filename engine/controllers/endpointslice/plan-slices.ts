import type { Stored } from '../../client/resource.ts';
import type { Node, Pod, Service } from '../../objects/generated/core-v1.generated.ts';
import type { EndpointSlice } from '../../objects/generated/discovery-v1.generated.ts';
import { jsonEqual } from '../../objects/json-value.ts';
import { isListed } from '../service-pods/pod-endpoints.ts';
import { EndpointSet, endpointsOf, portsKey } from './endpoint-set.ts';
import { packSlices, type SlicePlan } from './pack-slices.ts';
import { podEndpoint, portsOf, type Family } from './pod-endpoint.ts';
import { isOwnedBy, newSlice, type SliceShape } from './slice-object.ts';

interface Group {
  readonly shape: SliceShape;
  readonly endpoints: EndpointSet;
}

/** What endpoints there are to be, and what keeps some from being known yet. */
interface Wanted {
  /** by ports */
  readonly groups: ReadonlyMap<string, Group>;
  readonly errors: readonly string[];
}

/** The endpoints of a Service in one family. @param nodeOf what is known of a Pod's node */
function wantedEndpoints(
  service: Stored<Service>,
  pods: readonly Stored<Pod>[],
  nodeOf: (name: string) => Node | undefined,
  addressType: Family,
): Wanted {
  const groups = new Map<string, Group>();
  const errors: string[] = [];
  for (const pod of pods) {
    if (!isListed(pod, true)) continue;
    const ports = portsOf(service, pod);
    const key = portsKey(ports);
    const group = groups.get(key) ?? {
      shape: { addressType, ports },
      endpoints: new EndpointSet(),
    };
    groups.set(key, group);
    const nodeName = pod.spec?.nodeName ?? '';
    const node = nodeOf(nodeName);
    if (node === undefined && service.spec?.publishNotReadyAddresses !== true) {
      const { namespace = '', name } = service.metadata;
      errors.push(
        `skipping Pod ${pod.metadata.name} for Service ${namespace}/${name}: Node ${nodeName} Not Found`,
      );
      continue;
    }
    const endpoint = podEndpoint(pod, node, service, addressType);
    if (endpoint.addresses.length > 0) group.endpoints.add(endpoint);
  }
  return { groups, errors };
}

/** Whether a slice without endpoints is as a new one would be. */
function isPlaceholder(slice: EndpointSlice, placeholder: EndpointSlice): boolean {
  const partsOf = (of: EndpointSlice) => [
    of.metadata.labels ?? {},
    of.addressType,
    of.ports ?? [],
    endpointsOf(of),
  ];
  return jsonEqual(partsOf(slice), partsOf(placeholder));
}

/**
 * What is to be written of a Service's slices of one family so that they have its Pods. There is
 * always a slice, if need be one without endpoints. @param existing of this family
 */
export function planSlices(
  service: Stored<Service>,
  pods: readonly Stored<Pod>[],
  existing: readonly Stored<EndpointSlice>[],
  nodeOf: (name: string) => Node | undefined,
  family: Family,
): { readonly plan: SlicePlan; readonly errors: readonly string[] } {
  const owned = existing.filter((slice) => isOwnedBy(slice, service));
  const plan: SlicePlan = {
    create: [],
    update: [],
    remove: existing.filter((slice) => !owned.includes(slice)),
  };
  const { groups, errors } = wantedEndpoints(service, pods, nodeOf, family);
  for (const [key, { shape, endpoints }] of groups) {
    const slices = owned.filter(({ ports }) => portsKey(ports) === key);
    const part = packSlices(service, slices, endpoints, shape);
    plan.create.push(...part.create);
    plan.update.push(...part.update);
    plan.remove.push(...part.remove);
  }
  plan.remove.push(...owned.filter(({ ports }) => !groups.has(portsKey(ports))));
  if (plan.remove.length === existing.length && plan.create.length === 0) {
    const placeholder = newSlice(service, { addressType: family, ports: [] });
    const [only] = plan.remove;
    const isThere =
      plan.remove.length === 1 && only !== undefined && isPlaceholder(only, placeholder);
    if (isThere) plan.remove = [];
    else plan.create.push(placeholder);
  }
  return { plan, errors };
}

/** Slices that would be deleted become those that would be created: fewer writes, and fewer watch events. */
export function reuseSlices(plan: SlicePlan, service: Stored<Service>): SlicePlan {
  const create = [...plan.create];
  const update = [...plan.update];
  const remove: Stored<EndpointSlice>[] = [];
  for (const slice of plan.remove) {
    const replacement = create.at(-1);
    if (replacement?.addressType === slice.addressType && isOwnedBy(slice, service)) {
      create.pop();
      const metadata = { ...replacement.metadata, name: slice.metadata.name };
      update.push({ ...replacement, metadata });
    } else remove.push(slice);
  }
  return { create, update, remove };
}
