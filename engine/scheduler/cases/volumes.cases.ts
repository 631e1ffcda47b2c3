import type { Stored } from '../../client/resource.ts';
import type { PersistentVolume, Volume } from '../../objects/generated/core-v1.generated.ts';
import type { CSINode } from '../../objects/generated/storage-v1.generated.ts';
import { meta, node, pod } from '../testing/builders.ts';
import type { Case } from './case.ts';
import {
  bound,
  claim,
  fast,
  unhelpful,
  using,
  victims,
  volume,
  ZONE,
  zones,
} from './volume-objects.ts';

export const volumeZoneCases: Case[] = [
  {
    rule: 'places a Pod in the zone of its volume',
    nodes: zones,
    objects: {
      persistentVolumeClaims: [bound('data', 'v')],
      persistentVolumes: [volume('v', {}, { labels: { [ZONE]: 'b' } })],
    },
    pod: pod('p', using('data')),
    fits: ['b'],
  },
  {
    rule: 'reads several zones',
    nodes: [...zones, node('c', { labels: { [ZONE]: 'c' } })],
    objects: {
      persistentVolumeClaims: [bound('data', 'v')],
      persistentVolumes: [volume('v', {}, { labels: { [ZONE]: 'a__b' } })],
    },
    pod: pod('p', using('data')),
    fits: ['a', 'b'],
  },
  {
    rule: 'reads the old labels of volumes',
    nodes: zones,
    objects: {
      persistentVolumeClaims: [bound('data', 'v')],
      persistentVolumes: [
        volume('v', {}, { labels: { 'failure-domain.beta.kubernetes.io/zone': 'a' } }),
      ],
    },
    pod: pod('p', using('data')),
    fits: ['a'],
  },
  {
    rule: 'does not ask of nodes without zones',
    nodes: [node('n')],
    objects: {
      persistentVolumeClaims: [bound('data', 'v')],
      persistentVolumes: [volume('v', {}, { labels: { [ZONE]: 'a' } })],
    },
    pod: pod('p', using('data')),
    fits: ['n'],
  },
  {
    rule: 'says so',
    nodes: zones,
    objects: {
      persistentVolumeClaims: [bound('data', 'v')],
      persistentVolumes: [volume('v', {}, { labels: { [ZONE]: 'c' } })],
    },
    pod: pod('p', using('data')),
    message: `0/2 nodes are available: 2 node(s) had no available volume zone. ${unhelpful(2)}`,
  },
];

const disk = (name: string, source: Omit<Volume, 'name'>, nodeName?: string) =>
  pod(name, {
    ...(nodeName === undefined ? {} : { nodeName }),
    volumes: [{ name: 'disk', ...source }],
  });
const gce = (readOnly: boolean) => ({ gcePersistentDisk: { pdName: 'd', readOnly } });

export const volumeRestrictionsCases: Case[] = [
  {
    rule: 'does not share a GCE disk that is written',
    nodes: zones,
    pods: [disk('x', gce(false), 'a')],
    pod: disk('p', gce(true)),
    fits: ['b'],
  },
  {
    rule: 'shares a GCE disk that is only read',
    nodes: zones,
    pods: [disk('x', gce(true), 'a')],
    pod: disk('p', gce(true)),
    fits: ['a', 'b'],
  },
  {
    rule: 'never shares an EBS volume',
    nodes: zones,
    pods: [disk('x', { awsElasticBlockStore: { volumeID: 'd', readOnly: true } }, 'a')],
    pod: disk('p', { awsElasticBlockStore: { volumeID: 'd', readOnly: true } }),
    fits: ['b'],
  },
  {
    rule: 'does not share an iSCSI disk that is written',
    nodes: zones,
    pods: [disk('x', { iscsi: { iqn: 'i', lun: 0, targetPortal: 't' } }, 'a')],
    pod: disk('p', { iscsi: { iqn: 'i', lun: 1, targetPortal: 't' } }),
    fits: ['b'],
  },
  {
    rule: 'does not share an RBD image that is written',
    nodes: zones,
    pods: [disk('x', { rbd: { image: 'i', pool: 'p', monitors: ['m', 'n'] } }, 'a')],
    pod: disk('p', { rbd: { image: 'i', pool: 'p', monitors: ['n', 'o'] } }),
    fits: ['b'],
  },
  {
    rule: 'says so',
    nodes: [node('a')],
    pods: [disk('x', gce(false), 'a')],
    pod: disk('p', gce(false)),
    message: `0/1 nodes are available: 1 node(s) had no available disk. ${victims(1)}`,
  },
  {
    rule: 'gives a ReadWriteOncePod claim to one Pod of the cluster',
    nodes: zones,
    pods: [pod('x', { nodeName: 'a', ...using('data') })],
    objects: {
      persistentVolumeClaims: [bound('data', 'v', { accessModes: ['ReadWriteOncePod'] })],
      persistentVolumes: [volume('v', { accessModes: ['ReadWriteOncePod'] })],
    },
    pod: pod('p', using('data')),
    message:
      '0/2 nodes are available: 2 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod. preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.',
  },
  {
    rule: 'removes a Pod of lower priority that has it',
    nodes: [node('a')],
    pods: [pod('x', { nodeName: 'a', priority: 1, ...using('data') })],
    objects: {
      persistentVolumeClaims: [bound('data', 'v', { accessModes: ['ReadWriteOncePod'] })],
      persistentVolumes: [volume('v', { accessModes: ['ReadWriteOncePod'] })],
    },
    pod: pod('p', { priority: 10, ...using('data') }),
    message:
      '0/1 nodes are available: 1 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod. preemption: found a potential placement for pod on node a, preempting 1 victims',
  },
];

const csi = (name: string): Stored<PersistentVolume> =>
  volume(name, { csi: { driver: 'csi.example.com', volumeHandle: name } });
const limited = (name: string, count: number): Stored<CSINode> => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'CSINode',
  metadata: meta(name),
  spec: { drivers: [{ name: 'csi.example.com', nodeID: name, allocatable: { count } }] },
});
const claims = [bound('c1', 'v1'), bound('c2', 'v2'), bound('c3', 'v3')];
const volumes = [csi('v1'), csi('v2'), csi('v3')];

export const nodeVolumeLimitsCases: Case[] = [
  {
    rule: 'keeps within the limit of a driver',
    nodes: zones,
    pods: [
      pod('x', { nodeName: 'a', ...using('c1') }),
      pod('y', { nodeName: 'a', ...using('c2') }),
    ],
    objects: {
      persistentVolumeClaims: claims,
      persistentVolumes: volumes,
      csiNodes: [limited('a', 2), limited('b', 2)],
    },
    pod: pod('p', using('c3')),
    fits: ['b'],
  },
  {
    rule: 'counts a volume of two Pods once',
    nodes: zones,
    pods: [
      pod('x', { nodeName: 'a', ...using('c1') }),
      pod('y', { nodeName: 'a', ...using('c1') }),
    ],
    objects: {
      persistentVolumeClaims: claims,
      persistentVolumes: volumes,
      csiNodes: [limited('a', 2), limited('b', 2)],
    },
    pod: pod('p', using('c3')),
    fits: ['a', 'b'],
  },
  {
    rule: 'has no limit where the driver names none',
    nodes: zones,
    objects: {
      persistentVolumeClaims: claims,
      persistentVolumes: volumes,
      csiNodes: [limited('a', 0)],
    },
    pod: pod('p', using('c3')),
    fits: ['b'],
  },
  {
    rule: 'says so',
    nodes: [node('a')],
    objects: {
      persistentVolumeClaims: claims,
      persistentVolumes: volumes,
      csiNodes: [limited('a', 0)],
    },
    pod: pod('p', using('c3')),
    message: `0/1 nodes are available: 1 node(s) exceed max volume count. ${victims(1)}`,
  },
  {
    rule: 'counts volumes that are still attached',
    nodes: [node('a')],
    objects: {
      persistentVolumeClaims: claims,
      persistentVolumes: volumes,
      csiNodes: [limited('a', 1)],
      volumeAttachments: [
        {
          apiVersion: 'storage.k8s.io/v1',
          kind: 'VolumeAttachment',
          metadata: meta('at'),
          spec: {
            attacher: 'csi.example.com',
            nodeName: 'a',
            source: { persistentVolumeName: 'v1' },
          },
        },
      ],
    },
    pod: pod('p', using('c3')),
    fits: [],
  },
  {
    rule: 'counts volumes that are to be made',
    nodes: [node('a')],
    pods: [pod('x', { nodeName: 'a', ...using('n1') })],
    objects: {
      persistentVolumeClaims: [
        claim('n1', { storageClassName: 'fast' }),
        claim('n2', { storageClassName: 'fast' }),
      ],
      storageClasses: [fast],
      csiNodes: [limited('a', 1)],
    },
    pod: pod('p', using('n2')),
    fits: [],
  },
  {
    rule: 'waits for a driver that has to be there',
    nodes: [node('a')],
    objects: {
      persistentVolumeClaims: claims,
      persistentVolumes: volumes,
      csiDrivers: [
        {
          apiVersion: 'storage.k8s.io/v1',
          kind: 'CSIDriver',
          metadata: meta('csi.example.com'),
          spec: { preventPodSchedulingIfMissing: true },
        },
      ],
    },
    pod: pod('p', using('c1')),
    message: `0/1 nodes are available: 1 csi.example.com CSI driver is not installed on the node. ${victims(1)}`,
  },
];
