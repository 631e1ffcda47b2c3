import { change, creation, like, type GoldenCase } from '../case.ts';

const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
const v2 = like({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web' },
  spec: { scaleTargetRef: target, maxReplicas: 5 },
});
const v1 = like({
  apiVersion: 'autoscaling/v1',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web' },
  spec: { scaleTargetRef: target, maxReplicas: 5, targetCPUUtilizationPercentage: 50 },
});
const value = (type: string, more: object) => ({ type, ...more });
const cpu = (more: object) => ({ type: 'Resource', resource: { name: 'cpu', ...more } });
const average = { target: value('AverageValue', { averageValue: '10' }) };
const metric = { metric: { name: 'requests', selector: { matchLabels: { a: 'b' } } } };
const described = { describedObject: { apiVersion: 'v1', kind: 'Service', name: 'web' } };
const all = [
  cpu({ target: value('Utilization', { averageUtilization: 60 }) }),
  { type: 'Resource', resource: { name: 'memory', target: value('AverageValue', { averageValue: '1Gi' }) } },
  { type: 'Pods', pods: { ...metric, ...average } },
  { type: 'Object', object: { ...metric, ...described, target: value('Value', { value: '2k' }) } },
  { type: 'Object', object: { ...metric, ...described, target: value('AverageValue', { averageValue: '3' }) } },
  { type: 'External', external: { ...metric, target: value('Value', { value: '30' }) } },
  { type: 'External', external: { ...metric, target: value('AverageValue', { averageValue: '4500m' }) } },
  {
    type: 'ContainerResource',
    containerResource: {
      name: 'cpu',
      container: 'c',
      target: value('Utilization', { averageUtilization: 70 }),
    },
  },
];
const behavior = {
  scaleUp: { stabilizationWindowSeconds: 60, selectPolicy: 'Min' },
  scaleDown: { policies: [{ type: 'Pods', value: 1, periodSeconds: 30 }], tolerance: '100m' },
};
const current = (more: object) => ({ current: more });
const statuses = [
  { type: 'Resource', resource: { name: 'cpu', ...current({ averageUtilization: 12, averageValue: '120m' }) } },
  { type: 'Resource', resource: { name: 'memory', ...current({ averageValue: '512Mi' }) } },
  { type: 'Pods', pods: { ...metric, ...current({ averageValue: '3' }) } },
  { type: 'Object', object: { ...metric, ...described, ...current({ value: '1k' }) } },
];
const status = {
  currentReplicas: 2,
  desiredReplicas: 3,
  lastScaleTime: '2001-01-01T00:00:00Z',
  currentMetrics: statuses,
  conditions: [
    { type: 'AbleToScale', status: 'True', reason: 'Ready', message: 'm', lastTransitionTime: '2001-01-01T00:00:00Z' },
  ],
};

export const cases: readonly GoldenCase[] = [
  creation('v2', v2()),
  creation('v2 all metrics', v2({ 'spec.metrics': all, 'spec.behavior': behavior })),
  {
    name: 'v2 read as v1',
    steps: [
      { create: v2({ 'spec.metrics': all, 'spec.behavior': behavior }) },
      { update: { status }, subresource: 'status' },
      { readAs: 'autoscaling/v1' },
      { readAs: 'autoscaling/v2' },
    ],
  },
  { name: 'v2 default read as v1', steps: [{ create: v2() }, { readAs: 'autoscaling/v1' }] },
  creation('v1', v1()),
  { name: 'v1 read as v2', steps: [{ create: v1() }, { readAs: 'autoscaling/v2' }] },
  {
    name: 'v1 without target',
    steps: [
      { create: v1({ 'spec.targetCPUUtilizationPercentage': undefined }) },
      { readAs: 'autoscaling/v2' },
    ],
  },
  creation('v1 with metrics of its own', v1({
    'metadata.annotations': {
      'autoscaling.alpha.kubernetes.io/metrics':
        '[{"type":"Pods","pods":{"metricName":"x","targetAverageValue":"5"}},{"type":"External","external":{"metricName":"y","targetValue":"2"}},{"type":"Object","object":{"target":{"kind":"Service","name":"s"},"metricName":"z","targetValue":"0","averageValue":"7"}}]',
      'autoscaling.alpha.kubernetes.io/behavior':
        '{"ScaleUp":null,"ScaleDown":{"StabilizationWindowSeconds":100,"SelectPolicy":null,"Policies":[{"Type":"Pods","Value":4,"PeriodSeconds":60}],"Tolerance":null}}',
      'autoscaling.alpha.kubernetes.io/conditions': 'broken',
      other: 'kept',
    },
  })),
  {
    name: 'v1 with metrics read as v2',
    steps: [
      {
        create: v1({
          'metadata.annotations': {
            'autoscaling.alpha.kubernetes.io/metrics':
              '[{"type":"Pods","pods":{"metricName":"x","targetAverageValue":"5"}},{"type":"Resource","resource":{"name":"memory","targetAverageValue":"1Gi"}}]',
          },
        }),
      },
      { readAs: 'autoscaling/v2' },
    ],
  },
  change('v1 status', v1(), {
    status: { currentReplicas: 1, desiredReplicas: 2, currentCPUUtilizationPercentage: 40 },
  }, 'status'),
  creation('v1 bad', v1({
    'spec.maxReplicas': 0,
    'spec.minReplicas': -1,
    'spec.targetCPUUtilizationPercentage': 0,
    'spec.scaleTargetRef': { kind: 'a/b', name: '' },
  })),
  creation('v2 no spec', v2({ spec: {} })),
  creation('v2 counts', v2({ 'spec.minReplicas': 7, 'spec.maxReplicas': 5 })),
  creation('v2 negative', v2({ 'spec.minReplicas': -2, 'spec.maxReplicas': -5 })),
  creation('v2 to zero', v2({ 'spec.minReplicas': 0 })),
  creation('v2 to zero by an external metric', v2({
    'spec.minReplicas': 0,
    'spec.metrics': [all[5]],
  })),
  creation('v2 of a replication controller', v2({
    'spec.scaleTargetRef': { kind: 'ReplicationController', name: 'rc', apiVersion: 'v1' },
  })),
  creation('v2 of the core group', v2({
    'spec.scaleTargetRef': { kind: 'Pod', name: 'p', apiVersion: 'v1' },
  })),
  creation('v2 strange API version', v2({
    'spec.scaleTargetRef': { kind: 'X', name: 'p', apiVersion: 'a/b/c' },
  })),
  creation('v2 bad metrics', v2({
    'spec.metrics': [
      {},
      { type: 'Other' },
      { type: 'Pods' },
      { type: 'Pods', pods: {} },
      { type: 'Pods', resource: { name: '', target: {} }, pods: { ...metric, ...average } },
      { type: 'Object', object: { target: value('Value', {}), metric: { name: 'a/b' }, describedObject: {} } },
      { type: 'External', external: { ...metric, target: value('Value', { value: '1', averageValue: '-1' }) } },
      { type: 'External', external: { ...metric, target: value('Sum', {}) } },
      cpu({ target: value('Utilization', { averageUtilization: 0 }) }),
      cpu({ target: value('Utilization', { averageUtilization: 5, averageValue: '0' }) }),
      cpu({ target: value('Value', { value: '-5' }) }),
      { type: 'ContainerResource', containerResource: { name: 'bad', container: 'Bad_', target: value('Utilization', { averageUtilization: 5 }) } },
      { type: 'ContainerResource', containerResource: { name: '', container: '', target: {} } },
    ],
  })),
  creation('v2 bad behavior', v2({
    'spec.behavior': {
      scaleUp: {
        stabilizationWindowSeconds: -1,
        selectPolicy: 'Sometimes',
        policies: [
          { type: 'Other', value: 0, periodSeconds: 0 },
          { type: 'Pods', value: 1, periodSeconds: 1801 },
        ],
        tolerance: '-1',
      },
      scaleDown: { stabilizationWindowSeconds: 3601 },
    },
  })),
  change('v2 new target', v2(), { 'spec.scaleTargetRef.name': 'other' }),
  change('v2 new core target', v2(), {
    'spec.scaleTargetRef': { kind: 'Pod', name: 'p', apiVersion: 'v1' },
  }),
  change('v2 status', v2({ 'spec.metrics': all }), { status }, 'status'),
  change('v2 bad status', v2(), {
    status: {
      currentReplicas: -1,
      desiredReplicas: -2,
      conditions: [{ type: 'A', status: 'True', observedGeneration: -1 }],
    },
  }, 'status'),
];
