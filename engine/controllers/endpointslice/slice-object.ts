import type { Stored } from '../../client/resource.ts';
import type { Service } from '../../objects/generated/core-v1.generated.ts';
import type {
  EndpointPort,
  EndpointSlice,
} from '../../objects/generated/discovery-v1.generated.ts';
import { jsonEqual } from '../../objects/json-value.ts';
import { isDns1123Subdomain, maskTrailingDash } from '../../objects/names.ts';
import { isHeadless } from '../service-pods/pod-endpoints.ts';
import { TRIGGER_TIME } from '../service-pods/trigger-times.ts';
import { SERVICE_NAME } from './slice-tracker.ts';

export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
export const HEADLESS = 'service.kubernetes.io/headless';
export const MANAGER = 'endpointslice-controller.k8s.io';

type Labels = Readonly<Record<string, string>>;

/** What a slice is for: endpoints of one family that have the same ports. */
export interface SliceShape {
  readonly addressType: 'IPv4' | 'IPv6';
  readonly ports: readonly EndpointPort[];
}

const RESERVED = [SERVICE_NAME, MANAGED_BY, HEADLESS];

function withoutReserved(labels: Labels = {}): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !RESERVED.includes(key)));
}

/** The labels of a Service's slices: its own, and those that say whose they are. */
export function sliceLabels(service: Stored<Service>): Labels {
  return {
    ...withoutReserved(service.metadata.labels),
    ...(isHeadless(service) ? { [HEADLESS]: '' } : {}),
    [SERVICE_NAME]: service.metadata.name,
    [MANAGED_BY]: MANAGER,
  };
}

/** Whether a slice has its Service's labels; the ones that are reserved do not count. */
export function hasServiceLabels({ metadata }: EndpointSlice, service: Service): boolean {
  return jsonEqual(withoutReserved(metadata.labels), withoutReserved(service.metadata.labels));
}

/** What names of slices begin with: a dash makes them easier to read unless they get too long by it. */
export function slicePrefix(name: string): string {
  const prefix = `${name}-`;
  return isDns1123Subdomain(maskTrailingDash(prefix)).length === 0 ? prefix : name;
}

/** A slice without endpoints that is not there yet. */
export function newSlice(service: Stored<Service>, shape: SliceShape): EndpointSlice {
  const { name, namespace, uid } = service.metadata;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: slicePrefix(name),
      ...(namespace === undefined ? {} : { namespace }),
      labels: sliceLabels(service),
      ownerReferences: [
        {
          apiVersion: 'v1',
          kind: 'Service',
          name,
          uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    addressType: shape.addressType,
    ports: shape.ports,
    endpoints: [],
  };
}

export function isOwnedBy({ metadata }: EndpointSlice, service: Stored<Service>): boolean {
  return (metadata.ownerReferences ?? []).some(
    ({ uid, kind, apiVersion }) =>
      uid === service.metadata.uid && kind === 'Service' && apiVersion === 'v1',
  );
}

/** Says when what the slice shows happened, or that it is not known. */
export function withTriggerTime(slice: EndpointSlice, time: string | undefined): EndpointSlice {
  const { [TRIGGER_TIME]: _old, ...others } = slice.metadata.annotations ?? {};
  const annotations = time === undefined ? others : { ...others, [TRIGGER_TIME]: time };
  return { ...slice, metadata: { ...slice.metadata, annotations } };
}
