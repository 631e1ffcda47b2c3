import { node, pod, meta } from '../testing/builders.ts';
import type { Case } from './case.ts';

const GPU = 'nvidia.com/gpu';
const small = node('small', { allocatable: { cpu: '1', memory: '1Gi' } });
const large = node('large', { allocatable: { cpu: '8', memory: '16Gi' } });
const both = [small, large];
const strategy = (type: string, more: object = {}) => ({
  profiles: [
    { pluginConfig: [{ name: 'NodeResourcesFit', args: { scoringStrategy: { type, ...more } } }] },
  ],
});
const victims = (count: number) =>
  `preemption: 0/${count} nodes are available: ${count} No preemption victims found for incoming pod.`;
const unhelpful = (count: number) =>
  `preemption: 0/${count} nodes are available: ${count} Preemption is not helpful for scheduling.`;
const running = (name: string, nodeName: string, requests: Record<string, string>) =>
  pod(name, { nodeName, requests });

export const nodeResourcesFitCases: Case[] = [
  {
    rule: 'needs as much CPU as is requested',
    nodes: both,
    pod: pod('p', { requests: { cpu: '2' } }),
    fits: ['large'],
  },
  {
    rule: 'needs as much memory as is requested',
    nodes: both,
    pod: pod('p', { requests: { memory: '2Gi' } }),
    fits: ['large'],
  },
  {
    rule: 'fills a node to the last thousandth',
    nodes: [small],
    pods: [running('x', 'small', { cpu: '900m' })],
    pod: pod('p', { requests: { cpu: '100m' } }),
    fits: ['small'],
  },
  {
    rule: 'counts what other Pods request',
    nodes: [small],
    pods: [running('x', 'small', { cpu: '901m' })],
    pod: pod('p', { requests: { cpu: '100m' } }),
    message: `0/1 nodes are available: 1 Insufficient cpu. ${victims(1)}`,
  },
  {
    rule: 'names every resource that is short',
    nodes: [small],
    pod: pod('p', { requests: { cpu: '2', memory: '2Gi' } }),
    message: `0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory. ${unhelpful(1)}`,
  },
  {
    rule: 'does not think of removing Pods where the node is too small for ever',
    nodes: [small],
    pods: [running('x', 'small', { cpu: '500m' })],
    pod: pod('p', { requests: { cpu: '2' }, priority: 10 }),
    message: `0/1 nodes are available: 1 Insufficient cpu. ${unhelpful(1)}`,
  },
  {
    rule: 'lets Pods without requests on a full node',
    nodes: [small],
    pods: [running('x', 'small', { cpu: '1', memory: '1Gi' })],
    pod: pod('p'),
    fits: ['small'],
  },
  {
    rule: 'takes no more Pods than the node allows',
    nodes: [node('a', { allocatable: { pods: '1' } })],
    pods: [pod('x', { nodeName: 'a' })],
    pod: pod('p'),
    message: `0/1 nodes are available: 1 Too many pods. ${victims(1)}`,
  },
  {
    rule: 'needs ephemeral storage',
    nodes: [node('a', { allocatable: { 'ephemeral-storage': '1Gi' } }), node('b')],
    pod: pod('p', { requests: { 'ephemeral-storage': '1Gi' } }),
    fits: ['a'],
  },
  {
    rule: 'needs extended resources',
    nodes: [node('a', { allocatable: { [GPU]: '2' } }), node('b')],
    pod: pod('p', { requests: { [GPU]: '2' } }),
    fits: ['a'],
  },
  {
    rule: 'names extended resources',
    nodes: [node('a', { allocatable: { [GPU]: '2' } })],
    pods: [running('x', 'a', { [GPU]: '1' })],
    pod: pod('p', { requests: { [GPU]: '2' } }),
    message: `0/1 nodes are available: 1 Insufficient ${GPU}. ${victims(1)}`,
  },
  {
    rule: 'needs huge pages',
    nodes: [node('a', { allocatable: { 'hugepages-2Mi': '4Mi' } }), node('b')],
    pod: pod('p', { requests: { 'hugepages-2Mi': '4Mi' } }),
    fits: ['a'],
  },
  {
    rule: 'adds up containers',
    nodes: both,
    pod: pod('p', { requests: { cpu: '600m' }, containers: [{}, {}] }),
    fits: ['large'],
  },
  {
    rule: 'takes the largest init container, not the sum',
    nodes: both,
    pod: pod('p', {
      requests: { cpu: '200m' },
      initContainers: ['i', 'j'].map((name) => ({
        name,
        resources: { requests: { cpu: '900m' } },
      })),
    }),
    fits: ['large', 'small'],
  },
  {
    rule: 'takes an init container that needs more than the others together',
    nodes: both,
    pod: pod('p', {
      requests: { cpu: '200m' },
      initContainers: [{ name: 'i', resources: { requests: { cpu: '1100m' } } }],
    }),
    fits: ['large'],
  },
  {
    rule: 'adds sidecars to the containers',
    nodes: both,
    pod: pod('p', {
      requests: { cpu: '600m' },
      initContainers: [
        { name: 's', restartPolicy: 'Always', resources: { requests: { cpu: '500m' } } },
      ],
    }),
    fits: ['large'],
  },
  {
    rule: 'adds sidecars that run by then to an init container',
    nodes: both,
    pod: pod('p', {
      initContainers: [
        { name: 's', restartPolicy: 'Always', resources: { requests: { cpu: '500m' } } },
        { name: 'i', resources: { requests: { cpu: '600m' } } },
      ],
    }),
    fits: ['large'],
  },
  {
    rule: 'does not add sidecars that come later to an init container',
    nodes: both,
    pod: pod('p', {
      initContainers: [
        { name: 'i', resources: { requests: { cpu: '600m' } } },
        { name: 's', restartPolicy: 'Always', resources: { requests: { cpu: '500m' } } },
      ],
    }),
    fits: ['large', 'small'],
  },
  {
    rule: 'adds the overhead of a runtime class',
    nodes: both,
    pod: pod('p', { requests: { cpu: '900m' }, overhead: { cpu: '200m' } }),
    fits: ['large'],
  },
  {
    rule: 'takes what is requested for the Pod as a whole',
    nodes: both,
    pod: pod('p', { requests: { cpu: '100m' }, resources: { requests: { cpu: '2' } } }),
    fits: ['large'],
  },
  {
    rule: 'ignores resources that the configuration names',
    nodes: [node('a')],
    pod: pod('p', { requests: { 'example.com/foo': '1' } }),
    configuration: {
      profiles: [
        {
          pluginConfig: [
            { name: 'NodeResourcesFit', args: { ignoredResources: ['example.com/foo'] } },
          ],
        },
      ],
    },
    fits: ['a'],
  },
  {
    rule: 'ignores groups of resources that the configuration names',
    nodes: [node('a')],
    pod: pod('p', { requests: { 'example.com/foo': '1' } }),
    configuration: {
      profiles: [
        {
          pluginConfig: [
            { name: 'NodeResourcesFit', args: { ignoredResourceGroups: ['example.com'] } },
          ],
        },
      ],
    },
    fits: ['a'],
  },
  {
    rule: 'prefers the emptier node',
    nodes: [node('a'), node('b')],
    pods: [running('x', 'a', { cpu: '2', memory: '4Gi' })],
    pod: pod('p', { requests: { cpu: '1', memory: '2Gi' } }),
    scoredBy: 'NodeResourcesFit',
    scores: { a: 25, b: 75 },
  },
  {
    rule: 'counts 0.1 cores and 200 MiB for containers that request nothing',
    nodes: [node('a', { allocatable: { cpu: '1', memory: '2000Mi' } }), node('b')],
    pod: pod('p'),
    scoredBy: 'NodeResourcesFit',
    scores: { a: 90, b: 97 },
  },
  {
    rule: 'weighs resources for LeastAllocated',
    nodes: [node('a', { allocatable: { cpu: '4', memory: '4Gi' } }), node('b')],
    pod: pod('p', { requests: { cpu: '1', memory: '2Gi' } }),
    configuration: strategy('LeastAllocated', {
      resources: [
        { name: 'cpu', weight: 3 },
        { name: 'memory', weight: 1 },
      ],
    }),
    scoredBy: 'NodeResourcesFit',
    // a: (3 × 75 + 50) / 4; b: (3 × 75 + 75) / 4
    scores: { a: 68, b: 75 },
  },
  {
    rule: 'prefers the fuller node with MostAllocated',
    nodes: [node('a'), node('b')],
    pods: [running('x', 'a', { cpu: '2', memory: '4Gi' })],
    pod: pod('p', { requests: { cpu: '1', memory: '2Gi' } }),
    configuration: strategy('MostAllocated'),
    scoredBy: 'NodeResourcesFit',
    scores: { a: 75, b: 25 },
  },
  {
    rule: 'scores by a shape with RequestedToCapacityRatio',
    nodes: [node('a'), node('b')],
    pods: [running('x', 'a', { cpu: '2', memory: '4Gi' })],
    pod: pod('p', { requests: { cpu: '1', memory: '2Gi' } }),
    configuration: strategy('RequestedToCapacityRatio', {
      requestedToCapacityRatio: {
        shape: [
          { utilization: 0, score: 0 },
          { utilization: 50, score: 10 },
          { utilization: 100, score: 0 },
        ],
      },
    }),
    scoredBy: 'NodeResourcesFit',
    scores: { a: 50, b: 50 },
  },
  {
    rule: 'packs nodes with a rising shape',
    nodes: [node('a'), node('b')],
    pods: [running('x', 'a', { cpu: '2', memory: '4Gi' })],
    pod: pod('p', { requests: { cpu: '1', memory: '2Gi' } }),
    configuration: strategy('RequestedToCapacityRatio', {
      requestedToCapacityRatio: {
        shape: [
          { utilization: 0, score: 0 },
          { utilization: 100, score: 10 },
        ],
      },
    }),
    scoredBy: 'NodeResourcesFit',
    scores: { a: 75, b: 25 },
  },
  {
    rule: 'counts extended resources only for Pods that request them',
    nodes: [node('a', { allocatable: { [GPU]: '4' } }), node('b')],
    pod: pod('p', { requests: { cpu: '1', memory: '2Gi' } }),
    configuration: strategy('MostAllocated', {
      resources: [{ name: 'cpu' }, { name: GPU, weight: 5 }],
    }),
    scoredBy: 'NodeResourcesFit',
    scores: { a: 25, b: 25 },
  },
  {
    rule: 'counts extended resources that are requested',
    nodes: [node('a', { allocatable: { [GPU]: '4' } }), node('b', { allocatable: { [GPU]: '2' } })],
    pod: pod('p', { requests: { [GPU]: '2' } }),
    configuration: strategy('MostAllocated', { resources: [{ name: GPU, weight: 5 }] }),
    scoredBy: 'NodeResourcesFit',
    scores: { a: 50, b: 100 },
  },
];

export const balancedAllocationCases: Case[] = [
  {
    rule: 'prefers a node whose resources are then used evenly',
    nodes: [
      node('a', { allocatable: { cpu: '4', memory: '8Gi' } }),
      node('b', { allocatable: { cpu: '4', memory: '32Gi' } }),
    ],
    pod: pod('p', { requests: { cpu: '2', memory: '4Gi' } }),
    scoredBy: 'NodeResourcesBalancedAllocation',
    // a stays even: 50 + (50 + 100 - 100) / 2; b: shares 0.5 and 0.125, so 81 where 100 was
    scores: { a: 75, b: 65 },
  },
  {
    rule: 'rewards a Pod that makes a node more even',
    nodes: [node('a'), node('b')],
    pods: [running('x', 'a', { cpu: '2' })],
    pod: pod('p', { requests: { memory: '4Gi' } }),
    scoredBy: 'NodeResourcesBalancedAllocation',
    // a: from 75 to 100; b: from 100 to 75
    scores: { a: 87, b: 62 },
  },
  {
    rule: 'has no opinion on Pods that request nothing',
    nodes: [node('a'), node('b')],
    pods: [running('x', 'a', { cpu: '2' })],
    pod: pod('p'),
    scoredBy: 'NodeResourcesBalancedAllocation',
    scores: { a: 0, b: 0 },
  },
  {
    rule: 'takes the deviation of three resources',
    nodes: [node('a', { allocatable: { [GPU]: '4' } }), node('b', { allocatable: { [GPU]: '4' } })],
    pods: [running('x', 'b', { [GPU]: '2' })],
    pod: pod('p', { requests: { cpu: '2', memory: '4Gi', [GPU]: '2' } }),
    configuration: {
      profiles: [
        {
          pluginConfig: [
            {
              name: 'NodeResourcesBalancedAllocation',
              args: { resources: [{ name: 'cpu' }, { name: 'memory' }, { name: GPU }] },
            },
          ],
        },
      ],
    },
    scoredBy: 'NodeResourcesBalancedAllocation',
    // b: shares 0, 0, 0.5 (76) become 0.5, 0.5, 1 (76)
    scores: { a: 75, b: 75 },
  },
];

const MIB = 1024 * 1024;
const having = (name: string, ...images: readonly [string, number][]) =>
  node(name, { images: images.map(([image, mib]) => ({ names: [image], sizeBytes: mib * MIB })) });

export const imageLocalityCases: Case[] = [
  {
    rule: 'prefers nodes that have the image',
    nodes: [having('a', ['web:latest', 1000]), node('b')],
    pod: pod('p', { image: 'web' }),
    scoredBy: 'ImageLocality',
    // Half of the nodes have it: 500 of 1000 MiB.
    scores: { a: 48, b: 0 },
  },
  {
    rule: 'counts an image more when all nodes have it',
    nodes: [having('a', ['web:1', 1000]), having('b', ['web:1', 1000])],
    pod: pod('p', { image: 'web:1' }),
    scoredBy: 'ImageLocality',
    scores: { a: 100, b: 100 },
  },
  {
    rule: 'does not count small images',
    nodes: [having('a', ['web:1', 40]), node('b')],
    pod: pod('p', { image: 'web:1' }),
    scoredBy: 'ImageLocality',
    scores: { a: 0, b: 0 },
  },
  {
    rule: 'tells tags apart',
    nodes: [having('a', ['web:1', 1000]), node('b')],
    pod: pod('p', { image: 'web:2' }),
    scoredBy: 'ImageLocality',
    scores: { a: 0, b: 0 },
  },
  {
    rule: 'reads a port of a registry as no tag',
    nodes: [having('a', ['hub:5000/web:latest', 1000]), node('b')],
    pod: pod('p', { image: 'hub:5000/web' }),
    scoredBy: 'ImageLocality',
    scores: { a: 48, b: 0 },
  },
  {
    rule: 'expects more of Pods with more containers',
    nodes: [having('a', ['web:1', 1000]), node('b')],
    pod: pod('p', { containers: [{ image: 'web:1' }, { image: 'other' }] }),
    scoredBy: 'ImageLocality',
    scores: { a: 24, b: 0 },
  },
  {
    rule: 'counts init containers',
    nodes: [having('a', ['tool:1', 1000]), node('b')],
    pod: pod('p', { initContainers: [{ name: 'i', image: 'tool:1' }] }),
    scoredBy: 'ImageLocality',
    scores: { a: 24, b: 0 },
  },
];

export const weightCases: Case[] = [
  {
    rule: 'adds the weighted scores of all plugins',
    nodes: [node('a'), node('b')],
    pod: pod('p', { requests: { cpu: '1', memory: '2Gi' } }),
    // 3 × 100 TaintToleration + 75 Fit + 75 BalancedAllocation
    scores: { a: 450, b: 450 },
  },
  {
    rule: 'takes weights from the configuration',
    nodes: [node('a'), node('b')],
    pod: pod('p', { requests: { cpu: '1', memory: '2Gi' } }),
    configuration: {
      profiles: [
        {
          plugins: {
            score: {
              disabled: [{ name: '*' }],
              enabled: [{ name: 'NodeResourcesFit', weight: 4 }],
            },
          },
        },
      ],
    },
    scores: { a: 300, b: 300 },
  },
  {
    rule: 'takes 1 for a weight that is not set',
    nodes: [node('a'), node('b')],
    pod: pod('p', { requests: { cpu: '1', memory: '2Gi' } }),
    configuration: {
      profiles: [
        {
          plugins: {
            score: { disabled: [{ name: '*' }], enabled: [{ name: 'NodeResourcesFit' }] },
          },
        },
      ],
    },
    scores: { a: 75, b: 75 },
  },
  {
    rule: 'leaves out a filter that is disabled',
    nodes: [node('a', { unschedulable: true })],
    pod: pod('p'),
    configuration: {
      profiles: [{ plugins: { filter: { disabled: [{ name: 'NodeUnschedulable' }] } } }],
    },
    fits: ['a'],
  },
  {
    rule: 'leaves out a plugin that is disabled everywhere',
    nodes: [node('a', { allocatable: { cpu: '1' } })],
    pod: pod('p', { requests: { cpu: '2' } }),
    configuration: {
      profiles: [{ plugins: { multiPoint: { disabled: [{ name: 'NodeResourcesFit' }] } } }],
    },
    fits: ['a'],
  },
];

const priority = (
  name: string,
  value: number,
  requests: Record<string, string>,
  more: object = {},
) => pod(name, { nodeName: 'a', priority: value, requests, ...more });

export const preemptionCases: Case[] = [
  {
    rule: 'removes a Pod of lower priority',
    nodes: [node('a')],
    pods: [priority('low', 1, { cpu: '4' })],
    pod: pod('p', { priority: 10, requests: { cpu: '1' } }),
    message:
      '0/1 nodes are available: 1 Insufficient cpu. preemption: found a potential placement for pod on node a, preempting 1 victims',
  },
  {
    rule: 'removes no more than it has to',
    nodes: [node('a')],
    pods: [
      priority('x', 1, { cpu: '1' }),
      priority('y', 2, { cpu: '1' }),
      priority('z', 3, { cpu: '2' }),
    ],
    pod: pod('p', { priority: 10, requests: { cpu: '2' } }),
    message:
      '0/1 nodes are available: 1 Insufficient cpu. preemption: found a potential placement for pod on node a, preempting 2 victims',
  },
  {
    rule: 'does not remove Pods of the same priority',
    nodes: [node('a')],
    pods: [priority('same', 10, { cpu: '4' })],
    pod: pod('p', { priority: 10, requests: { cpu: '1' } }),
    message: `0/1 nodes are available: 1 Insufficient cpu. ${victims(1)}`,
  },
  {
    rule: 'never happens for Pods whose policy is Never',
    nodes: [node('a')],
    pods: [priority('low', 1, { cpu: '4' })],
    pod: pod('p', { priority: 10, preemptionPolicy: 'Never', requests: { cpu: '1' } }),
    message:
      '0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.',
  },
  {
    rule: 'says when removing all would not be enough',
    nodes: [node('a')],
    pods: [priority('low', 1, { cpu: '1' }), priority('high', 20, { cpu: '3' })],
    pod: pod('p', { priority: 10, requests: { cpu: '2' } }),
    message:
      '0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 Insufficient cpu.',
  },
  {
    rule: 'does not help against taints',
    nodes: [node('a', { taints: [{ key: 'x', effect: 'NoSchedule' }] })],
    pods: [priority('low', 1, { cpu: '4' })],
    pod: pod('p', { priority: 10, requests: { cpu: '1' } }),
    message: `0/1 nodes are available: 1 node(s) had untolerated taint(s). ${unhelpful(1)}`,
  },
  {
    rule: 'waits for Pods that are ending on the nominated node',
    nodes: [node('a')],
    pods: [
      priority(
        'low',
        1,
        { cpu: '4' },
        {
          meta: meta('low', { namespace: 'default', deletionTimestamp: '2023-11-14T22:13:20Z' }),
          status: {
            conditions: [
              { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' },
            ],
          },
        },
      ),
    ],
    pod: pod('p', { priority: 10, requests: { cpu: '1' }, status: { nominatedNodeName: 'a' } }),
    message:
      '0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to a terminating pod on the nominated node.',
  },
  {
    rule: 'helps against a port in use',
    nodes: [node('a')],
    pods: [pod('low', { nodeName: 'a', priority: 1, hostPorts: [80] })],
    pod: pod('p', { priority: 10, hostPorts: [80] }),
    message:
      "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. preemption: found a potential placement for pod on node a, preempting 1 victims",
  },
  {
    rule: 'keeps room for nominated Pods of higher priority',
    nodes: [node('a')],
    nominated: [
      pod('high', { priority: 20, requests: { cpu: '3' }, status: { nominatedNodeName: 'a' } }),
    ],
    pod: pod('p', { priority: 10, requests: { cpu: '2' } }),
    fits: [],
  },
  {
    rule: 'does not keep room for nominated Pods of lower priority',
    nodes: [node('a')],
    nominated: [
      pod('low', { priority: 1, requests: { cpu: '3' }, status: { nominatedNodeName: 'a' } }),
    ],
    pod: pod('p', { priority: 10, requests: { cpu: '2' } }),
    fits: ['a'],
  },
  {
    rule: 'does not let a Pod rely on one that is only nominated',
    nodes: [node('a', { labels: { zone: 'z1' } })],
    nominated: [
      pod('db', { priority: 20, labels: { app: 'db' }, status: { nominatedNodeName: 'a' } }),
    ],
    pod: pod('p', {
      priority: 10,
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { labelSelector: { matchLabels: { app: 'db' } }, topologyKey: 'zone' },
          ],
        },
      },
    }),
    fits: [],
  },
  {
    rule: 'tries the nominated node first',
    nodes: [node('a'), node('b')],
    pod: pod('p', { status: { nominatedNodeName: 'b' } }),
    fits: ['b'],
  },
];
