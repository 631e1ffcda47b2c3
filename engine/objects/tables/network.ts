import type { Endpoints, Service } from '../generated/core-v1.generated.ts';
import type { EndpointSlice } from '../generated/discovery-v1.generated.ts';
import type {
  Ingress,
  IngressClass,
  IngressRule,
  IPAddress,
  NetworkPolicy,
  ServiceCIDR,
} from '../generated/networking-v1.generated.ts';
import { age } from './ages.ts';
import {
  firstFew,
  formatLabels,
  formatSelector,
  none,
  type Printer,
  unknown,
  unset,
} from './table.ts';

interface Balancer {
  readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[];
}

/** Addresses or names of a load balancer, in order. */
function balancerAddresses(balancer: Balancer | undefined): readonly string[] {
  const addresses = (balancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname);
  return [...new Set(addresses.filter((address) => address !== undefined))].toSorted();
}

function externalAddresses({ spec, status }: Service): string {
  const given = spec.externalIPs ?? [];
  switch (spec.type) {
    case 'ClusterIP':
    case 'NodePort':
      return given.join(',') || none;
    case 'LoadBalancer':
      return [...balancerAddresses(status?.loadBalancer), ...given].join(',') || '<pending>';
    case 'ExternalName':
      return spec.externalName ?? '';
    default:
      return unknown;
  }
}

export const service: Printer<Service> = (object, now) => {
  const { metadata, spec } = object;
  const ports = (spec.ports ?? []).map(({ port, nodePort, protocol }) =>
    nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  );
  return [
    metadata.name,
    spec.type ?? '',
    spec.clusterIPs?.[0] ?? none,
    externalAddresses(object),
    ports.join(',') || none,
    age(metadata.creationTimestamp, now),
    formatLabels(spec.selector),
  ];
};

export const endpoints: Printer<Endpoints> = ({ metadata, subsets }, now) => {
  const addresses = (subsets ?? []).flatMap((subset) => {
    const ips = (subset.addresses ?? []).map(({ ip }) => ip);
    if (!subset.ports?.length) return ips;
    return subset.ports.flatMap(({ port }) =>
      ips.map((ip) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)),
    );
  });
  return [
    metadata.name,
    subsets?.length ? firstFew(addresses, 3) : none,
    age(metadata.creationTimestamp, now),
  ];
};

export const endpointSlice: Printer<EndpointSlice> = (object, now) => {
  const ports = (object.ports ?? []).map(({ port, name }) => String(port ?? name ?? '*'));
  const addresses = (object.endpoints ?? []).flatMap((endpoint) => endpoint.addresses ?? []);
  return [
    object.metadata.name,
    object.addressType,
    firstFew(ports, 3) || unset,
    firstFew(addresses, 3) || unset,
    age(object.metadata.creationTimestamp, now),
  ];
};

export const ingress: Printer<Ingress> = ({ metadata, spec, status = {} }, now) => [
  metadata.name,
  spec.ingressClassName ?? none,
  formatHosts(spec.rules ?? []),
  balancerAddresses(status.loadBalancer).join(','),
  spec.tls?.length ? '80, 443' : '80',
  age(metadata.creationTimestamp, now),
];

/** Three hosts; how many rules there are beyond three, hosts or not. */
function formatHosts(rules: readonly IngressRule[]): string {
  const withHost = rules.flatMap(({ host }, index) => (host ? [{ host, index }] : []));
  const shown = withHost.slice(0, 3);
  if (shown.length === 0) return '*';
  const hosts = shown.map(({ host }) => host).join(',');
  const last = shown[2]?.index ?? rules.length;
  return last < rules.length - 1 ? `${hosts} + ${rules.length - 3} more...` : hosts;
}

export const ingressClass: Printer<IngressClass> = ({ metadata, spec }, now) => {
  const isDefault =
    metadata.annotations?.['ingressclass.kubernetes.io/is-default-class'] === 'true';
  const { parameters } = spec;
  const kind = [parameters?.kind, parameters?.apiGroup].filter((part) => part !== undefined);
  return [
    isDefault ? `${metadata.name} (default)` : metadata.name,
    spec.controller ?? '',
    parameters ? `${kind.join('.')}/${parameters.name}` : none,
    age(metadata.creationTimestamp, now),
  ];
};

export const networkPolicy: Printer<NetworkPolicy> = ({ metadata, spec }, now) => [
  metadata.name,
  formatSelector(spec?.podSelector),
  age(metadata.creationTimestamp, now),
];

export const serviceCidr: Printer<ServiceCIDR> = ({ metadata, spec }, now) => [
  metadata.name,
  (spec?.cidrs ?? []).join(','),
  age(metadata.creationTimestamp, now),
];

/** Upstream gives a third cell that has no column. */
export const ipAddress: Printer<IPAddress> = ({ metadata, spec }, now) => {
  const parent = spec?.parentRef;
  const resource = [parent?.resource, parent?.group].filter(Boolean).join('.').toLowerCase();
  const path = [resource, parent?.namespace, parent?.name].filter(Boolean).join('/');
  return [metadata.name, parent ? path : none, age(metadata.creationTimestamp, now)];
};
