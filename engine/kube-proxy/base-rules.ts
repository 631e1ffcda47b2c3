import { withComment, type Element, type RulesetBuilder } from '../nftables/ruleset.ts';

/** What of a cluster and a node the rules depend on. */
export interface ProxySettings {
  readonly nodeName: string;
  readonly nodeIp: string;
  /** the node's zone; empty when it has none */
  readonly zone: string;
  /** Addresses of Pods. What comes from elsewhere to a cluster IP is masqueraded. */
  readonly clusterCidr: string;
  /** ranges that cluster IPs are taken from */
  readonly serviceCidrs: readonly string[];
}

/** Bit 14 of the packet mark asks for masquerading (upstream's `masqueradeBit`). */
export const MASQUERADE = 'mark set mark or 0x4000';

/** Sets and maps that Services fill. */
export interface Dispatch {
  readonly clusterIps: Map<string, Element>;
  readonly serviceIps: Map<string, Element>;
  readonly nodePorts: Map<string, Element>;
  readonly servicesWithout: Map<string, Element>;
  readonly nodePortsWithout: Map<string, Element>;
  readonly firewalled: Map<string, Element>;
  readonly hairpins: Map<string, Element>;
}

const DESTINATION = 'ip daddr . meta l4proto . th dport';
const BY_ADDRESS = 'ipv4_addr . inet_proto . inet_service : verdict';
const BY_PORT = 'inet_proto . inet_service : verdict';

/** Chain, type, hook, priority: where the kernel comes in (pkg/proxy/nftables/README.md). */
const baseChains = [
  ['filter-prerouting-pre-dnat', 'filter', 'prerouting', -110],
  ['filter-output-pre-dnat', 'filter', 'output', -110],
  ['filter-input', 'filter', 'input', 0],
  ['filter-forward', 'filter', 'forward', 0],
  ['filter-output', 'filter', 'output', 0],
  ['nat-prerouting', 'nat', 'prerouting', -100],
  ['nat-output', 'nat', 'output', -100],
  ['nat-postrouting', 'nat', 'postrouting', 100],
] as const;

/** From, to, and for which packets. */
const jumps = [
  ['filter-input', 'nodeport-endpoints-check', 'ct state new '],
  ['filter-input', 'service-endpoints-check', 'ct state new '],
  ['filter-forward', 'service-endpoints-check', 'ct state new '],
  ['filter-output', 'service-endpoints-check', 'ct state new '],
  ['filter-prerouting-pre-dnat', 'firewall-check', 'ct state new '],
  ['filter-output-pre-dnat', 'firewall-check', 'ct state new '],
  ['nat-output', 'services', ''],
  ['nat-prerouting', 'services', ''],
  ['nat-postrouting', 'masquerading', ''],
  ['filter-forward', 'cluster-ips-check', 'ct state new '],
  ['filter-output', 'cluster-ips-check', 'ct state new '],
] as const;

/** Everything that is there without any Service. */
export function addBaseRules(rules: RulesetBuilder, settings: ProxySettings): Dispatch {
  for (const [name, type, hook, priority] of baseChains)
    rules.chain(name, { hook: `type ${type} hook ${hook} priority ${priority}` });
  for (const [from, to, packets] of jumps) {
    rules.chain(to);
    rules.chain(from).push(`${packets}jump ${to}`);
  }
  rules
    .chain('reject-chain', {
      comment: 'helper for @no-endpoint-services / @no-endpoint-nodeports',
    })
    .push('reject');
  rules
    .chain('masquerading')
    .push(
      'mark and 0x4000 != 0 mark set mark xor 0x4000 masquerade fully-random',
      'ct status dnat ip saddr . ip daddr . meta l4proto . th dport @hairpin-connections masquerade fully-random',
    );
  addClusterIpRules(rules, settings);
  rules.chain('service-endpoints-check').push(`${DESTINATION} vmap @no-endpoint-services`);
  rules.chain('firewall-check').push(`${DESTINATION} vmap @firewall-ips`);
  const atNode = 'ip daddr @nodeport-ips meta l4proto . th dport';
  rules.chain('nodeport-endpoints-check').push(`${atNode} vmap @no-endpoint-nodeports`);
  rules
    .chain('services')
    .push(`${DESTINATION} vmap @service-ips`, `${atNode} vmap @service-nodeports`);
  rules
    .collection('nodeport-ips', {
      kind: 'set',
      type: 'ipv4_addr',
      comment: 'IPs that accept NodePort traffic',
    })
    .set(settings.nodeIp, {});
  return addDispatch(rules);
}

/** Traffic to cluster IPs that are not, and to ports of them that nobody has. */
function addClusterIpRules(
  rules: RulesetBuilder,
  { clusterCidr, serviceCidrs }: ProxySettings,
): void {
  const check = rules.chain('cluster-ips-check');
  check.push(
    withComment('ip daddr @cluster-ips reject', 'Reject traffic to invalid ports of ClusterIPs'),
  );
  if (serviceCidrs.length > 0)
    check.push(
      withComment(
        `ip daddr { ${serviceCidrs.join(', ')} } drop`,
        'Drop traffic to unallocated ClusterIPs',
      ),
    );
  rules
    .chain('services')
    .push(
      withComment(
        `ip daddr @cluster-ips ip saddr != ${clusterCidr} ${MASQUERADE}`,
        'masquerade clusterIP traffic from outside cluster',
      ),
    );
}

function addDispatch(rules: RulesetBuilder): Dispatch {
  const map = (name: string, type: string, comment: string) =>
    rules.collection(name, { kind: 'map', type, comment });
  return {
    clusterIps: rules.collection('cluster-ips', {
      kind: 'set',
      type: 'ipv4_addr',
      comment: 'Active ClusterIPs',
    }),
    hairpins: rules.collection('hairpin-connections', {
      kind: 'set',
      type: 'ipv4_addr . ipv4_addr . inet_proto . inet_service',
      comment: 'service hairpin connections',
    }),
    serviceIps: map('service-ips', BY_ADDRESS, 'ClusterIP, ExternalIP and LoadBalancer IP traffic'),
    nodePorts: map('service-nodeports', BY_PORT, 'NodePort traffic'),
    servicesWithout: map(
      'no-endpoint-services',
      BY_ADDRESS,
      'vmap to drop or reject packets to services with no endpoints',
    ),
    nodePortsWithout: map(
      'no-endpoint-nodeports',
      BY_PORT,
      'vmap to drop or reject packets to service nodeports with no endpoints',
    ),
    firewalled: map(
      'firewall-ips',
      BY_ADDRESS,
      'destinations that are subject to LoadBalancerSourceRanges',
    ),
  };
}
