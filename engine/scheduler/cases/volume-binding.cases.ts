import { meta, pod } from '../testing/builders.ts';
import type { Case } from './case.ts';
import {
  bound,
  claim,
  fast,
  local,
  onNode,
  storageClass,
  unhelpful,
  using,
  volume,
  ZONE,
  zones,
} from './volume-objects.ts';

export const volumeBindingCases: Case[] = [
  {
    rule: 'waits for a claim that is not there',
    nodes: zones,
    pod: pod('p', using('data')),
    message: `0/2 nodes are available: persistentvolumeclaim "data" not found. ${unhelpful(2)}`,
  },
  {
    rule: 'waits for a claim that the volume controller has to bind',
    nodes: zones,
    objects: {
      persistentVolumeClaims: [claim('data', { storageClassName: 'slow' })],
      storageClasses: [storageClass('slow', 'Immediate')],
    },
    pod: pod('p', using('data')),
    message: `0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. ${unhelpful(2)}`,
  },
  {
    rule: 'refuses a claim that is being deleted',
    nodes: zones,
    objects: {
      persistentVolumeClaims: [claim('data', {}, { deletionTimestamp: '2023-11-14T22:13:20Z' })],
      storageClasses: [local],
    },
    pod: pod('p', using('data')),
    message: `0/2 nodes are available: persistentvolumeclaim "data" is being deleted. ${unhelpful(2)}`,
  },
  {
    rule: 'refuses a claim whose volume is lost',
    nodes: zones,
    objects: {
      persistentVolumeClaims: [{ ...bound('data', 'gone'), status: { phase: 'Lost' } }],
      storageClasses: [local],
    },
    pod: pod('p', using('data')),
    message: `0/2 nodes are available: persistentvolumeclaim "data" bound to non-existent persistentvolume "gone". ${unhelpful(2)}`,
  },
  {
    rule: 'places a Pod where its volume can be reached',
    nodes: zones,
    objects: {
      persistentVolumeClaims: [bound('data', 'v')],
      persistentVolumes: [volume('v', onNode('b'))],
    },
    pod: pod('p', using('data')),
    fits: ['b'],
  },
  {
    rule: 'says that a volume cannot be reached',
    nodes: zones,
    objects: {
      persistentVolumeClaims: [bound('data', 'v')],
      persistentVolumes: [volume('v', onNode('c'))],
    },
    pod: pod('p', using('data')),
    message: `0/2 nodes are available: 2 node(s) didn't match PersistentVolume's node affinity. ${unhelpful(2)}`,
  },
  {
    rule: 'finds a free volume on a node for a claim that waits',
    nodes: zones,
    objects: {
      persistentVolumeClaims: [claim('data')],
      persistentVolumes: [volume('v', onNode('a'))],
      storageClasses: [local],
    },
    pod: pod('p', using('data')),
    fits: ['a'],
  },
  {
    rule: 'says that there is none',
    nodes: zones,
    objects: { persistentVolumeClaims: [claim('data')], storageClasses: [local] },
    pod: pod('p', using('data')),
    message: `0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind. ${unhelpful(2)}`,
  },
  {
    rule: 'takes volumes that are large enough',
    nodes: zones,
    objects: {
      persistentVolumeClaims: [claim('data', { resources: { requests: { storage: '2Gi' } } })],
      persistentVolumes: [
        volume('v', onNode('a')),
        volume('w', { ...onNode('b'), capacity: { storage: '5Gi' } }),
      ],
      storageClasses: [local],
    },
    pod: pod('p', using('data')),
    fits: ['b'],
  },
  {
    rule: 'takes volumes with the access modes',
    nodes: zones,
    objects: {
      persistentVolumeClaims: [claim('data', { accessModes: ['ReadWriteMany'] })],
      persistentVolumes: [
        volume('v', onNode('a')),
        volume('w', { ...onNode('b'), accessModes: ['ReadWriteMany'] }),
      ],
      storageClasses: [local],
    },
    pod: pod('p', using('data')),
    fits: ['b'],
  },
  {
    rule: 'takes volumes that the claim selects',
    nodes: zones,
    objects: {
      persistentVolumeClaims: [claim('data', { selector: { matchLabels: { tier: 'gold' } } })],
      persistentVolumes: [
        volume('v', onNode('a')),
        volume('w', onNode('b'), { labels: { tier: 'gold' } }),
      ],
      storageClasses: [local],
    },
    pod: pod('p', using('data')),
    fits: ['b'],
  },
  {
    rule: 'leaves volumes to the claims they are reserved for',
    nodes: zones,
    objects: {
      persistentVolumeClaims: [claim('data')],
      persistentVolumes: [
        volume('v', { ...onNode('a'), claimRef: { namespace: 'default', name: 'other' } }),
        volume('w', { ...onNode('b'), claimRef: { namespace: 'default', name: 'data' } }),
      ],
      storageClasses: [local],
    },
    pod: pod('p', using('data')),
    fits: ['b'],
  },
  {
    rule: 'does not give one volume to two claims',
    nodes: zones,
    objects: {
      persistentVolumeClaims: [claim('data'), claim('logs')],
      persistentVolumes: [
        volume('v', onNode('a')),
        volume('w', onNode('b')),
        volume('x', onNode('b')),
      ],
      storageClasses: [local],
    },
    pod: pod('p', using('data', 'logs')),
    fits: ['b'],
  },
  {
    rule: 'has volumes made where they can be',
    nodes: zones,
    objects: {
      persistentVolumeClaims: [claim('data', { storageClassName: 'fast' })],
      storageClasses: [fast],
    },
    pod: pod('p', using('data')),
    fits: ['a', 'b'],
  },
  {
    rule: 'has volumes made in allowed topologies',
    nodes: zones,
    objects: {
      persistentVolumeClaims: [claim('data', { storageClassName: 'fast' })],
      storageClasses: [
        {
          ...fast,
          allowedTopologies: [{ matchLabelExpressions: [{ key: ZONE, values: ['b', 'c'] }] }],
        },
      ],
    },
    pod: pod('p', using('data')),
    fits: ['b'],
  },
  {
    rule: 'stays on the node for which a volume is being made',
    nodes: zones,
    objects: {
      persistentVolumeClaims: [
        claim(
          'data',
          { storageClassName: 'fast' },
          { annotations: { 'volume.kubernetes.io/selected-node': 'a' } },
        ),
      ],
      storageClasses: [fast],
    },
    pod: pod('p', using('data')),
    fits: ['a'],
  },
  {
    rule: 'looks for storage that is left when the driver tells',
    nodes: zones,
    objects: {
      persistentVolumeClaims: [claim('data', { storageClassName: 'fast' })],
      storageClasses: [fast],
      csiDrivers: [
        {
          apiVersion: 'storage.k8s.io/v1',
          kind: 'CSIDriver',
          metadata: meta('csi.example.com'),
          spec: { storageCapacity: true },
        },
      ],
      csiStorageCapacities: [
        {
          apiVersion: 'storage.k8s.io/v1',
          kind: 'CSIStorageCapacity',
          metadata: meta('left', { namespace: 'kube-system' }),
          storageClassName: 'fast',
          capacity: '10Gi',
          nodeTopology: { matchLabels: { [ZONE]: 'b' } },
        },
      ],
    },
    pod: pod('p', using('data')),
    fits: ['b'],
  },
  {
    rule: 'says that no storage is left',
    nodes: zones,
    objects: {
      persistentVolumeClaims: [claim('data', { storageClassName: 'fast' })],
      storageClasses: [fast],
      csiDrivers: [
        {
          apiVersion: 'storage.k8s.io/v1',
          kind: 'CSIDriver',
          metadata: meta('csi.example.com'),
          spec: { storageCapacity: true },
        },
      ],
    },
    pod: pod('p', using('data')),
    message: `0/2 nodes are available: 2 node(s) did not have enough free storage. ${unhelpful(2)}`,
  },
  {
    rule: 'waits for the claim of an ephemeral volume',
    nodes: zones,
    pod: pod('p', { volumes: [{ name: 'scratch', ephemeral: {} }] }),
    message: `0/2 nodes are available: waiting for ephemeral volume controller to create the persistentvolumeclaim "p-scratch". ${unhelpful(2)}`,
  },
  {
    rule: 'says that the volume of a claim is gone',
    nodes: zones,
    objects: {
      persistentVolumeClaims: [bound('data', 'v')],
      persistentVolumes: [],
    },
    configuration: {
      profiles: [{ plugins: { multiPoint: { disabled: [{ name: 'VolumeZone' }] } } }],
    },
    pod: pod('p', using('data')),
    message: `0/2 nodes are available: 2 node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s). ${unhelpful(2)}`,
  },
];
