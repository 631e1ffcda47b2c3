import { change, creation, like, type GoldenCase } from '../case.ts';

const budget = like({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'web' },
  spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
});
const priority = like({
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  metadata: { name: 'high' },
  value: 1000,
});
const runtime = like({
  apiVersion: 'node.k8s.io/v1',
  kind: 'RuntimeClass',
  metadata: { name: 'gvisor' },
  handler: 'runsc',
});
const lease = like({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'leader' },
  spec: {},
});
const slice = like({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'web-abc' },
  addressType: 'IPv4',
  endpoints: [{ addresses: ['10.1.2.3'] }],
  ports: [{ port: 80 }],
});
const event = like({
  apiVersion: 'events.k8s.io/v1',
  kind: 'Event',
  metadata: { name: 'ready' },
  regarding: { kind: 'Pod', name: 'p', namespace: 'golden' },
  reason: 'Ready',
  note: 'It is',
  action: 'Watch',
  reportingController: 'example.com/c',
  reportingInstance: 'c-1',
  eventTime: '2001-01-01T00:00:00.000000Z',
  type: 'Warning',
});
const migration = like({
  apiVersion: 'storagemigration.k8s.io/v1',
  kind: 'StorageVersionMigration',
  metadata: { name: 'jobs' },
  spec: { resource: { group: 'batch', resource: 'jobs' } },
});
const done = (type: string, status = 'True') => ({
  type,
  status,
  reason: 'Done',
  message: '',
  lastTransitionTime: '2001-01-01T00:00:00Z',
});
const many = <T>(count: number, of: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => of(index));

export const cases: readonly GoldenCase[] = [
  creation('budget', budget()),
  creation('budget maximum', budget({ spec: { maxUnavailable: '50%' } })),
  creation('budget of nothing', budget({ spec: {} })),
  creation('budget both', budget({ 'spec.maxUnavailable': 1 })),
  creation('budget bad', budget({
    spec: {
      minAvailable: '150%',
      selector: { matchExpressions: [{ key: 'a', operator: 'In' }] },
      unhealthyPodEvictionPolicy: 'Never',
    },
  })),
  creation('budget negative', budget({ 'spec.minAvailable': -1 })),
  creation('budget no percentage', budget({ spec: { maxUnavailable: 'all' } })),
  creation('budget status is dropped', budget({ status: { currentHealthy: 5 } })),
  creation('budget old selector', budget({
    'spec.selector.matchExpressions': [
      { key: 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match', operator: 'Exists' },
    ],
  })),
  change('budget new amount', budget(), { 'spec.minAvailable': 2 }),
  change('budget bad amount', budget(), { 'spec.minAvailable': 'x' }),
  change('budget status', budget(), {
    status: {
      disruptionsAllowed: 1,
      currentHealthy: 2,
      desiredHealthy: 1,
      expectedPods: 2,
      conditions: [
        {
          type: 'DisruptionAllowed',
          status: 'True',
          reason: 'SufficientPods',
          message: '',
          lastTransitionTime: '2001-01-01T00:00:00Z',
        },
      ],
    },
  }, 'status'),
  change('budget bad status', budget(), {
    status: {
      disruptionsAllowed: -1,
      currentHealthy: -1,
      desiredHealthy: -1,
      expectedPods: -1,
      conditions: [
        { type: '', status: '', reason: '', message: '' },
        {
          type: 'a b',
          status: 'Maybe',
          reason: '1x',
          message: '',
          lastTransitionTime: '2001-01-01T00:00:00Z',
          observedGeneration: -1,
        },
        {
          type: 'Same',
          status: 'True',
          reason: 'R',
          message: '',
          lastTransitionTime: '2001-01-01T00:00:00Z',
        },
        {
          type: 'Same',
          status: 'True',
          reason: 'R',
          message: '',
          lastTransitionTime: '2001-01-01T00:00:00Z',
        },
      ],
    },
  }, 'status'),
  creation('priority', priority({ globalDefault: true, description: 'd' })),
  creation('priority zero', priority({ value: 0, preemptionPolicy: 'Never' })),
  creation('priority too high', priority({ value: 1_000_000_001 })),
  creation('priority of the system', priority({ 'metadata.name': 'system-mine', value: 5 })),
  creation('priority bad policy', priority({ preemptionPolicy: 'Sometimes' })),
  change('priority new value', priority(), { value: 5, preemptionPolicy: 'Never' }),
  change('priority new description', priority(), { description: 'x' }),
  creation('runtime', runtime({
    overhead: { podFixed: { cpu: '100m', memory: '64Mi' } },
    scheduling: {
      nodeSelector: { 'beta.kubernetes.io/os': 'linux' },
      tolerations: [{ key: 'a', operator: 'Exists' }],
    },
  })),
  creation('runtime bad', runtime({
    handler: 'Bad_',
    overhead: { podFixed: { cpu: '-1', bad: '1' } },
    scheduling: {
      nodeSelector: { 'a b': 'c d' },
      tolerations: [
        { key: 'a', operator: 'Exists' },
        { key: 'a', operator: 'Exists' },
        { operator: 'Is' },
      ],
    },
  })),
  creation('runtime no handler', runtime({ handler: '' })),
  change('runtime new handler', runtime(), { handler: 'other' }),
  creation('lease', lease()),
  creation('lease full', lease({
    spec: {
      holderIdentity: 'me',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-01T00:00:00.123456Z',
      renewTime: '2026-01-01T00:00:01.000000Z',
      leaseTransitions: 3,
      strategy: 'OldestEmulationVersion',
      preferredHolder: 'you',
    },
  })),
  creation('lease bad', lease({
    spec: { leaseDurationSeconds: 0, leaseTransitions: -1, strategy: 'Newest' },
  })),
  change('lease renewed', lease(), {
    'spec.holderIdentity': 'me',
    'spec.renewTime': '2026-01-01T00:00:01.000000Z',
  }),
  creation('slice', slice()),
  creation('slice full', slice({
    endpoints: [
      {
        addresses: ['10.1.2.3', '10.1.2.4'],
        conditions: { ready: true, serving: true, terminating: false },
        hostname: 'a',
        nodeName: 'n1',
        zone: 'z',
        targetRef: { kind: 'Pod', name: 'p' },
        hints: { forZones: [{ name: 'z' }], forNodes: [{ name: 'n1' }] },
        deprecatedTopology: { rack: 'r' },
      },
    ],
    ports: [
      { name: 'http', port: 80, protocol: 'TCP', appProtocol: 'http' },
      { name: 'all' },
    ],
  })),
  creation('slice no type', slice({ addressType: '' })),
  creation('slice other type', slice({ addressType: 'MAC' })),
  creation('slice bad ports', slice({
    ports: [
      { name: 'Bad_', protocol: 'ICMP' },
      { name: 'a' },
      { name: 'a', appProtocol: 'a b' },
      {},
      {},
    ],
  })),
  creation('slice bad endpoints', slice({
    endpoints: [
      {},
      { addresses: ['x', '10.0.0.010', 'fd00::1', '127.0.0.1', '0.0.0.0'] },
      { addresses: many(101, (index) => `10.9.0.${index}`) },
      {
        addresses: ['10.1.2.3'],
        hostname: 'Bad_',
        nodeName: 'Bad_',
        hints: { forZones: [{ name: 'a' }, { name: 'a' }, { name: 'a b' }], forNodes: [{ name: 'B_' }, { name: 'B_' }] },
      },
      { addresses: ['10.1.2.3'], hints: { forZones: many(9, (index) => ({ name: `z${index}` })) } },
      { addresses: ['10.1.2.3'], hints: { forNodes: many(9, (index) => ({ name: `n${index}` })) } },
    ],
  })),
  creation('slice of IPv6', slice({
    addressType: 'IPv6',
    endpoints: [{ addresses: ['fd00::1', 'FD00::1', '10.1.2.3', '::1'] }],
  })),
  creation('slice of names', slice({
    addressType: 'FQDN',
    endpoints: [{ addresses: ['a.example.com'] }],
  })),
  creation('slice of bad names', slice({
    addressType: 'FQDN',
    endpoints: [{ addresses: ['', 'single', 'Bad_.com', `${'a'.repeat(64)}.com`, 'ok.com.'] }],
  })),
  creation('slice odd notation', slice({ endpoints: [{ addresses: ['::ffff:1.2.3.4'] }] })),
  change('slice new type', slice(), { addressType: 'IPv6', endpoints: [] }),
  change('slice new endpoint', slice(), { 'endpoints[1]': { addresses: ['10.1.2.4'] } }),
  change('slice new label', slice(), { 'metadata.labels': { a: 'b' } }),
  change('slice new annotation', slice(), { 'metadata.annotations': { a: 'b' } }),
  creation('event', event({
    series: { count: 9, lastObservedTime: '2003-01-01T00:00:00.000000Z' },
    related: { kind: 'Node', name: 'n' },
  })),
  { name: 'event in the core group', steps: [{ create: event() }, { readAs: 'v1' }] },
  creation('event bad', event({
    'metadata.name': 'Bad_',
    eventTime: null,
    regarding: { kind: 'Pod', name: 'p', namespace: 'elsewhere' },
    type: 'Odd',
    series: { count: 1, lastObservedTime: null },
    deprecatedSource: { component: 'x' },
    deprecatedFirstTimestamp: '2001-01-01T00:00:00Z',
    deprecatedLastTimestamp: '2001-01-01T00:00:00Z',
    deprecatedCount: 3,
  })),
  creation('event long', event({
    action: 'a'.repeat(129),
    reason: '',
    reportingController: 'a b',
    reportingInstance: 'a'.repeat(129),
    note: 'n'.repeat(1025),
    regarding: { kind: 'Node', name: 'n' },
  })),
  change('event new series', event(), {
    series: { count: 2, lastObservedTime: '2003-01-01T00:00:00.000000Z' },
  }),
  change('event changes', event(), {
    regarding: { kind: 'Pod', name: 'other', namespace: 'golden' },
    reason: 'Other',
    note: 'Other',
    action: 'Other',
    type: 'Normal',
    reportingController: 'example.com/other',
    reportingInstance: 'other',
    eventTime: '2002-01-01T00:00:00.000000Z',
    related: { kind: 'Node', name: 'n' },
  }),
  creation('migration', migration()),
  creation('migration bad', migration({ 'spec.resource': { group: 'A_b', resource: 'Jobs' } })),
  change('migration spec', migration(), { 'spec.resource.resource': 'pods' }),
  change('migration status', migration(), {
    status: { resourceVersion: '7', conditions: [done('Running')] },
  }, 'status'),
  change('migration both', migration(), {
    status: { resourceVersion: '07', conditions: [done('Succeeded'), done('Failed')] },
  }, 'status'),
  {
    name: 'migration undone',
    steps: [
      { create: migration() },
      {
        update: { status: { resourceVersion: '7', conditions: [done('Succeeded')] } },
        subresource: 'status',
      },
      {
        update: { status: { resourceVersion: '8', conditions: [done('Succeeded', 'False')] } },
        subresource: 'status',
      },
    ],
  },
];
