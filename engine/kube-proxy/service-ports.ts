import type { Service } from '../objects/generated/core-v1.generated.ts';
import { contains, parseCidr, parseIp, printCidr, printIp } from '../objects/ip.ts';
import type { PortName } from './chain-names.ts';

/** One port of a Service that is proxied, with what rules are made from. */
export interface ServicePort extends PortName {
  readonly clusterIp: string;
  readonly number: number;
  /** 0 when there is none, as for `healthCheckNodePort` */
  readonly nodePort: number;
  readonly externalIps: readonly string[];
  /** addresses of load balancers whose packets arrive addressed to them */
  readonly loadBalancerIps: readonly string[];
  /** who may come through the load balancer; anybody when there are none */
  readonly sourceRanges: readonly string[];
  /** how long a client stays with its endpoint, in seconds; it does not when absent */
  readonly affinitySeconds?: number;
  readonly externalLocal: boolean;
  readonly internalLocal: boolean;
  readonly healthCheckNodePort: number;
}

/** The ports of a Service that are proxied: none of headless ones and of names for other names. */
export function servicePortsOf(service: Service): ServicePort[] {
  const { spec, status, metadata } = service;
  const clusterIp = clusterIpOf(service);
  if (clusterIp === undefined || spec.type === 'ExternalName') return [];
  const ranges = (spec.loadBalancerSourceRanges ?? []).flatMap((text) => {
    const range = parseCidr(text.trim());
    return range?.network.bytes.length === 4 ? [range] : [];
  });
  const ingress = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, ipMode = 'VIP' }) =>
    ip === undefined || ipMode !== 'VIP' ? [] : [ip],
  );
  const isExternal =
    spec.type === 'LoadBalancer' ||
    spec.type === 'NodePort' ||
    (spec.type === 'ClusterIP' && (spec.externalIPs ?? []).length > 0);
  const externalLocal = isExternal && spec.externalTrafficPolicy === 'Local';
  const common = {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    clusterIp,
    externalIps: v4(spec.externalIPs ?? []),
    loadBalancerIps: v4(ingress),
    // A range of everything is the same as none.
    sourceRanges: ranges.some(({ length }) => length === 0) ? [] : ranges.map(printCidr),
    ...(spec.sessionAffinity === 'ClientIP' && {
      affinitySeconds: spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800,
    }),
    externalLocal,
    internalLocal: spec.internalTrafficPolicy === 'Local',
    healthCheckNodePort:
      spec.type === 'LoadBalancer' && externalLocal ? (spec.healthCheckNodePort ?? 0) : 0,
  };
  return (spec.ports ?? []).map(({ name = '', port, protocol = 'TCP', nodePort = 0 }) => ({
    ...common,
    port: name,
    number: port,
    protocol,
    nodePort,
  }));
}

function clusterIpOf({ spec }: Service): string | undefined {
  const addresses = spec.clusterIPs ?? (spec.clusterIP === undefined ? [] : [spec.clusterIP]);
  return v4(addresses)[0];
}

/** Canonical texts of the IPv4 addresses among these. */
function v4(texts: readonly string[]): string[] {
  return texts.flatMap((text) => {
    const address = parseIp(text);
    return address?.bytes.length === 4 ? [printIp(address)] : [];
  });
}

/** Whether it can be reached otherwise than by its cluster IP. */
export function isExternallyAccessible(port: ServicePort): boolean {
  return port.nodePort !== 0 || port.loadBalancerIps.length > 0 || port.externalIps.length > 0;
}

/** Whether it ever sends anywhere in the cluster. With a local policy outside, the node's own traffic still goes anywhere. */
export function usesClusterEndpoints(port: ServicePort): boolean {
  return !port.internalLocal || isExternallyAccessible(port);
}

export function usesLocalEndpoints(port: ServicePort): boolean {
  return port.internalLocal || (port.externalLocal && isExternallyAccessible(port));
}

export function isIn(range: string, address: string): boolean {
  const prefix = parseCidr(range);
  const parsed = parseIp(address);
  return prefix !== undefined && parsed !== undefined && contains(prefix, parsed);
}

/** `namespace/name:port`, as comments name it. */
export function printPort({ namespace, name, port }: PortName): string {
  return `${namespace}/${name}${port === '' ? '' : `:${port}`}`;
}

/** What a port and its endpoints are found by. */
export function portKey({ namespace, name, port, protocol }: PortName): string {
  return `${namespace}/${name}:${port}/${protocol}`;
}
