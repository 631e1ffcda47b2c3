import { node, pod, requiring, taint } from '../testing/builders.ts';
import type { Case } from './case.ts';

const two = [node('a'), node('b')];
const unhelpful = (count: number) =>
  `preemption: 0/${count} nodes are available: ${count} Preemption is not helpful for scheduling.`;
const tainted = (...texts: string[]) => [node('a', { taints: texts.map(taint) }), node('b')];

export const nodeNameCases: Case[] = [
  { rule: 'lets a Pod without a node fit anywhere', nodes: two, pod: pod('p'), fits: ['a', 'b'] },
  {
    rule: 'lets a Pod that names a node fit there only',
    nodes: two,
    pod: pod('p', { nodeName: 'b' }),
    fits: ['b'],
  },
  {
    rule: 'fits nowhere when there is no such node',
    nodes: two,
    pod: pod('p', { nodeName: 'c' }),
    message: `0/2 nodes are available: 2 node(s) didn't satisfy plugin(s) [NodeName]. ${unhelpful(2)}`,
  },
];

export const nodeUnschedulableCases: Case[] = [
  {
    rule: 'keeps Pods off cordoned nodes',
    nodes: [node('a', { unschedulable: true }), node('b')],
    pod: pod('p'),
    fits: ['b'],
  },
  {
    rule: 'says so',
    nodes: [node('a', { unschedulable: true })],
    pod: pod('p'),
    message: `0/1 nodes are available: 1 node(s) were unschedulable. ${unhelpful(1)}`,
  },
  {
    rule: 'lets Pods there that tolerate the taint',
    nodes: [node('a', { unschedulable: true })],
    pod: pod('p', {
      tolerations: [
        { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
      ],
    }),
    fits: ['a'],
  },
  {
    rule: 'lets Pods there that tolerate everything',
    nodes: [node('a', { unschedulable: true })],
    pod: pod('p', { tolerations: [{ operator: 'Exists' }] }),
    fits: ['a'],
  },
  {
    rule: 'does not care for other tolerations',
    nodes: [node('a', { unschedulable: true }), node('b')],
    pod: pod('p', { tolerations: [{ key: 'other', operator: 'Exists' }] }),
    fits: ['b'],
  },
];

export const taintTolerationCases: Case[] = [
  {
    rule: 'keeps Pods off nodes with NoSchedule',
    nodes: tainted('dedicated=gpu:NoSchedule'),
    pod: pod('p'),
    fits: ['b'],
  },
  {
    rule: 'keeps Pods off nodes with NoExecute',
    nodes: tainted('down:NoExecute'),
    pod: pod('p'),
    fits: ['b'],
  },
  {
    rule: 'only prefers nodes without PreferNoSchedule',
    nodes: tainted('old:PreferNoSchedule'),
    pod: pod('p'),
    fits: ['a', 'b'],
  },
  {
    rule: 'counts untolerated nodes in the event',
    nodes: [
      node('a', { taints: [taint('x:NoSchedule')] }),
      node('b', { taints: [taint('y=1:NoExecute')] }),
    ],
    pod: pod('p'),
    message: `0/2 nodes are available: 2 node(s) had untolerated taint(s). ${unhelpful(2)}`,
  },
  {
    rule: 'matches key, value and effect with Equal',
    nodes: tainted('dedicated=gpu:NoSchedule'),
    pod: pod('p', {
      tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'gpu', effect: 'NoSchedule' }],
    }),
    fits: ['a', 'b'],
  },
  {
    rule: 'takes Equal when there is no operator',
    nodes: tainted('dedicated=gpu:NoSchedule'),
    pod: pod('p', { tolerations: [{ key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }] }),
    fits: ['a', 'b'],
  },
  {
    rule: 'does not match another value',
    nodes: tainted('dedicated=gpu:NoSchedule'),
    pod: pod('p', { tolerations: [{ key: 'dedicated', value: 'cpu', effect: 'NoSchedule' }] }),
    fits: ['b'],
  },
  {
    rule: 'does not match another effect',
    nodes: tainted('dedicated=gpu:NoSchedule'),
    pod: pod('p', { tolerations: [{ key: 'dedicated', value: 'gpu', effect: 'NoExecute' }] }),
    fits: ['b'],
  },
  {
    rule: 'matches all effects when none is given',
    nodes: tainted('dedicated=gpu:NoSchedule', 'dedicated=gpu:NoExecute'),
    pod: pod('p', { tolerations: [{ key: 'dedicated', value: 'gpu' }] }),
    fits: ['a', 'b'],
  },
  {
    rule: 'matches any value with Exists',
    nodes: tainted('dedicated=gpu:NoSchedule'),
    pod: pod('p', { tolerations: [{ key: 'dedicated', operator: 'Exists' }] }),
    fits: ['a', 'b'],
  },
  {
    rule: 'matches every taint with Exists and no key',
    nodes: tainted('x=1:NoSchedule', 'y:NoExecute'),
    pod: pod('p', { tolerations: [{ operator: 'Exists' }] }),
    fits: ['a', 'b'],
  },
  {
    rule: 'needs every taint tolerated',
    nodes: tainted('x:NoSchedule', 'y:NoSchedule'),
    pod: pod('p', { tolerations: [{ key: 'x', operator: 'Exists' }] }),
    fits: ['b'],
  },
  {
    rule: 'scores nodes by the PreferNoSchedule taints that are not tolerated',
    nodes: [
      node('a'),
      node('b', { taints: [taint('x:PreferNoSchedule')] }),
      node('c', { taints: [taint('x:PreferNoSchedule'), taint('y:PreferNoSchedule')] }),
    ],
    pod: pod('p'),
    scoredBy: 'TaintToleration',
    scores: { a: 100, b: 50, c: 0 },
  },
  {
    rule: 'does not count PreferNoSchedule taints that are tolerated',
    nodes: [
      node('a'),
      node('b', { taints: [taint('x:PreferNoSchedule')] }),
      node('c', { taints: [taint('y:PreferNoSchedule')] }),
    ],
    pod: pod('p', { tolerations: [{ key: 'x', operator: 'Exists', effect: 'PreferNoSchedule' }] }),
    scoredBy: 'TaintToleration',
    scores: { a: 100, b: 100, c: 0 },
  },
  {
    rule: 'does not tolerate a preference with a toleration for NoSchedule',
    nodes: [node('a'), node('b', { taints: [taint('x:PreferNoSchedule')] })],
    pod: pod('p', { tolerations: [{ key: 'x', operator: 'Exists', effect: 'NoSchedule' }] }),
    scoredBy: 'TaintToleration',
    scores: { a: 100, b: 0 },
  },
];

const disks = [
  node('ssd', { labels: { disk: 'ssd', size: '10', zone: 'z1' } }),
  node('hdd', { labels: { disk: 'hdd', size: '200', zone: 'z1' } }),
  node('none', { labels: { zone: 'z2' } }),
];
const expression = (
  key: string,
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt',
  ...values: string[]
) => ({
  key,
  operator,
  values,
});
const anyOf = (...nodeSelectorTerms: object[]) => ({
  nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
});
const preferring = (...terms: readonly [number, ReturnType<typeof expression>][]) => ({
  nodeAffinity: {
    preferredDuringSchedulingIgnoredDuringExecution: terms.map(([weight, match]) => ({
      weight,
      preference: { matchExpressions: [match] },
    })),
  },
});
const named = (...values: string[]) => ({
  matchFields: [{ key: 'metadata.name', operator: 'In' as const, values }],
});

export const nodeAffinityCases: Case[] = [
  {
    rule: 'matches nodeSelector',
    nodes: disks,
    pod: pod('p', { nodeSelector: { disk: 'ssd' } }),
    fits: ['ssd'],
  },
  {
    rule: 'needs all of nodeSelector',
    nodes: disks,
    pod: pod('p', { nodeSelector: { disk: 'ssd', zone: 'z2' } }),
    message: `0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. ${unhelpful(3)}`,
  },
  {
    rule: 'matches In',
    nodes: disks,
    pod: pod('p', { affinity: requiring(expression('disk', 'In', 'ssd', 'nvme')) }),
    fits: ['ssd'],
  },
  {
    rule: 'matches NotIn, also where the label is missing',
    nodes: disks,
    pod: pod('p', { affinity: requiring(expression('disk', 'NotIn', 'ssd')) }),
    fits: ['hdd', 'none'],
  },
  {
    rule: 'matches Exists',
    nodes: disks,
    pod: pod('p', { affinity: requiring(expression('disk', 'Exists')) }),
    fits: ['hdd', 'ssd'],
  },
  {
    rule: 'matches DoesNotExist',
    nodes: disks,
    pod: pod('p', { affinity: requiring(expression('disk', 'DoesNotExist')) }),
    fits: ['none'],
  },
  {
    rule: 'compares numbers with Gt',
    nodes: disks,
    pod: pod('p', { affinity: requiring(expression('size', 'Gt', '10')) }),
    fits: ['hdd'],
  },
  {
    rule: 'compares numbers with Lt',
    nodes: disks,
    pod: pod('p', { affinity: requiring(expression('size', 'Lt', '100')) }),
    fits: ['ssd'],
  },
  {
    rule: 'does not match Gt with a label that is no number',
    nodes: disks,
    pod: pod('p', { affinity: requiring(expression('disk', 'Gt', '1')) }),
    fits: [],
  },
  {
    rule: 'needs all expressions of a term',
    nodes: disks,
    pod: pod('p', {
      affinity: requiring(expression('disk', 'Exists'), expression('size', 'Gt', '100')),
    }),
    fits: ['hdd'],
  },
  {
    rule: 'needs any of the terms',
    nodes: disks,
    pod: pod('p', {
      affinity: anyOf(
        { matchExpressions: [expression('disk', 'In', 'ssd')] },
        { matchExpressions: [expression('zone', 'In', 'z2')] },
      ),
    }),
    fits: ['none', 'ssd'],
  },
  {
    rule: 'matches nothing with an empty term',
    nodes: disks,
    pod: pod('p', { affinity: anyOf({}) }),
    fits: [],
  },
  {
    rule: 'needs nodeSelector and affinity together',
    nodes: disks,
    pod: pod('p', {
      nodeSelector: { zone: 'z1' },
      affinity: requiring(expression('disk', 'NotIn', 'ssd')),
    }),
    fits: ['hdd'],
  },
  {
    rule: 'looks only at nodes that a field names',
    nodes: disks,
    pod: pod('p', { affinity: anyOf(named('hdd')) }),
    fits: ['hdd'],
  },
  {
    rule: 'says which plugin named other nodes',
    nodes: disks,
    pod: pod('p', {
      affinity: anyOf({ ...named('hdd'), matchExpressions: [expression('disk', 'In', 'ssd')] }),
    }),
    message: `0/3 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. ${unhelpful(3)}`,
  },
  {
    rule: 'refuses fields that contradict each other',
    nodes: disks,
    pod: pod('p', {
      affinity: anyOf({ matchFields: [...named('hdd').matchFields, ...named('ssd').matchFields] }),
    }),
    message: `0/3 nodes are available: pod affinity terms conflict. ${unhelpful(3)}`,
  },
  {
    rule: 'matches a name with NotIn',
    nodes: disks,
    pod: pod('p', {
      affinity: anyOf({
        matchFields: [{ key: 'metadata.name', operator: 'NotIn', values: ['hdd'] }],
      }),
    }),
    fits: ['none', 'ssd'],
  },
  {
    rule: 'adds the weights of preferences that match',
    nodes: disks,
    pod: pod('p', {
      affinity: preferring(
        [80, expression('disk', 'In', 'ssd')],
        [20, expression('zone', 'In', 'z1')],
      ),
    }),
    scoredBy: 'NodeAffinity',
    scores: { ssd: 100, hdd: 20, none: 0 },
  },
  {
    rule: 'scales preferences to the best node',
    nodes: disks,
    pod: pod('p', { affinity: preferring([1, expression('disk', 'In', 'ssd')]) }),
    scoredBy: 'NodeAffinity',
    scores: { ssd: 100, hdd: 0, none: 0 },
  },
  {
    rule: 'takes affinity that the configuration adds',
    nodes: disks,
    pod: pod('p'),
    configuration: {
      profiles: [
        {
          pluginConfig: [
            {
              name: 'NodeAffinity',
              args: { addedAffinity: requiring(expression('disk', 'In', 'ssd')).nodeAffinity },
            },
          ],
        },
      ],
    },
    fits: ['ssd'],
  },
  {
    rule: 'says that the configuration did',
    nodes: [node('none')],
    pod: pod('p'),
    configuration: {
      profiles: [
        {
          pluginConfig: [
            {
              name: 'NodeAffinity',
              args: { addedAffinity: requiring(expression('disk', 'In', 'ssd')).nodeAffinity },
            },
          ],
        },
      ],
    },
    message: `0/1 nodes are available: 1 node(s) didn't match scheduler-enforced node affinity. ${unhelpful(1)}`,
  },
  {
    rule: 'refuses when two plugins name different nodes',
    nodes: disks,
    pod: pod('p', { nodeName: 'ssd', affinity: anyOf(named('hdd')) }),
    message: `0/3 nodes are available: node(s) didn't satisfy plugin(s) [NodeAffinity NodeName] simultaneously. ${unhelpful(3)}`,
  },
];

const using = (name: string, hostPort: number, more: object = {}) =>
  pod(name, {
    nodeName: 'a',
    containers: [{ ports: [{ containerPort: 80, hostPort, ...more }] }],
  });
const wanting = (hostPort: number, more: object = {}) =>
  pod('p', { containers: [{ ports: [{ containerPort: 80, hostPort, ...more }] }] });

export const nodePortsCases: Case[] = [
  { rule: 'gives a port once', nodes: two, pods: [using('x', 80)], pod: wanting(80), fits: ['b'] },
  {
    rule: 'says so',
    nodes: [node('a')],
    pods: [using('x', 80)],
    pod: wanting(80),
    message:
      "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.",
  },
  {
    rule: 'gives other ports',
    nodes: two,
    pods: [using('x', 80)],
    pod: wanting(81),
    fits: ['a', 'b'],
  },
  {
    rule: 'tells protocols apart',
    nodes: two,
    pods: [using('x', 80, { protocol: 'UDP' })],
    pod: wanting(80, { protocol: 'TCP' }),
    fits: ['a', 'b'],
  },
  {
    rule: 'tells addresses apart',
    nodes: two,
    pods: [using('x', 80, { hostIP: '127.0.0.1' })],
    pod: wanting(80, { hostIP: '127.0.0.2' }),
    fits: ['a', 'b'],
  },
  {
    rule: 'takes no address for all of them',
    nodes: two,
    pods: [using('x', 80, { hostIP: '127.0.0.1' })],
    pod: wanting(80),
    fits: ['b'],
  },
  {
    rule: 'takes 0.0.0.0 for all of them',
    nodes: two,
    pods: [using('x', 80, { hostIP: '0.0.0.0' })],
    pod: wanting(80, { hostIP: '127.0.0.1' }),
    fits: ['b'],
  },
  {
    rule: 'does not care for ports of containers',
    nodes: two,
    pods: [pod('x', { nodeName: 'a', containers: [{ ports: [{ containerPort: 80 }] }] })],
    pod: pod('p', { containers: [{ ports: [{ containerPort: 80 }] }] }),
    fits: ['a', 'b'],
  },
  {
    rule: 'counts ports of sidecars',
    nodes: two,
    pods: [
      pod('x', {
        nodeName: 'a',
        initContainers: [
          { name: 's', restartPolicy: 'Always', ports: [{ containerPort: 80, hostPort: 80 }] },
        ],
      }),
    ],
    pod: wanting(80),
    fits: ['b'],
  },
];

export const noNodeCases: Case[] = [
  {
    rule: 'sorts the reasons as texts and counts nodes under each',
    nodes: [
      node('a', { unschedulable: true }),
      node('b', { taints: [taint('x:NoSchedule')] }),
      node('c', { allocatable: { cpu: '1' } }),
    ],
    pod: pod('p', { requests: { cpu: '2' } }),
    message: `0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable. ${unhelpful(3)}`,
  },
  {
    rule: 'counts a node under its first refusal only',
    nodes: [node('a', { unschedulable: true, taints: [taint('x:NoSchedule')] })],
    pod: pod('p', { requests: { cpu: '20' } }),
    message: `0/1 nodes are available: 1 node(s) were unschedulable. ${unhelpful(1)}`,
  },
];
