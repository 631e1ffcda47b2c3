import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../../base/random.ts';
import { FakeClock } from '../../base/fake-clock.ts';
import { AgentClient } from '../../machine/agent/agent-client.ts';
import { emptyRuleset } from '../../nftables/ruleset.ts';
import { changingScript } from '../../nftables/script.ts';
import { NftTable } from '../../nftables/table.ts';
import { FakeNft, listed, nftTransport } from '../../nftables/testing/fake-nft.ts';
import type { Namespace, Pod } from '../../objects/generated/core-v1.generated.ts';
import type {
  NetworkPolicy,
  NetworkPolicySpec,
} from '../../objects/generated/networking-v1.generated.ts';
import { policyRuleset } from './ruleset.ts';
import { addressRanges } from './ranges.ts';

const table = { family: 'ip', name: 'drydock-policies', comment: 'NetworkPolicies' } as const;

const namespace = (name: string): Namespace => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
  spec: {},
});

/** Of namespace `shop` unless the name says otherwise. */
function pod(
  name: string,
  address: string,
  nodeName: string,
  rest: Partial<Pod['spec']> = {},
): Pod {
  const [own = '', namespaceName = 'shop'] = name.split('.');
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: own, namespace: namespaceName, labels: { app: own.split('-')[0] ?? '' } },
    spec: {
      nodeName,
      containers: [
        {
          name: 'main',
          image: 'x',
          ports: [
            { name: 'http', containerPort: own.startsWith('web') ? 8080 : 5432 },
            { name: 'dns', containerPort: 53, protocol: 'UDP' },
          ],
        },
      ],
      ...rest,
    },
    status: { phase: 'Running', podIP: address, podIPs: [{ ip: address }] },
  };
}

const policy = (name: string, spec: NetworkPolicySpec): NetworkPolicy => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace: 'shop' },
  spec,
});

const namespaces = [namespace('shop'), namespace('monitoring')];
const pods = [
  pod('web-1', '10.244.1.5', 'worker-1'),
  pod('db-1', '10.244.1.6', 'worker-1'),
  pod('web-2', '10.244.2.5', 'worker-2'),
  pod('scraper-1.monitoring', '10.244.2.9', 'worker-2'),
  pod('agent-1', '10.0.0.12', 'worker-1', { hostNetwork: true }),
];

/** The script that makes the rules on worker-1, without the table's name. */
const made = (...policies: NetworkPolicy[]) =>
  changingScript(
    table,
    emptyRuleset,
    policyRuleset('worker-1', { policies, pods, namespaces }),
  ).replaceAll(' ip drydock-policies ', ' ');

describe('a NetworkPolicy', () => {
  test('that allows nothing isolates the Pods it selects', () => {
    expect(made(policy('nothing', { podSelector: {}, policyTypes: ['Ingress'] }))).toBe(`\
add map isolated-ingress { type ipv4_addr : verdict ; comment "Pods of this node whose ingress is limited" ; }
add set itself { type ipv4_addr . ipv4_addr ; comment "Pods with policies, each with itself" ; }
add chain forward-ingress { type filter hook forward priority -10 ; }
add chain ingress-shop/nothing
add chain pod-10.244.1.5-ingress
add chain pod-10.244.1.6-ingress
add rule forward-ingress ct state established,related accept
add rule forward-ingress ip saddr . ip daddr @itself accept
add rule forward-ingress ip daddr vmap @isolated-ingress
add rule pod-10.244.1.5-ingress jump ingress-shop/nothing
add rule pod-10.244.1.5-ingress drop
add rule pod-10.244.1.6-ingress jump ingress-shop/nothing
add rule pod-10.244.1.6-ingress drop
add element isolated-ingress { 10.244.1.5 comment "shop/web-1" : goto pod-10.244.1.5-ingress, 10.244.1.6 comment "shop/db-1" : goto pod-10.244.1.6-ingress }
add element itself { 10.244.1.5 . 10.244.1.5, 10.244.1.6 . 10.244.1.6 }
`);
  });

  test('says nothing about other nodes and other namespaces', () => {
    const selector = { matchLabels: { app: 'scraper' } };
    expect(made(policy('elsewhere', { podSelector: selector, policyTypes: ['Ingress'] }))).toBe('');
  });

  const db = { matchLabels: { app: 'db' } };
  const web = { matchLabels: { app: 'web' } };
  /** Rules and elements alone. */
  const rules = (spec: NetworkPolicySpec) =>
    made(policy('db', spec))
      .split('\n')
      .filter((line) => /^add (rule|element) (in|e)gress-/.test(line))
      .map((line) => line.replace(/^add /, ''));

  test('lets in Pods of its namespace, at a port', () => {
    expect(
      rules({
        podSelector: db,
        ingress: [{ from: [{ podSelector: web }], ports: [{ port: 5432 }] }],
      }),
    ).toEqual([
      'rule ingress-shop/db ip saddr @ingress-shop/db/0 tcp dport { 5432 } accept',
      'element ingress-shop/db/0 { 10.244.1.5 comment "shop/web-1", 10.244.2.5 comment "shop/web-2" }',
    ]);
  });

  test('lets in Pods of other namespaces', () => {
    const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } };
    expect(rules({ podSelector: db, ingress: [{ from: [{ namespaceSelector }] }] })).toEqual([
      'rule ingress-shop/db ip saddr @ingress-shop/db/0 accept',
      'element ingress-shop/db/0 { 10.244.2.9 comment "monitoring/scraper-1" }',
    ]);
    expect(
      rules({ podSelector: db, ingress: [{ from: [{ namespaceSelector, podSelector: web }] }] }),
    ).toEqual(['rule ingress-shop/db ip saddr @ingress-shop/db/0 accept']);
  });

  test('lets in everybody when no peer is named', () => {
    expect(
      rules({
        podSelector: db,
        ingress: [{ ports: [{ protocol: 'UDP' }, { port: 80, endPort: 90 }] }],
      }),
    ).toEqual([
      'rule ingress-shop/db tcp dport { 80-90 } accept',
      'rule ingress-shop/db meta l4proto udp accept',
    ]);
    expect(rules({ podSelector: db, ingress: [{}] })).toEqual(['rule ingress-shop/db accept']);
  });

  test('lets in blocks of addresses with exceptions, beside Pods', () => {
    const ipBlock = { cidr: '10.0.0.0/8', except: ['10.1.0.0/16', '10.255.255.255/32'] };
    expect(
      rules({ podSelector: db, ingress: [{ from: [{ ipBlock }, { podSelector: web }] }] }),
    ).toEqual([
      'rule ingress-shop/db ip saddr { 10.0.0.0-10.0.255.255, 10.2.0.0-10.255.255.254 } accept',
      'rule ingress-shop/db ip saddr @ingress-shop/db/0 accept',
      'element ingress-shop/db/0 { 10.244.1.5 comment "shop/web-1", 10.244.2.5 comment "shop/web-2" }',
    ]);
  });

  test('finds a named port at the Pod that receives', () => {
    expect(rules({ podSelector: db, ingress: [{ ports: [{ port: 'http' }] }] })).toEqual([
      'rule ingress-shop/db ip daddr . meta l4proto . th dport @ingress-shop/db/0/ports accept',
      'element ingress-shop/db/0/ports { 10.244.1.6 . tcp . 5432 comment "http" }',
    ]);
    expect(
      rules({
        podSelector: db,
        policyTypes: ['Egress'],
        egress: [{ to: [{ podSelector: web }], ports: [{ port: 'http' }] }],
      }),
    ).toEqual([
      'rule egress-shop/db ip daddr @egress-shop/db/0 ip daddr . meta l4proto . th dport @egress-shop/db/0/ports accept',
      'element egress-shop/db/0 { 10.244.1.5 comment "shop/web-1", 10.244.2.5 comment "shop/web-2" }',
      'element egress-shop/db/0/ports { 10.244.1.5 . tcp . 8080 comment "http", 10.244.2.5 . tcp . 8080 comment "http" }',
    ]);
  });

  test('limits only the directions it is for', () => {
    const both = made(policy('db', { podSelector: db, egress: [{}] }));
    expect(both).toContain('pod-10.244.1.6-ingress drop');
    expect(both).toContain('pod-10.244.1.6-egress drop');
    const out = made(policy('db', { podSelector: db, policyTypes: ['Egress'] }));
    expect(out).not.toContain('ingress');
  });

  test('adds to others: what one of them allows is allowed', () => {
    const spec = { podSelector: db, policyTypes: ['Ingress'] } as const;
    const lines = made(policy('b', spec), policy('a', spec)).split('\n');
    expect(lines.filter((line) => line.startsWith('add rule pod-'))).toEqual([
      'add rule pod-10.244.1.6-ingress jump ingress-shop/a',
      'add rule pod-10.244.1.6-ingress jump ingress-shop/b',
      'add rule pod-10.244.1.6-ingress drop',
    ]);
  });

  test('knows an address as that of the Pod that stays', () => {
    const old = pod('db-0', '10.244.1.5', 'worker-1');
    const ending = {
      ...old,
      metadata: { ...old.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
    };
    const state = {
      policies: [policy('db', { podSelector: db, policyTypes: ['Ingress'] })],
      pods: [...pods, ending],
      namespaces,
    };
    const script = changingScript(table, emptyRuleset, policyRuleset('worker-1', state));
    expect(script).not.toContain('10.244.1.5');
  });
});

test('only what changes is told to the kernel', () => {
  const policies = [policy('all', { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] })];
  const before = policyRuleset('worker-1', { policies, pods, namespaces });
  const more = [...pods, pod('web-3', '10.244.2.6', 'worker-2')];
  const after = policyRuleset('worker-1', { policies, pods: more, namespaces });
  expect(changingScript(table, before, after)).toBe(
    'add element ip drydock-policies ingress-shop/all/0 { 10.244.2.6 comment "shop/web-3" }\n',
  );
});

test('after any history the kernel has what the policies say', async () => {
  const selectors = ['web', 'db', 'none'].map((app) => ({ matchLabels: { app } }));
  const peers = [
    ...selectors.map((podSelector) => ({ podSelector })),
    { namespaceSelector: {} },
    { ipBlock: { cidr: '192.0.2.0/24', except: ['192.0.2.7/32'] } },
  ];
  const ports = [
    { port: 80 },
    { port: 'http' },
    { protocol: 'UDP' as const },
    { port: 90, endPort: 99 },
  ];
  for (let seed = 1; seed <= 20; seed++) {
    const random = new SeededRandom(seed);
    const some = <T>(values: readonly T[]) => values.filter(() => random.next() < 0.5);
    const one = <T>(values: readonly T[]) => values[Math.floor(random.next() * values.length)] as T;
    const nft = new FakeNft();
    const clock = new FakeClock();
    const kept = new NftTable(new AgentClient(nftTransport(nft)), clock, table);
    for (let step = 0; step < 15; step++) {
      const anyRules = () => some([1, 2]).map(() => ({ peers: some(peers), ports: some(ports) }));
      const policies = some(['a', 'b', 'c']).map((name) =>
        policy(name, {
          podSelector: one([{}, ...selectors]),
          ingress: anyRules().map(({ peers: from, ports: at }) => ({ from, ports: at })),
          ...(random.next() < 0.5 && {
            egress: anyRules().map(({ peers: to, ports: at }) => ({ to, ports: at })),
          }),
        }),
      );
      const wanted = policyRuleset('worker-1', { policies, pods: some(pods), namespaces });
      await kept.apply(wanted);
      clock.advance(700);
      const expected = listed(wanted);
      // Chains out of use stay for a moment, empty.
      const kernel = nft
        .list('drydock-policies')
        ?.filter((line) => expected.includes(line) || !/^chain \S+$/.test(line));
      expect(kernel).toEqual(expected);
    }
  }
});

describe('addressRanges', () => {
  test.each([
    [[{ cidr: '0.0.0.0/0' }], ['0.0.0.0-255.255.255.255']],
    [[{ cidr: '10.0.0.1/32' }], ['10.0.0.1']],
    [[{ cidr: '10.0.0.0/24', except: ['10.0.0.0/25', '10.0.0.128/25'] }], []],
    [[{ cidr: '10.0.1.0/24' }, { cidr: '10.0.0.0/24' }], ['10.0.0.0-10.0.1.255']],
    [
      [{ cidr: '10.0.0.0/8', except: ['10.5.0.0/16'] }, { cidr: '10.5.5.5/32' }],
      ['10.0.0.0-10.4.255.255', '10.5.5.5', '10.6.0.0-10.255.255.255'],
    ],
    [[{ cidr: 'fd00::/8' }], []],
  ])('%j', (blocks, ranges) => {
    expect(addressRanges(blocks)).toEqual(ranges);
  });
});
