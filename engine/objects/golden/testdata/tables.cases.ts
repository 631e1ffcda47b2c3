import { change, creation, type Edits, type GoldenCase, like } from '../case.ts';

const pod = like({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'table' },
  spec: {
    nodeName: 'n1',
    containers: [
      { name: 'a', image: 'a' },
      { name: 'b', image: 'b' },
    ],
  },
});
const container = (name: string, edits: Edits = {}) =>
  like({ name, ready: false, restartCount: 0, image: name, imageID: '' })(edits);
const running = { running: { startedAt: '2001-01-01T00:00:00Z' } };
const ended = (edits: Edits = {}) => ({
  terminated: { exitCode: 0, startedAt: null, finishedAt: '2002-02-02T00:00:00Z', ...edits },
});
const sidecars = [
  { name: 'i', image: 'i' },
  { name: 's', image: 's', restartPolicy: 'Always' },
];

function podStatus(name: string, status: Edits, edits: Edits = {}): GoldenCase {
  return change(`pod ${name}`, pod(edits), { status }, 'status');
}

export const cases: readonly GoldenCase[] = [
  podStatus('running', {
    phase: 'Running',
    podIPs: [{ ip: '10.0.0.5' }, { ip: 'fd00::5' }],
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [
      container('a', { ready: true, state: running }),
      container('b', { ready: true, state: running }),
    ],
  }),
  podStatus('not ready', {
    phase: 'Running',
    containerStatuses: [container('a', { state: running }), container('b', { state: running })],
  }),
  podStatus('restarted', {
    phase: 'Running',
    containerStatuses: [
      container('a', { ready: true, state: running, restartCount: 3, lastState: ended() }),
      container('b', {
        ready: true,
        state: running,
        restartCount: 2,
        lastState: ended({ finishedAt: '2003-03-03T00:00:00Z', exitCode: 1 }),
      }),
    ],
  }),
  podStatus('restarted without a time', {
    phase: 'Running',
    containerStatuses: [container('a', { ready: true, state: running, restartCount: 3 })],
  }),
  podStatus('waiting', {
    phase: 'Pending',
    containerStatuses: [
      container('a', { state: { waiting: { reason: 'ImagePullBackOff' } } }),
      container('b', { state: { waiting: { reason: 'ContainerCreating' } } }),
    ],
  }),
  podStatus('crash loop', {
    phase: 'Running',
    containerStatuses: [
      container('a', { ready: true, state: running }),
      container('b', {
        restartCount: 7,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: ended({ exitCode: 137, reason: 'OOMKilled' }),
      }),
    ],
  }),
  podStatus('waiting without a reason', {
    phase: 'Pending',
    containerStatuses: [container('a', { state: { waiting: {} } })],
  }),
  podStatus('completed beside a running one', {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [
      container('a', { state: ended({ reason: 'Completed' }) }),
      container('b', { ready: true, state: running }),
    ],
  }),
  podStatus('completed beside one that is not ready', {
    phase: 'Running',
    containerStatuses: [
      container('a', { state: ended({ reason: 'Completed' }) }),
      container('b', { ready: true, state: running }),
    ],
  }),
  podStatus('completed beside a failed one', {
    phase: 'Running',
    containerStatuses: [
      container('a', { state: ended({ reason: 'Completed' }) }),
      container('b', { state: ended({ reason: 'Error', exitCode: 2 }) }),
    ],
  }),
  podStatus('succeeded', {
    phase: 'Succeeded',
    containerStatuses: [
      container('a', { state: ended({ reason: 'Completed' }) }),
      container('b', { state: ended({ reason: 'Completed' }) }),
    ],
  }),
  podStatus('failed', {
    phase: 'Failed',
    containerStatuses: [
      container('a', { state: ended({ reason: 'Error', exitCode: 1 }) }),
      container('b', { state: ended({ exitCode: 3 }) }),
    ],
  }),
  podStatus('killed by a signal', {
    phase: 'Failed',
    containerStatuses: [container('a', { state: ended({ exitCode: 1, signal: 9 }) })],
  }),
  podStatus('evicted', { phase: 'Failed', reason: 'Evicted', message: 'The node was low on memory' }),
  podStatus('gates', {
    phase: 'Pending',
    conditions: [
      { type: 'x/one', status: 'True' },
      { type: 'x/two', status: 'False' },
    ],
    nominatedNodeName: 'n2',
  }, {
    'spec.readinessGates': [{ conditionType: 'x/one' }, { conditionType: 'x/two' }],
    'spec.nodeName': undefined,
  }),
  podStatus(
    'scheduling gated',
    {
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }],
    },
    { 'spec.schedulingGates': [{ name: 'a/b' }], 'spec.nodeName': undefined },
  ),
  podStatus(
    'init running',
    {
      phase: 'Pending',
      initContainerStatuses: [container('i', { state: running })],
      containerStatuses: [container('a', { state: { waiting: { reason: 'PodInitializing' } } })],
    },
    { 'spec.initContainers': sidecars },
  ),
  podStatus(
    'init waiting',
    {
      phase: 'Pending',
      initContainerStatuses: [
        container('i', { state: ended(), restartCount: 2, lastState: ended({ exitCode: 1 }) }),
        container('s', { state: { waiting: { reason: 'PodInitializing' } } }),
      ],
    },
    { 'spec.initContainers': sidecars },
  ),
  podStatus(
    'init crash loop',
    {
      phase: 'Pending',
      initContainerStatuses: [
        container('i', {
          state: { waiting: { reason: 'CrashLoopBackOff' } },
          restartCount: 4,
          lastState: ended({ exitCode: 1 }),
        }),
      ],
    },
    { 'spec.initContainers': sidecars },
  ),
  podStatus(
    'init failed',
    {
      phase: 'Failed',
      initContainerStatuses: [container('i', { state: ended({ exitCode: 4 }) })],
    },
    { 'spec.initContainers': sidecars },
  ),
  podStatus(
    'init killed by a signal',
    {
      phase: 'Failed',
      initContainerStatuses: [container('i', { state: ended({ exitCode: 1, signal: 15 }) })],
    },
    { 'spec.initContainers': sidecars },
  ),
  podStatus(
    'init failed with a reason',
    {
      phase: 'Failed',
      initContainerStatuses: [container('i', { state: ended({ exitCode: 4, reason: 'Error' }) })],
    },
    { 'spec.initContainers': sidecars },
  ),
  podStatus(
    'with a sidecar',
    {
      phase: 'Running',
      conditions: [
        { type: 'Initialized', status: 'True' },
        { type: 'Ready', status: 'True' },
      ],
      initContainerStatuses: [
        container('i', { state: ended({ reason: 'Completed' }) }),
        container('s', {
          state: running,
          started: true,
          ready: true,
          restartCount: 1,
          lastState: ended(),
        }),
      ],
      containerStatuses: [
        container('a', { ready: true, state: running, restartCount: 2 }),
        container('b', { ready: true, state: running }),
      ],
    },
    { 'spec.initContainers': sidecars },
  ),
  podStatus(
    'with a sidecar that has not started again',
    {
      phase: 'Running',
      conditions: [{ type: 'Initialized', status: 'True' }],
      initContainerStatuses: [
        container('i', { state: ended({ reason: 'Completed' }) }),
        container('s', { state: { waiting: { reason: 'CrashLoopBackOff' } }, restartCount: 5 }),
      ],
      containerStatuses: [container('a', { ready: true, state: running, restartCount: 2 })],
    },
    { 'spec.initContainers': sidecars },
  ),
  ...nodes(),
  ...controllers(),
  ...volumes(),
  ...others(),
];

function nodes(): readonly GoldenCase[] {
  const node = like({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'table' } });
  const nodeInfo = {
    machineID: '',
    systemUUID: '',
    bootID: '',
    kernelVersion: '6.12.0',
    osImage: 'Debian GNU/Linux 13',
    containerRuntimeVersion: 'containerd://2.1.0',
    kubeletVersion: 'v1.37.2',
    kubeProxyVersion: '',
    operatingSystem: 'linux',
    architecture: 'amd64',
  };
  return [
    change('node ready', node({ 'spec.unschedulable': true }), {
      status: {
        nodeInfo,
        conditions: [{ type: 'Ready', status: 'True' }],
        addresses: [
          { type: 'Hostname', address: 'table' },
          { type: 'InternalIP', address: '192.168.0.2' },
          { type: 'ExternalIP', address: '8.8.8.8' },
        ],
      },
    }, 'status'),
    change('node not ready', node({
      'metadata.labels': {
        'node-role.kubernetes.io/worker': '',
        'node-role.kubernetes.io/control-plane': '',
        'kubernetes.io/role': 'edge',
      },
    }), { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } }, 'status'),
  ];
}

function controllers(): readonly GoldenCase[] {
  const template = {
    metadata: { labels: { app: 'web', tier: 'front' } },
    spec: {
      containers: [
        { name: 'a', image: 'a:1' },
        { name: 'b', image: 'b:1' },
      ],
    },
  };
  const selector = {
    matchLabels: { tier: 'front', app: 'web' },
    matchExpressions: [
      { key: 'app', operator: 'In', values: ['web', 'api'] },
      { key: 'gone', operator: 'DoesNotExist' },
    ],
  };
  const controller = (kind: string) =>
    like({
      apiVersion: 'apps/v1',
      kind,
      metadata: { name: 'table' },
      spec: { replicas: 3, selector, template },
    });
  const job = like({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'table' },
    spec: {
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'c' }] } },
    },
  });
  const startTime = '2001-01-01T00:00:00Z';
  return [
    change('deployment table', controller('Deployment')(), {
      status: {
        replicas: 3,
        readyReplicas: 2,
        updatedReplicas: 1,
        availableReplicas: 2,
        unavailableReplicas: 1,
      },
    }, 'status'),
    change('replica set table', controller('ReplicaSet')(), {
      status: { replicas: 3, fullyLabeledReplicas: 3, readyReplicas: 2, availableReplicas: 1 },
    }, 'status'),
    change('stateful set table', controller('StatefulSet')({ 'spec.serviceName': 'x' }), {
      status: { replicas: 3, readyReplicas: 2, currentReplicas: 1 },
    }, 'status'),
    change('daemon set table', controller('DaemonSet')({
      'spec.replicas': undefined,
      'spec.template.spec.nodeSelector': { disk: 'ssd', arch: 'arm' },
    }), {
      status: {
        desiredNumberScheduled: 5,
        currentNumberScheduled: 4,
        numberReady: 3,
        updatedNumberScheduled: 2,
        numberAvailable: 1,
        numberMisscheduled: 0,
      },
    }, 'status'),
    change('job table', job({ 'spec.completions': 4, 'spec.parallelism': 2 }), {
      status: { succeeded: 1, active: 2, startTime },
    }, 'status'),
    change('parallel job table', job({ 'spec.parallelism': 3 }), {
      status: { succeeded: 1, active: 2, startTime },
    }, 'status'),
    change('complete job table', job(), {
      status: {
        succeeded: 1,
        startTime,
        completionTime: '2001-01-01T02:03:04Z',
        conditions: [
          { type: 'SuccessCriteriaMet', status: 'True' },
          { type: 'Complete', status: 'True' },
        ],
      },
    }, 'status'),
    change('failed job table', job(), {
      status: {
        failed: 1,
        startTime,
        conditions: [
          { type: 'FailureTarget', status: 'True' },
          { type: 'Failed', status: 'True' },
        ],
      },
    }, 'status'),
    change('suspended job table', job({ 'spec.suspend': true }), {
      status: { conditions: [{ type: 'Suspended', status: 'True' }] },
    }, 'status'),
    change('failing job table', job(), {
      status: { startTime, conditions: [{ type: 'FailureTarget', status: 'True' }] },
    }, 'status'),
    creation('controller revision table', {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: {
        name: 'table',
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'd', uid: '1', controller: true },
        ],
      },
      revision: 7,
      data: { spec: {} },
    }),
    creation('controller revision without a controller', {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: { name: 'table' },
      revision: 0,
      data: {},
    }),
  ];
}

function volumes(): readonly GoldenCase[] {
  const volume = like({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'table' },
    spec: {
      capacity: { storage: '10Gi' },
      accessModes: ['ReadWriteMany', 'ReadWriteOnce'],
      hostPath: { path: '/x' },
    },
  });
  const claim = like({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'table' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  });
  return [
    change('volume table', volume({
      'spec.claimRef': { kind: 'PersistentVolumeClaim', namespace: 'n', name: 'c' },
      'spec.storageClassName': 'fast',
    }), { status: { phase: 'Released', reason: 'Because' } }, 'status'),
    creation('volume of an annotated class', volume({
      'metadata.annotations': { 'volume.beta.kubernetes.io/storage-class': 'old' },
    })),
    change('claim table', claim({ 'spec.volumeName': 'pv', 'spec.storageClassName': 'fast' }), {
      status: {
        phase: 'Bound',
        capacity: { storage: '2Gi' },
        accessModes: ['ReadWriteOncePod', 'ReadOnlyMany'],
      },
    }, 'status'),
    creation('claim with an unbound volume', claim({ 'spec.volumeName': 'pv' })),
  ];
}

function others(): readonly GoldenCase[] {
  const service = like({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'table' },
    spec: {
      selector: { tier: 'front', app: 'web' },
      ports: [
        { name: 'a', port: 80 },
        { name: 'b', port: 443, nodePort: 30443 },
        { name: 'c', port: 53, protocol: 'UDP' },
      ],
    },
  });
  const addresses = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ ip: `10.1.0.${index + 1}` }));
  const endpoints = like({ apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'table' } });
  return [
    change('load balancer table', service({ 'spec.type': 'LoadBalancer' }), {
      status: {
        loadBalancer: {
          ingress: [{ ip: '5.6.7.8' }, { hostname: 'lb.example.com' }, { ip: '1.2.3.4' }],
        },
      },
    }, 'status'),
    creation('pending load balancer', service({
      'spec.type': 'LoadBalancer',
      'spec.externalIPs': ['8.8.4.4'],
    })),
    creation('node port table', service({
      'spec.type': 'NodePort',
      'spec.externalIPs': ['8.8.8.8', '8.8.4.4'],
    })),
    creation('headless table', service({
      'spec.clusterIP': 'None',
      'spec.ports[1].nodePort': undefined,
    })),
    creation('external name table', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'table' },
      spec: { type: 'ExternalName', externalName: 'example.com' },
    }),
    creation('endpoints table', endpoints({
      subsets: [
        { addresses: addresses(2), ports: [{ name: 'a', port: 80 }, { name: 'b', port: 81 }] },
        { notReadyAddresses: addresses(1), ports: [{ port: 82 }] },
      ],
    })),
    creation('endpoints without ports', endpoints({ subsets: [{ addresses: addresses(5) }] })),
    creation('endpoints of IPv6', endpoints({
      subsets: [{ addresses: [{ ip: 'fd00::1' }], ports: [{ port: 80 }] }],
    })),
    change('quota table', {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'table' },
      spec: { hard: { pods: '10', 'requests.cpu': '1', 'limits.cpu': '2', cpu: '3' } },
    }, {
      status: {
        hard: { pods: '10', 'requests.cpu': '1', 'limits.cpu': '2', 'limits.memory': '1Gi' },
        used: { pods: '3', 'requests.cpu': '1500m', 'limits.cpu': '200m' },
      },
    }, 'status'),
    creation('config map table', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'table' },
      data: { a: '1', b: '2' },
      binaryData: { c: 'AAAA' },
    }),
    creation('old event table', {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'table' },
      involvedObject: { kind: 'Pod', name: 'web', fieldPath: 'spec.containers{c}', namespace: 'golden' },
      reason: 'Pulled',
      message: '  Image pulled  ',
      source: { component: 'kubelet', host: 'n1' },
      firstTimestamp: '2001-01-01T00:00:00Z',
      lastTimestamp: '2002-01-01T00:00:00Z',
      count: 4,
      type: 'Normal',
    }),
    creation('event table', {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: 'table' },
      regarding: { kind: 'Node', name: 'n1', namespace: 'golden' },
      reason: 'Ready',
      note: 'It is',
      action: 'Watch',
      reportingController: 'example.com/c',
      reportingInstance: 'c-1',
      eventTime: '2001-01-01T00:00:00.000000Z',
      series: { count: 9, lastObservedTime: '2003-01-01T00:00:00.000000Z' },
      type: 'Warning',
    }),
  ];
}
