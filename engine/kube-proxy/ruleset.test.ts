import { beforeAll, describe, expect, test } from 'vitest';
import { changingScript, replacingScript } from '../nftables/script.ts';
import type { Service } from '../objects/generated/core-v1.generated.ts';
import type { EndpointSlice } from '../objects/generated/discovery-v1.generated.ts';
import type { ProxySettings } from './base-rules.ts';
import { ChainNames } from './chain-names.ts';
import { endpointsOf } from './endpoints.ts';
import { kubeProxyRuleset } from './ruleset.ts';
import { servicePortsOf } from './service-ports.ts';
import { draining, ended, ingress, service, slice, unready } from './testing/cluster-objects.ts';

const table = { family: 'ip', name: 'kube-proxy', comment: 'rules for kube-proxy' } as const;
const settings: ProxySettings = {
  nodeName: 'worker-1',
  nodeIp: '10.0.0.12',
  zone: 'a',
  clusterCidr: '10.244.0.0/16',
  serviceCidrs: ['10.96.0.0/12'],
};
let names: ChainNames;
beforeAll(async () => {
  names = await ChainNames.create();
});

const ruleset = (services: readonly Service[], slices: readonly EndpointSlice[]) =>
  kubeProxyRuleset(names, settings, {
    ports: services.flatMap(servicePortsOf),
    endpoints: endpointsOf(slices, settings.nodeName),
  });

/** What Services add to the empty table, with names without their hashes and statements without the table. */
function added(services: readonly Service[], slices: readonly EndpointSlice[]): string {
  return changingScript(table, ruleset([], []), ruleset(services, slices))
    .replaceAll(' ip kube-proxy ', ' ')
    .replaceAll(/\b[A-Z2-7]{8}-/g, '');
}

test('without Services the table is as upstream has it', () => {
  expect(replacingScript(table, ruleset([], []))).toBe(`\
add table ip kube-proxy { comment "rules for kube-proxy" ; }
delete table ip kube-proxy
add table ip kube-proxy { comment "rules for kube-proxy" ; }
add set ip kube-proxy cluster-ips { type ipv4_addr ; comment "Active ClusterIPs" ; }
add map ip kube-proxy firewall-ips { type ipv4_addr . inet_proto . inet_service : verdict ; comment "destinations that are subject to LoadBalancerSourceRanges" ; }
add set ip kube-proxy hairpin-connections { type ipv4_addr . ipv4_addr . inet_proto . inet_service ; comment "service hairpin connections" ; }
add map ip kube-proxy no-endpoint-nodeports { type inet_proto . inet_service : verdict ; comment "vmap to drop or reject packets to service nodeports with no endpoints" ; }
add map ip kube-proxy no-endpoint-services { type ipv4_addr . inet_proto . inet_service : verdict ; comment "vmap to drop or reject packets to services with no endpoints" ; }
add set ip kube-proxy nodeport-ips { type ipv4_addr ; comment "IPs that accept NodePort traffic" ; }
add map ip kube-proxy service-ips { type ipv4_addr . inet_proto . inet_service : verdict ; comment "ClusterIP, ExternalIP and LoadBalancer IP traffic" ; }
add map ip kube-proxy service-nodeports { type inet_proto . inet_service : verdict ; comment "NodePort traffic" ; }
add chain ip kube-proxy cluster-ips-check
add chain ip kube-proxy filter-forward { type filter hook forward priority 0 ; }
add chain ip kube-proxy filter-input { type filter hook input priority 0 ; }
add chain ip kube-proxy filter-output { type filter hook output priority 0 ; }
add chain ip kube-proxy filter-output-pre-dnat { type filter hook output priority -110 ; }
add chain ip kube-proxy filter-prerouting-pre-dnat { type filter hook prerouting priority -110 ; }
add chain ip kube-proxy firewall-check
add chain ip kube-proxy masquerading
add chain ip kube-proxy nat-output { type nat hook output priority -100 ; }
add chain ip kube-proxy nat-postrouting { type nat hook postrouting priority 100 ; }
add chain ip kube-proxy nat-prerouting { type nat hook prerouting priority -100 ; }
add chain ip kube-proxy nodeport-endpoints-check
add chain ip kube-proxy reject-chain { comment "helper for @no-endpoint-services / @no-endpoint-nodeports" ; }
add chain ip kube-proxy service-endpoints-check
add chain ip kube-proxy services
add rule ip kube-proxy cluster-ips-check ip daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"
add rule ip kube-proxy cluster-ips-check ip daddr { 10.96.0.0/12 } drop comment "Drop traffic to unallocated ClusterIPs"
add rule ip kube-proxy filter-forward ct state new jump service-endpoints-check
add rule ip kube-proxy filter-forward ct state new jump cluster-ips-check
add rule ip kube-proxy filter-input ct state new jump nodeport-endpoints-check
add rule ip kube-proxy filter-input ct state new jump service-endpoints-check
add rule ip kube-proxy filter-output ct state new jump service-endpoints-check
add rule ip kube-proxy filter-output ct state new jump cluster-ips-check
add rule ip kube-proxy filter-output-pre-dnat ct state new jump firewall-check
add rule ip kube-proxy filter-prerouting-pre-dnat ct state new jump firewall-check
add rule ip kube-proxy firewall-check ip daddr . meta l4proto . th dport vmap @firewall-ips
add rule ip kube-proxy masquerading mark and 0x4000 != 0 mark set mark xor 0x4000 masquerade fully-random
add rule ip kube-proxy masquerading ct status dnat ip saddr . ip daddr . meta l4proto . th dport @hairpin-connections masquerade fully-random
add rule ip kube-proxy nat-output jump services
add rule ip kube-proxy nat-postrouting jump masquerading
add rule ip kube-proxy nat-prerouting jump services
add rule ip kube-proxy nodeport-endpoints-check ip daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports
add rule ip kube-proxy reject-chain reject
add rule ip kube-proxy service-endpoints-check ip daddr . meta l4proto . th dport vmap @no-endpoint-services
add rule ip kube-proxy services ip daddr @cluster-ips ip saddr != 10.244.0.0/16 mark set mark or 0x4000 comment "masquerade clusterIP traffic from outside cluster"
add rule ip kube-proxy services ip daddr . meta l4proto . th dport vmap @service-ips
add rule ip kube-proxy services ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports
add element ip kube-proxy nodeport-ips { 10.0.0.12 }
`);
});

describe('a Service with a cluster IP', () => {
  const web = service('web', { clusterIP: '10.96.0.20' });

  test('leads to one of its endpoints by chance', () => {
    expect(added([web], [slice('web', ['10.244.1.5@worker-1', '10.244.2.7@worker-2'])])).toBe(`\
add chain service-shop/web/tcp/
add rule service-shop/web/tcp/ meta l4proto tcp dnat ip addr . port to numgen random mod 2 map { 0 : 10.244.1.5 . 80, 1 : 10.244.2.7 . 80 }
add element cluster-ips { 10.96.0.20 }
add element hairpin-connections { 10.244.1.5 . 10.244.1.5 . tcp . 80 }
add element service-ips { 10.96.0.20 . tcp . 80 : goto service-shop/web/tcp/ }
`);
  });

  test('leads to its only endpoint', () => {
    expect(added([web], [slice('web', ['10.244.2.7@worker-2'], { port: 8080 })])).toContain(
      'add rule service-shop/web/tcp/ meta l4proto tcp dnat to 10.244.2.7:8080\n',
    );
  });

  test('refuses when it has no endpoints', () => {
    const without = `\
add element cluster-ips { 10.96.0.20 }
add element no-endpoint-services { 10.96.0.20 . tcp . 80 comment "shop/web" : goto reject-chain }
`;
    expect(added([web], [])).toBe(without);
    const more = { '10.244.1.5': unready, '10.244.1.6': ended };
    expect(
      added([web], [slice('web', ['10.244.1.5@worker-1', '10.244.1.6@worker-1'], { more })]),
    ).toBe(without);
  });

  test('uses endpoints that end only when no other is ready', () => {
    const more = { '10.244.1.5': draining, '10.244.1.6': unready };
    const ending = ['10.244.1.5@worker-1', '10.244.1.6@worker-1'];
    expect(added([web], [slice('web', ending, { more })])).toContain('dnat to 10.244.1.5:80\n');
    expect(added([web], [slice('web', [...ending, '10.244.2.7@worker-2'], { more })])).toContain(
      'dnat to 10.244.2.7:80\n',
    );
  });

  test('keeps to endpoints that are meant for the node or its zone, if each is meant for some', () => {
    const inZone = (...zones: string[]) => ({
      hints: { forZones: zones.map((name) => ({ name })) },
    });
    const onNode = (name: string) => ({
      hints: { forNodes: [{ name }], forZones: [{ name: 'a' }] },
    });
    const both = ['10.244.1.5@worker-1', '10.244.2.7@worker-2'];
    const led = (more: Record<string, object>) => added([web], [slice('web', both, { more })]);
    expect(led({ '10.244.1.5': inZone('b'), '10.244.2.7': inZone('a') })).toContain(
      'dnat to 10.244.2.7:80',
    );
    expect(led({ '10.244.1.5': onNode('worker-1'), '10.244.2.7': onNode('worker-2') })).toContain(
      'dnat to 10.244.1.5:80',
    );
    expect(led({ '10.244.1.5': inZone('a') })).toContain('mod 2');
    expect(led({ '10.244.1.5': inZone('b'), '10.244.2.7': inZone('b') })).toContain('mod 2');
  });

  test('with internal policy Local uses this node alone, and drops what it cannot serve', () => {
    const near = service('near', { clusterIP: '10.96.0.30', internalTrafficPolicy: 'Local' });
    expect(added([near], [slice('near', ['10.244.1.5@worker-1', '10.244.2.7@worker-2'])])).toBe(`\
add chain local-shop/near/tcp/
add rule local-shop/near/tcp/ meta l4proto tcp dnat to 10.244.1.5:80
add element cluster-ips { 10.96.0.30 }
add element hairpin-connections { 10.244.1.5 . 10.244.1.5 . tcp . 80 }
add element service-ips { 10.96.0.30 . tcp . 80 : goto local-shop/near/tcp/ }
`);
    expect(added([near], [slice('near', ['10.244.2.7@worker-2'])])).toBe(`\
add element cluster-ips { 10.96.0.30 }
add element no-endpoint-services { 10.96.0.30 . tcp . 80 comment "shop/near" : drop }
`);
  });

  test('keeps a client at its endpoint if it is asked to', () => {
    const sticky = service('cart', {
      clusterIP: '10.96.0.40',
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
    });
    expect(added([sticky], [slice('cart', ['10.244.1.5@worker-1', '10.244.2.7@worker-2'])])).toBe(`\
add set affinity-shop/cart/tcp/__10.244.1.5/80 { type ipv4_addr ; flags dynamic,timeout ; timeout 60s ; }
add set affinity-shop/cart/tcp/__10.244.2.7/80 { type ipv4_addr ; flags dynamic,timeout ; timeout 60s ; }
add chain endpoint-shop/cart/tcp/__10.244.1.5/80
add chain endpoint-shop/cart/tcp/__10.244.2.7/80
add chain service-shop/cart/tcp/
add rule endpoint-shop/cart/tcp/__10.244.1.5/80 update @affinity-shop/cart/tcp/__10.244.1.5/80 { ip saddr }
add rule endpoint-shop/cart/tcp/__10.244.1.5/80 meta l4proto tcp dnat to 10.244.1.5:80
add rule endpoint-shop/cart/tcp/__10.244.2.7/80 update @affinity-shop/cart/tcp/__10.244.2.7/80 { ip saddr }
add rule endpoint-shop/cart/tcp/__10.244.2.7/80 meta l4proto tcp dnat to 10.244.2.7:80
add rule service-shop/cart/tcp/ ip saddr @affinity-shop/cart/tcp/__10.244.1.5/80 goto endpoint-shop/cart/tcp/__10.244.1.5/80
add rule service-shop/cart/tcp/ ip saddr @affinity-shop/cart/tcp/__10.244.2.7/80 goto endpoint-shop/cart/tcp/__10.244.2.7/80
add rule service-shop/cart/tcp/ numgen random mod 2 vmap { 0 : goto endpoint-shop/cart/tcp/__10.244.1.5/80, 1 : goto endpoint-shop/cart/tcp/__10.244.2.7/80 }
add element cluster-ips { 10.96.0.40 }
add element hairpin-connections { 10.244.1.5 . 10.244.1.5 . tcp . 80 }
add element service-ips { 10.96.0.40 . tcp . 80 : goto service-shop/cart/tcp/ }
`);
  });

  test('has a chain for each of its ports, of any protocol', () => {
    const dns = service('dns', {
      clusterIP: '10.96.0.10',
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP' },
        { name: 'dns-tcp', port: 53, protocol: 'TCP' },
        { name: 'signal', port: 99, protocol: 'SCTP' },
      ],
    });
    const at = ['10.244.1.2@worker-1'];
    const slices = [
      slice('dns', at, { name: 'dns-1', portName: 'dns', port: 53, protocol: 'UDP' }),
      slice('dns', at, { name: 'dns-2', portName: 'dns-tcp', port: 53 }),
      slice('dns', at, { name: 'dns-3', portName: 'signal', port: 99, protocol: 'SCTP' }),
    ];
    expect(added([dns], slices)).toContain(
      'add element service-ips { 10.96.0.10 . sctp . 99 : goto service-shop/dns/sctp/signal, 10.96.0.10 . tcp . 53 : goto service-shop/dns/tcp/dns-tcp, 10.96.0.10 . udp . 53 : goto service-shop/dns/udp/dns }\n',
    );
  });
});

describe('a Service that is reached from outside', () => {
  const both = ['10.244.1.5@worker-1', '10.244.2.7@worker-2'];

  test('at a port of every node, masqueraded because the endpoint may be elsewhere', () => {
    const web = service('web', {
      type: 'NodePort',
      clusterIP: '10.96.0.20',
      ports: [{ port: 80, nodePort: 30080 }],
    });
    expect(added([web], [slice('web', ['10.244.2.7@worker-2'])])).toBe(`\
add chain external-shop/web/tcp/
add chain service-shop/web/tcp/
add rule external-shop/web/tcp/ mark set mark or 0x4000 comment "masquerade"
add rule external-shop/web/tcp/ goto service-shop/web/tcp/
add rule service-shop/web/tcp/ meta l4proto tcp dnat to 10.244.2.7:80
add element cluster-ips { 10.96.0.20 }
add element service-ips { 10.96.0.20 . tcp . 80 : goto service-shop/web/tcp/ }
add element service-nodeports { tcp . 30080 : goto external-shop/web/tcp/ }
`);
    expect(added([web], [])).toBe(`\
add element cluster-ips { 10.96.0.20 }
add element no-endpoint-nodeports { tcp . 30080 comment "shop/web" : goto reject-chain }
add element no-endpoint-services { 10.96.0.20 . tcp . 80 comment "shop/web" : goto reject-chain }
`);
  });

  const local = service(
    'shop',
    {
      type: 'LoadBalancer',
      clusterIP: '10.96.0.50',
      externalIPs: ['192.0.2.7'],
      externalTrafficPolicy: 'Local',
      healthCheckNodePort: 32000,
      ports: [{ port: 80, nodePort: 30090 }],
    },
    ingress('203.0.113.9'),
  );

  test('with external policy Local keeps the address of clients outside, and goes nowhere else', () => {
    expect(added([local], [slice('shop', both)])).toBe(`\
add chain external-shop/shop/tcp/
add chain local-shop/shop/tcp/
add chain service-shop/shop/tcp/
add rule external-shop/shop/tcp/ ip saddr 10.244.0.0/16 goto service-shop/shop/tcp/ comment "short-circuit pod traffic"
add rule external-shop/shop/tcp/ fib saddr type local mark set mark or 0x4000 comment "masquerade local traffic"
add rule external-shop/shop/tcp/ fib saddr type local goto service-shop/shop/tcp/ comment "short-circuit local traffic"
add rule external-shop/shop/tcp/ goto local-shop/shop/tcp/
add rule local-shop/shop/tcp/ meta l4proto tcp dnat to 10.244.1.5:80
add rule service-shop/shop/tcp/ meta l4proto tcp dnat ip addr . port to numgen random mod 2 map { 0 : 10.244.1.5 . 80, 1 : 10.244.2.7 . 80 }
add element cluster-ips { 10.96.0.50 }
add element hairpin-connections { 10.244.1.5 . 10.244.1.5 . tcp . 80 }
add element service-ips { 10.96.0.50 . tcp . 80 : goto service-shop/shop/tcp/, 192.0.2.7 . tcp . 80 : goto external-shop/shop/tcp/, 203.0.113.9 . tcp . 80 : goto external-shop/shop/tcp/ }
add element service-nodeports { tcp . 30090 : goto external-shop/shop/tcp/ }
`);
  });

  test('without an endpoint here drops what comes from outside, not what the node and its Pods send', () => {
    const elsewhere = added([local], [slice('shop', ['10.244.2.7@worker-2'])]);
    expect(elsewhere).toContain(
      'add element no-endpoint-services { 192.0.2.7 . tcp . 80 comment "shop/shop" : drop, 203.0.113.9 . tcp . 80 comment "shop/shop" : drop }\n',
    );
    expect(elsewhere).toContain(
      'add element no-endpoint-nodeports { tcp . 30090 comment "shop/shop" : drop }\n',
    );
    expect(elsewhere).toContain('203.0.113.9 . tcp . 80 : goto external-shop/shop/tcp/');
    expect(elsewhere).not.toContain('goto local-');
  });

  test('lets through the load balancer whom it allows, and the node with the balancer’s address', () => {
    const fenced = (...loadBalancerSourceRanges: string[]) =>
      added(
        [
          service(
            'shop',
            {
              type: 'LoadBalancer',
              clusterIP: '10.96.0.50',
              allocateLoadBalancerNodePorts: false,
              loadBalancerSourceRanges,
            },
            ingress('203.0.113.9'),
          ),
        ],
        [slice('shop', both)],
      );
    expect(fenced(' 198.51.100.0/24')).toContain(
      'add rule firewall-shop/shop/tcp/ ip saddr != { 198.51.100.0/24 } drop\n',
    );
    expect(fenced('198.51.100.0/24')).toContain(
      'add element firewall-ips { 203.0.113.9 . tcp . 80 : goto firewall-shop/shop/tcp/ }\n',
    );
    expect(fenced('198.51.100.0/24', '10.0.0.0/24')).toContain(
      'ip saddr != { 198.51.100.0/24, 10.0.0.0/24, 203.0.113.9 } drop\n',
    );
    expect(fenced('198.51.100.0/24', '0.0.0.0/0')).not.toContain('firewall');
    expect(fenced()).not.toContain('service-nodeports');
  });

  test('has no rules for a load balancer that keeps its address to itself', () => {
    const proxied = service(
      'shop',
      { type: 'LoadBalancer', clusterIP: '10.96.0.50' },
      { loadBalancer: { ingress: [{ ip: '203.0.113.9', ipMode: 'Proxy' }, { hostname: 'lb' }] } },
    );
    expect(added([proxied], [slice('shop', both)])).not.toContain('external-');
  });
});

test('nothing is made for Services without an address of their own', () => {
  const services = [
    service('headless', { clusterIP: 'None', clusterIPs: ['None'] }),
    service('elsewhere', { type: 'ExternalName', externalName: 'example.org' }),
    service('not-yet', {}),
    service('v6', { clusterIP: 'fd00::1', clusterIPs: ['fd00::1'] }),
  ];
  expect(added(services, [slice('headless', ['10.244.1.5@worker-1'])])).toBe('');
});

test('an address that is in use again belongs to who does not end', () => {
  const web = service('web', { clusterIP: '10.96.0.20' });
  const slices = [
    slice('web', ['10.244.1.5@worker-1'], { name: 'web-1' }),
    slice('web', ['10.244.1.5@worker-1'], { name: 'web-2', more: { '10.244.1.5': draining } }),
  ];
  expect(added([web], slices)).toContain('dnat to 10.244.1.5:80');
});

test('names are the ones upstream gives', () => {
  const port = { namespace: 'ns1', name: 'svc1', port: 'p80', protocol: 'TCP' };
  expect(names.ofPort(port)).toBe('ULMVA6XW-ns1/svc1/tcp/p80');
  expect(names.ofEndpoint({ ...port, namespace: 'ns5', name: 'svc5' }, '10.180.0.3', 80)).toBe(
    'GTK6MW7G-ns5/svc5/tcp/p80__10.180.0.3/80',
  );
  const long = names.ofEndpoint(
    { ...port, namespace: 'n'.repeat(63), name: 's'.repeat(63), port: 'p'.repeat(120) },
    '10.180.0.3',
    80,
  );
  expect(long).toHaveLength(240);
  expect(long.endsWith('...')).toBe(true);
});
