import type { TopologySpreadConstraint } from '../../objects/generated/core-v1.generated.ts';
import { meta, node, pod, taint } from '../testing/builders.ts';
import type { Case } from './case.ts';

const HOST = 'kubernetes.io/hostname';
const ZONE = 'topology.kubernetes.io/zone';
const inZone = (name: string, zone: string) => node(name, { labels: { [ZONE]: zone } });
const three = [inZone('a1', 'a'), inZone('a2', 'a'), inZone('b1', 'b')];
const db = (name: string, nodeName: string, more: object = {}) =>
  pod(name, { nodeName, labels: { app: 'db' }, ...more });
const unhelpful = (count: number) =>
  `preemption: 0/${count} nodes are available: ${count} Preemption is not helpful for scheduling.`;

const spread = (
  topologyKey: string,
  maxSkew: number,
  more: Partial<TopologySpreadConstraint> = {},
): TopologySpreadConstraint => ({
  topologyKey,
  maxSkew,
  whenUnsatisfiable: 'DoNotSchedule',
  labelSelector: { matchLabels: { app: 'db' } },
  ...more,
});
const spreading = (...topologySpreadConstraints: TopologySpreadConstraint[]) =>
  pod('p', { labels: { app: 'db' }, topologySpreadConstraints });
const soft = { whenUnsatisfiable: 'ScheduleAnyway' } as const;

export const podTopologySpreadCases: Case[] = [
  {
    rule: 'keeps zones within the skew',
    nodes: three,
    pods: [db('x', 'a1')],
    pod: spreading(spread(ZONE, 1)),
    fits: ['b1'],
  },
  {
    rule: 'lets any zone be when they are level',
    nodes: three,
    pods: [db('x', 'a1'), db('y', 'b1')],
    pod: spreading(spread(ZONE, 1)),
    fits: ['a1', 'a2', 'b1'],
  },
  {
    rule: 'allows a larger skew',
    nodes: three,
    pods: [db('x', 'a1')],
    pod: spreading(spread(ZONE, 2)),
    fits: ['a1', 'a2', 'b1'],
  },
  {
    rule: 'spreads over nodes',
    nodes: three,
    pods: [db('x', 'a1'), db('y', 'a2')],
    pod: spreading(spread(HOST, 1)),
    fits: ['b1'],
  },
  {
    rule: 'says so',
    nodes: [
      node('a1', { labels: { [ZONE]: 'a' } }),
      node('b1', { labels: { [ZONE]: 'b' }, unschedulable: true }),
    ],
    pods: [db('x', 'a1')],
    pod: spreading(spread(ZONE, 1)),
    message:
      "0/2 nodes are available: 1 node(s) didn't match pod topology spread constraints, 1 node(s) were unschedulable. preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.",
  },
  {
    rule: 'refuses nodes without the label',
    nodes: [node('n'), inZone('a1', 'a')],
    pod: spreading(spread(ZONE, 1)),
    fits: ['a1'],
  },
  {
    rule: 'says that the label is missing',
    nodes: [node('n')],
    pod: spreading(spread(ZONE, 1)),
    message: `0/1 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label). ${unhelpful(1)}`,
  },
  {
    rule: 'needs all constraints',
    nodes: three,
    pods: [db('x', 'a1'), db('y', 'b1')],
    pod: spreading(spread(ZONE, 1), spread(HOST, 1)),
    fits: ['a2'],
  },
  {
    rule: 'does not count Pods that do not match',
    nodes: three,
    pods: [pod('x', { nodeName: 'a1', labels: { app: 'web' } })],
    pod: spreading(spread(ZONE, 1)),
    fits: ['a1', 'a2', 'b1'],
  },
  {
    rule: 'does not count Pods of other namespaces',
    nodes: three,
    pods: [db('x', 'a1', { namespace: 'other' })],
    pod: spreading(spread(ZONE, 1)),
    fits: ['a1', 'a2', 'b1'],
  },
  {
    rule: 'does not count Pods that are ending',
    nodes: three,
    pods: [
      db('x', 'a1', {
        meta: { labels: { app: 'db' }, deletionTimestamp: '2023-11-14T22:13:20Z' },
      }),
    ],
    pod: spreading(spread(ZONE, 1)),
    fits: ['a1', 'a2', 'b1'],
  },
  {
    rule: 'counts the Pod itself only when it matches',
    nodes: three,
    pods: [db('x', 'a1')],
    pod: pod('p', { topologySpreadConstraints: [spread(ZONE, 1)] }),
    fits: ['a1', 'a2', 'b1'],
  },
  {
    rule: 'takes too few domains as an empty one',
    nodes: three,
    pods: [db('x', 'a1'), db('y', 'b1')],
    pod: spreading(spread(ZONE, 1, { minDomains: 3 })),
    fits: [],
  },
  {
    rule: 'is content with enough domains',
    nodes: three,
    pods: [db('x', 'a1'), db('y', 'b1')],
    pod: spreading(spread(ZONE, 1, { minDomains: 2 })),
    fits: ['a1', 'a2', 'b1'],
  },
  {
    rule: 'leaves out nodes that the Pod does not select',
    nodes: [
      node('a1', { labels: { [ZONE]: 'a', disk: 'ssd' } }),
      node('b1', { labels: { [ZONE]: 'b' } }),
    ],
    pods: [db('x', 'a1')],
    pod: pod('p', {
      labels: { app: 'db' },
      nodeSelector: { disk: 'ssd' },
      topologySpreadConstraints: [spread(ZONE, 1)],
    }),
    fits: ['a1'],
  },
  {
    rule: 'counts those too when affinity is to be ignored',
    nodes: [
      node('a1', { labels: { [ZONE]: 'a', disk: 'ssd' } }),
      node('b1', { labels: { [ZONE]: 'b' } }),
    ],
    pods: [db('x', 'a1')],
    pod: pod('p', {
      labels: { app: 'db' },
      nodeSelector: { disk: 'ssd' },
      topologySpreadConstraints: [spread(ZONE, 1, { nodeAffinityPolicy: 'Ignore' })],
    }),
    fits: [],
  },
  {
    rule: 'counts tainted nodes',
    nodes: [
      inZone('a1', 'a'),
      node('b1', { labels: { [ZONE]: 'b' }, taints: [taint('x:NoSchedule')] }),
    ],
    pods: [db('x', 'a1')],
    pod: spreading(spread(ZONE, 1)),
    fits: [],
  },
  {
    rule: 'leaves out tainted nodes when taints are honoured',
    nodes: [
      inZone('a1', 'a'),
      node('b1', { labels: { [ZONE]: 'b' }, taints: [taint('x:NoSchedule')] }),
    ],
    pods: [db('x', 'a1')],
    pod: spreading(spread(ZONE, 1, { nodeTaintsPolicy: 'Honor' })),
    fits: ['a1'],
  },
  {
    rule: 'spreads revisions apart with matchLabelKeys',
    nodes: three,
    pods: [db('x', 'a1', { labels: { app: 'db', rev: '1' } })],
    pod: pod('p', {
      labels: { app: 'db', rev: '2' },
      topologySpreadConstraints: [spread(ZONE, 1, { matchLabelKeys: ['rev'] })],
    }),
    fits: ['a1', 'a2', 'b1'],
  },
  {
    rule: 'prefers the emptier zone',
    nodes: three,
    pods: [db('x', 'a1')],
    pod: spreading(spread(ZONE, 1, soft)),
    scoredBy: 'PodTopologySpread',
    scores: { a1: 0, a2: 0, b1: 100 },
  },
  {
    rule: 'gives no points to nodes without the label',
    nodes: [node('n'), ...three],
    pods: [db('x', 'a1'), db('y', 'a2'), db('z', 'b1')],
    pod: spreading(spread(ZONE, 1, soft)),
    scoredBy: 'PodTopologySpread',
    // 2 × ln 4 and 1 × ln 4, rounded: 3 and 1
    scores: { n: 0, a1: 33, a2: 33, b1: 100 },
  },
  {
    rule: 'gives all points where nobody is',
    nodes: three,
    pod: spreading(spread(ZONE, 1, soft)),
    scoredBy: 'PodTopologySpread',
    scores: { a1: 100, a2: 100, b1: 100 },
  },
  {
    rule: 'spreads Pods of a Service by default',
    nodes: three,
    pods: [db('x', 'a1')],
    objects: {
      services: [
        {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: meta('db', { namespace: 'default' }),
          spec: { selector: { app: 'db' } },
        },
      ],
    },
    pod: pod('p', { labels: { app: 'db' } }),
    scoredBy: 'PodTopologySpread',
    // Host names: 1 × ln 5 + 2; zones: 1 × ln 4 + 4; so 9, 7 and 6.
    scores: { a1: 66, a2: 88, b1: 100 },
  },
  {
    rule: 'spreads Pods of a ReplicaSet by default',
    nodes: three,
    pods: [db('x', 'b1')],
    objects: {
      replicaSets: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          metadata: meta('db', { namespace: 'default' }),
          spec: { selector: { matchLabels: { app: 'db' } } },
        },
      ],
    },
    pod: pod('p', {
      labels: { app: 'db' },
      meta: {
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            kind: 'ReplicaSet',
            name: 'db',
            uid: 'uid-db',
            controller: true,
          },
        ],
      },
    }),
    scoredBy: 'PodTopologySpread',
    scores: { a1: 100, a2: 100, b1: 66 },
  },
  {
    rule: 'has no default for Pods that belong to nobody',
    nodes: three,
    pods: [db('x', 'a1')],
    pod: pod('p', { labels: { app: 'db' } }),
    scoredBy: 'PodTopologySpread',
    scores: { a1: 0, a2: 0, b1: 0 },
  },
  {
    rule: 'takes defaults from the configuration',
    nodes: three,
    pods: [db('x', 'a1')],
    objects: {
      services: [
        {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: meta('db', { namespace: 'default' }),
          spec: { selector: { app: 'db' } },
        },
      ],
    },
    configuration: {
      profiles: [
        {
          pluginConfig: [
            {
              name: 'PodTopologySpread',
              args: {
                defaultingType: 'List',
                defaultConstraints: [
                  { topologyKey: ZONE, maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule' },
                ],
              },
            },
          ],
        },
      ],
    },
    pod: pod('p', { labels: { app: 'db' } }),
    fits: ['b1'],
  },
];
