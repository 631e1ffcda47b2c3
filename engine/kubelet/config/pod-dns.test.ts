import { expect, it } from 'vitest';
import type { PodSpec } from '../../objects/generated/core-v1.generated.ts';
import { testPod } from '../testing/test-context.ts';
import { podDns } from './pod-dns.ts';

const resolvConf =
  '# node\nnameserver 10.0.0.1\nsearch old.test\nsearch lan.test. .\noptions edns0 ndots:2\n';

function dnsOf(spec: Partial<PodSpec>, clusterDns: readonly string[] = ['10.96.0.10']) {
  const warnings: string[] = [];
  const dns = podDns(testPod(spec, { namespace: 'shop' }), {
    clusterDns,
    clusterDomain: 'cluster.local',
    resolvConf,
    warn: (reason, message) => void warnings.push(`${reason} ${message}`),
  });
  return { ...dns, warnings };
}

const ofNode = {
  servers: ['10.0.0.1'],
  searches: ['lan.test'],
  options: ['edns0', 'ndots:2'],
  warnings: [],
};
const ofCluster = {
  servers: ['10.96.0.10'],
  searches: ['shop.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'lan.test'],
  options: ['ndots:5'],
  warnings: [],
};

it('asks the cluster first, unless the Pod is on the host network', () => {
  expect(dnsOf({ dnsPolicy: 'ClusterFirst' })).toEqual(ofCluster);
  expect(dnsOf({ dnsPolicy: 'ClusterFirst', hostNetwork: true })).toEqual(ofNode);
  expect(dnsOf({ dnsPolicy: 'ClusterFirstWithHostNet', hostNetwork: true })).toEqual(ofCluster);
  expect(dnsOf({ dnsPolicy: 'Default' })).toEqual(ofNode);
});

it('adds what the Pod says', () => {
  const dnsConfig = {
    nameservers: ['1.1.1.1', '10.96.0.10'],
    searches: ['my.test'],
    options: [{ name: 'ndots', value: '2' }, { name: 'rotate' }],
  };
  expect(dnsOf({ dnsPolicy: 'None', dnsConfig })).toEqual({
    servers: ['1.1.1.1', '10.96.0.10'],
    searches: ['my.test'],
    options: ['ndots:2', 'rotate'],
    warnings: [],
  });
  expect(dnsOf({ dnsConfig })).toMatchObject({
    servers: ['10.96.0.10', '1.1.1.1'],
    options: ['ndots:2', 'rotate'],
  });
});

it('leaves out what is too much, and says so', () => {
  const nameservers = ['1.1.1.1', '2.2.2.2', '3.3.3.3'];
  const searches = Array.from({ length: 30 }, (_, index) => `s${index}.test`);
  const { servers, searches: kept, warnings } = dnsOf({ dnsConfig: { nameservers, searches } });
  expect(servers).toEqual(['10.96.0.10', '1.1.1.1', '2.2.2.2']);
  expect(kept).toHaveLength(32);
  expect(warnings[0]).toBe(
    'DNSConfigForming Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: 10.96.0.10 1.1.1.1 2.2.2.2',
  );
  expect(warnings[1]).toBe(
    `DNSConfigForming Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${kept.join(' ')}`,
  );
});

it('falls back to the node without a DNS of the cluster', () => {
  const { servers, warnings } = dnsOf({}, []);
  expect(servers).toEqual(['10.0.0.1']);
  expect(warnings).toEqual([
    'MissingClusterDNS pod: "web_shop(uid-1)". kubelet does not have ClusterDNS IP configured and cannot create Pod using "ClusterFirst" policy. Falling back to "Default" policy.',
  ]);
});
