import { meta, near, node, pod, preferred, required } from '../testing/builders.ts';
import type { Case } from './case.ts';

const HOST = 'kubernetes.io/hostname';
const ZONE = 'topology.kubernetes.io/zone';
const inZone = (name: string, zone: string) => node(name, { labels: { [ZONE]: zone } });
const three = [inZone('a1', 'a'), inZone('a2', 'a'), inZone('b1', 'b')];
const db = (name: string, nodeName: string, more: object = {}) =>
  pod(name, { nodeName, labels: { app: 'db' }, ...more });
const toDb = (topologyKey: string) => near({ app: 'db' }, topologyKey);
const victims = (count: number) =>
  `preemption: 0/${count} nodes are available: ${count} No preemption victims found for incoming pod.`;
const unhelpful = (count: number) =>
  `preemption: 0/${count} nodes are available: ${count} Preemption is not helpful for scheduling.`;

const namespace = (name: string, labels: Readonly<Record<string, string>> = {}) => ({
  apiVersion: 'v1' as const,
  kind: 'Namespace' as const,
  metadata: meta(name, { labels }),
  spec: {},
});

export const interPodAffinityCases: Case[] = [
  {
    rule: 'places a Pod in the zone of those it wants',
    nodes: three,
    pods: [db('x', 'a1')],
    pod: pod('p', { affinity: { podAffinity: required(toDb(ZONE)) } }),
    fits: ['a1', 'a2'],
  },
  {
    rule: 'places a Pod on the node of those it wants',
    nodes: three,
    pods: [db('x', 'a1')],
    pod: pod('p', { affinity: { podAffinity: required(toDb(HOST)) } }),
    fits: ['a1'],
  },
  {
    rule: 'refuses all nodes when nobody matches',
    nodes: three,
    pods: [pod('x', { nodeName: 'a1', labels: { app: 'web' } })],
    pod: pod('p', { affinity: { podAffinity: required(toDb(ZONE)) } }),
    message: `0/3 nodes are available: 3 node(s) didn't match pod affinity rules. ${unhelpful(3)}`,
  },
  {
    rule: 'lets the first of Pods that want each other start anywhere',
    nodes: three,
    pod: pod('p', { labels: { app: 'db' }, affinity: { podAffinity: required(toDb(ZONE)) } }),
    fits: ['a1', 'a2', 'b1'],
  },
  {
    rule: 'has the second join the first',
    nodes: three,
    pods: [db('x', 'b1')],
    pod: pod('p', { labels: { app: 'db' }, affinity: { podAffinity: required(toDb(ZONE)) } }),
    fits: ['b1'],
  },
  {
    rule: 'needs the topology label even for the first',
    nodes: [node('n'), inZone('a1', 'a')],
    pod: pod('p', { labels: { app: 'db' }, affinity: { podAffinity: required(toDb(ZONE)) } }),
    fits: ['a1'],
  },
  {
    rule: 'needs all terms',
    nodes: three,
    pods: [db('x', 'a1'), pod('y', { nodeName: 'b1', labels: { app: 'cache' } })],
    pod: pod('p', {
      affinity: { podAffinity: required(toDb(ZONE), near({ app: 'cache' }, ZONE)) },
    }),
    fits: [],
  },
  {
    rule: 'needs one Pod that matches all terms',
    nodes: three,
    pods: [pod('x', { nodeName: 'a1', labels: { app: 'db', tier: 'back' } })],
    pod: pod('p', {
      affinity: { podAffinity: required(toDb(ZONE), near({ tier: 'back' }, HOST)) },
    }),
    fits: ['a1'],
  },
  {
    rule: 'looks only into its own namespace',
    nodes: three,
    pods: [db('x', 'a1', { namespace: 'other' })],
    pod: pod('p', { affinity: { podAffinity: required(toDb(ZONE)) } }),
    fits: [],
  },
  {
    rule: 'looks into namespaces that it names',
    nodes: three,
    pods: [db('x', 'a1', { namespace: 'other' })],
    pod: pod('p', {
      affinity: { podAffinity: required(near({ app: 'db' }, ZONE, { namespaces: ['other'] })) },
    }),
    fits: ['a1', 'a2'],
  },
  {
    rule: 'selects namespaces by label',
    nodes: three,
    pods: [db('x', 'a1', { namespace: 'other' }), db('y', 'b1', { namespace: 'third' })],
    objects: {
      namespaces: [namespace('other', { team: 't' }), namespace('third')],
    },
    pod: pod('p', {
      affinity: {
        podAffinity: required(
          near({ app: 'db' }, ZONE, { namespaceSelector: { matchLabels: { team: 't' } } }),
        ),
      },
    }),
    fits: ['a1', 'a2'],
  },
  {
    rule: 'selects all namespaces with an empty selector',
    nodes: three,
    pods: [db('x', 'a1', { namespace: 'other' })],
    objects: {
      namespaces: [namespace('other')],
    },
    pod: pod('p', {
      affinity: { podAffinity: required(near({ app: 'db' }, ZONE, { namespaceSelector: {} })) },
    }),
    fits: ['a1', 'a2'],
  },
  {
    rule: 'matches nobody without a label selector',
    nodes: three,
    pods: [db('x', 'a1')],
    pod: pod('p', { affinity: { podAffinity: required({ topologyKey: ZONE }) } }),
    fits: [],
  },
  {
    rule: 'keeps a Pod out of the zone of those it avoids',
    nodes: three,
    pods: [db('x', 'a1')],
    pod: pod('p', { affinity: { podAntiAffinity: required(toDb(ZONE)) } }),
    fits: ['b1'],
  },
  {
    rule: 'keeps a Pod off the node of those it avoids',
    nodes: three,
    pods: [db('x', 'a1')],
    pod: pod('p', { affinity: { podAntiAffinity: required(toDb(HOST)) } }),
    fits: ['a2', 'b1'],
  },
  {
    rule: 'says so',
    nodes: [inZone('a1', 'a')],
    pods: [db('x', 'a1')],
    pod: pod('p', { affinity: { podAntiAffinity: required(toDb(HOST)) } }),
    message: `0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules. ${victims(1)}`,
  },
  {
    rule: 'avoids those that match any term',
    nodes: three,
    pods: [db('x', 'a1'), pod('y', { nodeName: 'b1', labels: { app: 'cache' } })],
    pod: pod('p', {
      affinity: { podAntiAffinity: required(toDb(HOST), near({ app: 'cache' }, HOST)) },
    }),
    fits: ['a2'],
  },
  {
    rule: 'does not avoid where the topology label is missing',
    nodes: [node('n'), inZone('a1', 'a')],
    pods: [db('x', 'n')],
    pod: pod('p', { affinity: { podAntiAffinity: required(toDb(ZONE)) } }),
    fits: ['a1', 'n'],
  },
  {
    rule: 'respects what others avoid',
    nodes: three,
    pods: [
      pod('x', {
        nodeName: 'a1',
        affinity: { podAntiAffinity: required(near({ app: 'web' }, ZONE)) },
      }),
    ],
    pod: pod('p', { labels: { app: 'web' } }),
    fits: ['b1'],
  },
  {
    rule: 'says that others avoid it',
    nodes: [inZone('a1', 'a')],
    pods: [
      pod('x', {
        nodeName: 'a1',
        affinity: { podAntiAffinity: required(near({ app: 'web' }, HOST)) },
      }),
    ],
    pod: pod('p', { labels: { app: 'web' } }),
    message: `0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules. ${victims(1)}`,
  },
  {
    rule: 'respects what others avoid by the labels of a namespace',
    nodes: three,
    pods: [
      pod('x', {
        nodeName: 'a1',
        namespace: 'other',
        affinity: {
          podAntiAffinity: required(
            near({ app: 'web' }, ZONE, { namespaceSelector: { matchLabels: { team: 't' } } }),
          ),
        },
      }),
    ],
    objects: {
      namespaces: [namespace('default', { team: 't' })],
    },
    pod: pod('p', { labels: { app: 'web' } }),
    fits: ['b1'],
  },
  {
    rule: 'spreads Pods that avoid themselves',
    nodes: three,
    pods: [db('x', 'a1'), db('y', 'b1')],
    pod: pod('p', { labels: { app: 'db' }, affinity: { podAntiAffinity: required(toDb(HOST)) } }),
    fits: ['a2'],
  },
  {
    rule: 'is helped by removing those it avoids',
    nodes: [inZone('a1', 'a')],
    pods: [db('x', 'a1', { priority: 1 })],
    pod: pod('p', { priority: 10, affinity: { podAntiAffinity: required(toDb(HOST)) } }),
    message:
      "0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules. preemption: found a potential placement for pod on node a1, preempting 1 victims",
  },
  {
    rule: 'prefers to be near',
    nodes: three,
    pods: [db('x', 'a1')],
    pod: pod('p', { affinity: { podAffinity: preferred(50, toDb(ZONE)) } }),
    scoredBy: 'InterPodAffinity',
    scores: { a1: 100, a2: 100, b1: 0 },
  },
  {
    rule: 'prefers more of them',
    nodes: three,
    pods: [db('x', 'a1'), db('y', 'a1'), db('z', 'b1')],
    pod: pod('p', { affinity: { podAffinity: preferred(50, toDb(HOST)) } }),
    scoredBy: 'InterPodAffinity',
    scores: { a1: 100, a2: 0, b1: 50 },
  },
  {
    rule: 'prefers to be away',
    nodes: three,
    pods: [db('x', 'a1')],
    pod: pod('p', { affinity: { podAntiAffinity: preferred(50, toDb(ZONE)) } }),
    scoredBy: 'InterPodAffinity',
    scores: { a1: 0, a2: 0, b1: 100 },
  },
  {
    rule: 'counts what others prefer',
    nodes: three,
    pods: [
      pod('x', {
        nodeName: 'b1',
        affinity: { podAffinity: preferred(10, near({ app: 'web' }, ZONE)) },
      }),
    ],
    pod: pod('p', { labels: { app: 'web' } }),
    scoredBy: 'InterPodAffinity',
    scores: { a1: 0, a2: 0, b1: 100 },
  },
  {
    rule: 'counts what others would rather avoid',
    nodes: three,
    pods: [
      pod('x', {
        nodeName: 'b1',
        affinity: { podAntiAffinity: preferred(10, near({ app: 'web' }, ZONE)) },
      }),
    ],
    pod: pod('p', { labels: { app: 'web' } }),
    scoredBy: 'InterPodAffinity',
    scores: { a1: 100, a2: 100, b1: 0 },
  },
  {
    rule: 'counts what others required of it',
    nodes: three,
    pods: [
      pod('x', {
        nodeName: 'b1',
        labels: { app: 'web' },
        affinity: { podAffinity: required(near({ app: 'web' }, HOST)) },
      }),
    ],
    pod: pod('p', { labels: { app: 'web' } }),
    scoredBy: 'InterPodAffinity',
    scores: { a1: 0, a2: 0, b1: 100 },
  },
  {
    rule: 'ignores what others prefer when the configuration says so',
    nodes: three,
    pods: [
      pod('x', {
        nodeName: 'b1',
        affinity: { podAffinity: preferred(10, near({ app: 'web' }, ZONE)) },
      }),
    ],
    pod: pod('p', { labels: { app: 'web' } }),
    configuration: {
      profiles: [
        {
          pluginConfig: [
            { name: 'InterPodAffinity', args: { ignorePreferredTermsOfExistingPods: true } },
          ],
        },
      ],
    },
    scoredBy: 'InterPodAffinity',
    scores: { a1: 0, a2: 0, b1: 0 },
  },
];
