import { fnv32a } from '../../base/fnv.ts';
import type { RulesetBuilder } from '../../nftables/ruleset.ts';
import type {
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
} from '../../objects/generated/networking-v1.generated.ts';
import { namedPort, type AddressedPod, type PodSelection } from './pod-addresses.ts';
import { addressRanges, portRanges, type Range } from './ranges.ts';

export type Direction = 'ingress' | 'egress';

/** A rule of a policy, for either direction. */
interface PolicyRule {
  readonly peers: readonly NetworkPolicyPeer[];
  readonly ports: readonly NetworkPolicyPort[];
}

/** Names of chains and sets have at most 255 characters; a policy's has up to 317. */
const MOST_NAME = 200;

/** The chain that accepts what a policy allows: `ingress-shop/allow-web`. */
export function chainOf({ metadata }: NetworkPolicy, direction: Direction): string {
  const name = `${metadata.namespace}/${metadata.name}`;
  if (name.length <= MOST_NAME) return `${direction}-${name}`;
  const hash = fnv32a(new TextEncoder().encode(name)).toString(16);
  return `${direction}-${hash}-${name.slice(0, MOST_NAME)}`;
}

export function appliesTo({ spec }: NetworkPolicy, direction: Direction): boolean {
  const { policyTypes, egress } = spec;
  if (policyTypes !== undefined)
    return policyTypes.includes(direction === 'ingress' ? 'Ingress' : 'Egress');
  return direction === 'ingress' || (egress ?? []).length > 0;
}

/** @param selected the policy's Pods on this node */
export function addPolicyChain(
  rules: RulesetBuilder,
  selection: PodSelection,
  policy: NetworkPolicy,
  direction: Direction,
  selected: readonly AddressedPod[],
): void {
  const name = chainOf(policy, direction);
  const chain = rules.chain(name);
  const written = rulesOf(policy, direction);
  for (const [index, { peers, ports }] of written.entries()) {
    const found = peersOf(selection, policy, peers);
    const others = addPeers(rules, `${name}/${index}`, direction, peers, found);
    // A named port is a port of the Pod that receives.
    const receivers =
      direction === 'ingress' ? selected : peers.length === 0 ? selection.all : found;
    const doors = addPorts(rules, `${name}/${index}/ports`, ports, receivers);
    for (const other of others)
      for (const door of doors) chain.push([other, door, 'accept'].filter(Boolean).join(' '));
  }
}

function rulesOf({ spec }: NetworkPolicy, direction: Direction): PolicyRule[] {
  return direction === 'ingress'
    ? (spec.ingress ?? []).map(({ from = [], ports = [] }) => ({ peers: from, ports }))
    : (spec.egress ?? []).map(({ to = [], ports = [] }) => ({ peers: to, ports }));
}

/** The Pods among the peers. */
function peersOf(
  selection: PodSelection,
  { metadata }: NetworkPolicy,
  peers: readonly NetworkPolicyPeer[],
): AddressedPod[] {
  const found = peers.flatMap(({ ipBlock, namespaceSelector, podSelector }) => {
    if (ipBlock !== undefined) return [];
    return namespaceSelector === undefined
      ? selection.in(metadata.namespace ?? '', podSelector ?? {})
      : selection.inNamespaces(namespaceSelector, podSelector);
  });
  return [...new Set(found)];
}

/** Matches for the other side of a connection, any of which will do; one that is empty matches all. */
function addPeers(
  rules: RulesetBuilder,
  name: string,
  direction: Direction,
  peers: readonly NetworkPolicyPeer[],
  found: readonly AddressedPod[],
): string[] {
  if (peers.length === 0) return [''];
  const field = direction === 'ingress' ? 'ip saddr' : 'ip daddr';
  const ranges = addressRanges(
    peers.flatMap(({ ipBlock }) => (ipBlock === undefined ? [] : [ipBlock])),
  );
  const matches = ranges.length === 0 ? [] : [`${field} { ${ranges.join(', ')} }`];
  if (peers.every(({ ipBlock }) => ipBlock !== undefined)) return matches;
  const elements = rules.collection(name, { kind: 'set', type: 'ipv4_addr' });
  for (const { address, pod } of found)
    elements.set(address, { comment: `${pod.metadata.namespace}/${pod.metadata.name}` });
  return [...matches, `${field} @${name}`];
}

/** Matches for the port, any of which will do; one that is empty matches all. */
function addPorts(
  rules: RulesetBuilder,
  name: string,
  ports: readonly NetworkPolicyPort[],
  receivers: readonly AddressedPod[],
): string[] {
  if (ports.length === 0) return [''];
  const matches: string[] = [];
  for (const protocol of ['TCP', 'UDP', 'SCTP']) {
    const own = ports.filter((port) => (port.protocol ?? 'TCP') === protocol);
    const keyword = protocol.toLowerCase();
    if (own.some(({ port }) => port === undefined)) {
      matches.push(`meta l4proto ${keyword}`);
      continue;
    }
    const ranges = own.flatMap(({ port, endPort }): Range[] =>
      typeof port === 'number' ? [[port, endPort ?? port]] : [],
    );
    if (ranges.length > 0) matches.push(`${keyword} dport { ${portRanges(ranges).join(', ')} }`);
  }
  const named = ports.filter(({ port }) => typeof port === 'string');
  if (named.length === 0) return matches;
  const elements = rules.collection(name, {
    kind: 'set',
    type: 'ipv4_addr . inet_proto . inet_service',
  });
  for (const { port, protocol = 'TCP' } of named) {
    for (const { address, pod } of receivers) {
      const number = namedPort(pod, String(port), protocol);
      if (number !== undefined)
        elements.set(`${address} . ${protocol.toLowerCase()} . ${number}`, {
          comment: String(port),
        });
    }
  }
  return [...matches, `ip daddr . meta l4proto . th dport @${name}`];
}
