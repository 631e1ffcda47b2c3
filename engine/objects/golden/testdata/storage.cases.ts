import { change, creation, like, type GoldenCase } from '../case.ts';

const of = (kind: string, more: Record<string, unknown>) =>
  like({ apiVersion: 'storage.k8s.io/v1', kind, metadata: { name: 'golden' }, ...more });
const storageClass = of('StorageClass', { provisioner: 'example.com/disk' });
const attributes = of('VolumeAttributesClass', {
  driverName: 'disk.example.com',
  parameters: { iops: '100' },
});
const driver = of('CSIDriver', { spec: {} });
const node = of('CSINode', { spec: { drivers: [{ name: 'disk.example.com', nodeID: 'n1' }] } });
const capacity = of('CSIStorageCapacity', { storageClassName: 'fast', capacity: '10Gi' });
const attachment = of('VolumeAttachment', {
  spec: { attacher: 'disk.example.com', nodeName: 'n1', source: { persistentVolumeName: 'pv' } },
});

export const cases: readonly GoldenCase[] = [
  creation('storage class', storageClass()),
  creation('storage class full', storageClass({
    'metadata.annotations': { 'storageclass.kubernetes.io/is-default-class': 'true' },
    parameters: { type: 'ssd' },
    reclaimPolicy: 'Retain',
    volumeBindingMode: 'WaitForFirstConsumer',
    allowVolumeExpansion: true,
    mountOptions: ['ro'],
    allowedTopologies: [
      { matchLabelExpressions: [{ key: 'failure-domain.beta.kubernetes.io/zone', values: ['a'] }] },
    ],
  })),
  creation('storage class bad', storageClass({
    provisioner: 'A B',
    parameters: { '': 'x' },
    reclaimPolicy: 'Recycle',
    volumeBindingMode: 'Sometimes',
  })),
  creation('storage class no provisioner', storageClass({ provisioner: '' })),
  creation('storage class topologies', storageClass({
    allowedTopologies: [
      { matchLabelExpressions: [{ key: 'zone', values: [] }, { key: 'a b', values: ['x', 'x'] }] },
      { matchLabelExpressions: [{ key: 'zone', values: ['a'] }, { key: 'zone', values: ['b'] }] },
      { matchLabelExpressions: [{ key: 'rack', values: ['a', 'b'] }] },
      { matchLabelExpressions: [{ key: 'rack', values: ['b', 'a'] }] },
    ],
  })),
  change('storage class changes', storageClass({ parameters: { a: 'b' } }), {
    provisioner: 'other',
    parameters: {},
    reclaimPolicy: 'Retain',
    volumeBindingMode: 'WaitForFirstConsumer',
  }),
  change('storage class becomes expandable', storageClass(), { allowVolumeExpansion: true }),
  creation('attributes class', attributes()),
  creation('attributes class bad', attributes({ driverName: 'A B', parameters: {} })),
  creation('attributes class no driver', attributes({ driverName: '' })),
  change('attributes class changes', attributes(), {
    driverName: 'other.example.com',
    parameters: { iops: '200' },
  }),
  creation('driver', driver()),
  creation('driver full', driver({
    spec: {
      attachRequired: false,
      podInfoOnMount: true,
      storageCapacity: true,
      fsGroupPolicy: 'File',
      volumeLifecycleModes: ['Ephemeral', 'Persistent'],
      tokenRequests: [{ audience: 'a', expirationSeconds: 600 }, { audience: '' }],
      requiresRepublish: true,
      seLinuxMount: true,
      nodeAllocatableUpdatePeriodSeconds: 10,
    },
  })),
  creation('driver bad', driver({
    'metadata.name': 'Bad_',
    spec: {
      fsGroupPolicy: 'Some',
      volumeLifecycleModes: ['Forever'],
      tokenRequests: [
        { audience: 'a', expirationSeconds: 1 },
        { audience: 'a' },
        { audience: 'b', expirationSeconds: 5_000_000_000 },
      ],
      nodeAllocatableUpdatePeriodSeconds: 9,
    },
  })),
  creation('driver secrets without tokens', driver({
    'spec.serviceAccountTokenInSecrets': true,
  })),
  change('driver changes', driver(), {
    'spec.attachRequired': false,
    'spec.volumeLifecycleModes': ['Ephemeral'],
    'spec.tokenRequests': [{ audience: 'x' }],
  }),
  change('driver tokens', driver(), { 'spec.tokenRequests': [{ audience: 'x' }] }),
  creation('node', node()),
  creation('node bad', node({
    'spec.drivers': [
      { name: '', nodeID: '' },
      { name: 'Bad_', nodeID: 'n'.repeat(257), allocatable: { count: -1 } },
      { name: 'a.example.com', nodeID: 'n', topologyKeys: ['', 'zone', 'zone', 'a b'] },
      { name: 'a.example.com', nodeID: 'n' },
      { name: 'a'.repeat(64), nodeID: 'n' },
    ],
  })),
  change('node new id', node(), { 'spec.drivers[0].nodeID': 'n2' }),
  change('node new count', node(), { 'spec.drivers[0].allocatable': { count: 5 } }),
  change('node without drivers', node(), { 'spec.drivers': [] }),
  creation('capacity', capacity({ nodeTopology: { matchLabels: { 'beta.kubernetes.io/os': 'x' } } })),
  creation('capacity bad', capacity({
    storageClassName: 'Bad_',
    capacity: '-1',
    nodeTopology: { matchExpressions: [{ key: 'a', operator: 'In' }] },
  })),
  creation('capacity unknown', capacity({ capacity: undefined, storageClassName: '' })),
  change('capacity changes', capacity(), {
    storageClassName: 'slow',
    nodeTopology: { matchLabels: { a: 'b' } },
    capacity: '5Gi',
  }),
  creation('attachment', attachment({ status: { attached: true } })),
  creation('attachment bad', attachment({
    spec: { attacher: '', nodeName: 'Bad_', source: { persistentVolumeName: 'Bad_' } },
  })),
  creation('attachment of nothing', attachment({ 'spec.source': {} })),
  creation('attachment empty name', attachment({ 'spec.source': { persistentVolumeName: '' } })),
  creation('attachment of two', attachment({
    'spec.source.inlineVolumeSpec': { accessModes: ['ReadWriteOnce'] },
  })),
  creation('attachment inline', attachment({
    'spec.source': {
      inlineVolumeSpec: {
        accessModes: ['ReadWriteOnce'],
        csi: { driver: 'disk.example.com', volumeHandle: 'h' },
      },
    },
  })),
  creation('attachment inline bad', attachment({
    'spec.source': {
      inlineVolumeSpec: {
        capacity: { storage: '1Gi' },
        hostPath: { path: '/x' },
        storageClassName: 'x',
        persistentVolumeReclaimPolicy: 'Delete',
        volumeMode: 'Block',
        claimRef: { name: 'c', namespace: 'n' },
      },
    },
  })),
  change('attachment changes', attachment(), { 'spec.nodeName': 'n2' }),
  change('attachment status', attachment(), {
    status: { attached: true, attachmentMetadata: { a: 'b' } },
    'metadata.labels': { a: 'b' },
  }, 'status'),
  change('attachment bad status', attachment(), {
    status: {
      attached: false,
      attachError: { message: 'm'.repeat(1025), errorCode: -1, time: '2001-01-01T00:00:00Z' },
    },
  }, 'status'),
];
