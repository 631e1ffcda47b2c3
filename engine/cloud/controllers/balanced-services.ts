import type { Stored } from '../../client/resource.ts';
import type { Node, Service } from '../../objects/generated/core-v1.generated.ts';
import { jsonEqual } from '../../objects/json-value.ts';
import type { LoadBalancerWish } from '../simulator/cloud-state.ts';

export const CLEANUP = 'service.kubernetes.io/load-balancer-cleanup';
const SOURCE_RANGES = 'service.beta.kubernetes.io/load-balancer-source-ranges';
const EXCLUDED = 'node.kubernetes.io/exclude-from-external-load-balancers';

/** A Service with a class is another controller's. */
export function wantsLoadBalancer({ spec }: Service): boolean {
  return spec?.type === 'LoadBalancer' && spec.loadBalancerClass === undefined;
}

export function needsCleanup({ metadata, spec }: Service): boolean {
  if (metadata.finalizers?.includes(CLEANUP) !== true) return false;
  return metadata.deletionTimestamp !== undefined || spec?.type !== 'LoadBalancer';
}

/** Whether its load balancer may have to change with a Service. */
export function needsUpdate(old: Service, service: Service): boolean {
  if (!wantsLoadBalancer(old) && !wantsLoadBalancer(service)) return false;
  const partsOf = (of: Service) => [
    wantsLoadBalancer(of),
    of.metadata.uid,
    of.metadata.annotations ?? {},
    of.spec?.loadBalancerSourceRanges ?? [],
    of.spec?.ports ?? [],
    of.spec?.sessionAffinity,
    of.spec?.sessionAffinityConfig,
    of.spec?.loadBalancerIP,
    of.spec?.externalIPs ?? [],
    of.spec?.externalTrafficPolicy,
    of.spec?.healthCheckNodePort,
    of.spec?.ipFamilies?.length,
  ];
  return !jsonEqual(partsOf(old), partsOf(service));
}

/** What the cloud calls a Service's load balancer: at most 32 characters, as clouds want it. */
export function loadBalancerName({ metadata }: Stored<Service>): string {
  return `a${metadata.uid.replaceAll('-', '')}`.slice(0, 32);
}

/** Go's `strconv.ParseBool`; undefined for what it does not take. */
function parseBool(text: string): boolean | undefined {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true;
  return ['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text) ? false : undefined;
}

export function isIncluded({ metadata }: Node): boolean {
  const label = metadata.labels?.[EXCLUDED];
  return label === undefined || parseBool(label) === false;
}

/**
 * Whether load may go to a Node. Whether it is ready does not matter: the load balancer finds out
 * itself who answers, and sooner.
 */
export function takesLoad(node: Node): boolean {
  const isLeaving =
    node.spec.taints?.some(({ key }) => key === 'ToBeDeletedByClusterAutoscaler') ?? false;
  return node.metadata.deletionTimestamp === undefined && isIncluded(node) && !isLeaving;
}

function sourceRanges({ metadata, spec }: Service): readonly string[] {
  const { loadBalancerSourceRanges: ranges = [] } = spec ?? {};
  if (ranges.length > 0) return ranges;
  const text = metadata.annotations?.[SOURCE_RANGES]?.trim() ?? '';
  return text === '' ? ['0.0.0.0/0'] : text.split(',').map((range) => range.trim());
}

/** What a Service wants of its load balancer. */
export function loadBalancerOf(service: Service, nodes: readonly Stored<Node>[]): LoadBalancerWish {
  const { ports = [], loadBalancerIP = '', healthCheckNodePort = 0 } = service.spec ?? {};
  const isLocal = service.spec?.externalTrafficPolicy === 'Local';
  return {
    ports: ports.map(({ name = '', protocol = 'TCP', port, nodePort = 0 }) => ({
      name,
      protocol,
      port,
      nodePort,
    })),
    machines: nodes.map(({ metadata }) => metadata.name).toSorted(),
    sourceRanges: sourceRanges(service),
    ...(isLocal && healthCheckNodePort > 0 ? { healthCheckNodePort } : {}),
    ...(loadBalancerIP === '' ? {} : { address: loadBalancerIP }),
  };
}

/** Whether two sets of Nodes are the same machines. */
export function areSameMachines(
  old: readonly Stored<Node>[],
  nodes: readonly Stored<Node>[],
): boolean {
  const idsOf = (of: readonly Stored<Node>[]) =>
    of.map(({ metadata, spec }) => `${metadata.name} ${spec.providerID ?? ''}`).toSorted();
  return jsonEqual(idsOf(old), idsOf(nodes));
}

const MOST_NAMES = 20;

/** Names for a message, as Go prints a list of them. */
export function nodeNames(nodes: readonly Stored<Node>[]): string {
  const names = nodes
    .slice(0, MOST_NAMES)
    .map(({ metadata }) => metadata.name)
    .toSorted();
  const more = nodes.length - names.length;
  return `[${[...names, ...(more === 0 ? [] : [`<${more} more>`])].join(' ')}]`;
}
