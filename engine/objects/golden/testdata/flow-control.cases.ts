import {
  type GoldenCase,
  like,
  settledChange as change,
  settledCreation as creation,
} from '../case.ts';

const rule = {
  subjects: [{ kind: 'User', user: { name: 'ada' } }],
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] }],
};
const schema = like({
  apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
  kind: 'FlowSchema',
  metadata: { name: 'golden' },
  spec: { matchingPrecedence: 500, priorityLevelConfiguration: { name: 'golden' }, rules: [rule] },
});
const level = like({
  apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
  kind: 'PriorityLevelConfiguration',
  metadata: { name: 'golden' },
  spec: {
    type: 'Limited',
    limited: { nominalConcurrencyShares: 5, limitResponse: { type: 'Reject' } },
  },
});
const queue = (queuing: object) => ({
  'spec.limited.limitResponse': { type: 'Queue', queuing },
});

export const cases: readonly GoldenCase[] = [
  creation('schema', schema()),
  creation('schema full', schema({
    'spec.distinguisherMethod': { type: 'ByUser' },
    'spec.rules': [
      {
        subjects: [
          { kind: 'ServiceAccount', serviceAccount: { name: '*', namespace: 'n' } },
          { kind: 'Group', group: { name: 'g' } },
        ],
        nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/x/*'] }],
      },
    ],
  })),
  creation('schema of nothing', schema({ spec: {} })),
  creation('schema first', schema({ 'spec.matchingPrecedence': 1 })),
  creation('schema last', schema({ 'spec.matchingPrecedence': 10_001 })),
  creation('schema bad', schema({
    'metadata.name': 'Bad_',
    'spec.priorityLevelConfiguration.name': 'Bad_',
    'spec.distinguisherMethod': { type: 'ByName' },
    'spec.rules': [
      {},
      {
        subjects: [
          { kind: 'Robot' },
          { kind: 'User' },
          { kind: 'User', user: { name: '' }, group: { name: 'g' } },
          { kind: 'Group', group: { name: '' }, serviceAccount: { name: 'a', namespace: 'n' } },
          { kind: 'ServiceAccount', serviceAccount: { name: 'Bad_', namespace: '' }, user: { name: 'u' } },
          { kind: 'ServiceAccount', serviceAccount: { name: '', namespace: 'Bad_' } },
        ],
        resourceRules: [
          {},
          { verbs: ['*', 'get'], apiGroups: ['*', 'a'], resources: ['*', 'b'], namespaces: ['*', 'c'] },
          { verbs: ['fly'], apiGroups: [''], resources: ['pods'], namespaces: ['Bad_'] },
        ],
        nonResourceRules: [
          {},
          { verbs: ['get'], nonResourceURLs: ['*', '/x'] },
          { verbs: ['get'], nonResourceURLs: ['', 'x', '/a b', '/a//b', '/*/x', '/'] },
        ],
      },
    ],
  })),
  change('schema changes', schema(), { 'spec.matchingPrecedence': 600 }),
  change('schema status', schema(), {
    status: { conditions: [{ type: 'Dangling', status: 'True', lastTransitionTime: null }] },
  }, 'status'),
  change('schema bad status', schema(), {
    status: { conditions: [{ type: '' }, { type: '' }] },
  }, 'status'),
  creation('level', level()),
  creation('level with queues', level(queue({ queues: 64, handSize: 6, queueLengthLimit: 50 }))),
  creation('level default queues', level(queue({}))),
  creation('level bad queues', level(queue({ queues: -1, handSize: -1, queueLengthLimit: -1 }))),
  creation('level few queues', level(queue({ queues: 2, handSize: 6 }))),
  creation('level many queues', level(queue({ queues: 10_000_001, handSize: 6 }))),
  creation('level much entropy', level(queue({ queues: 1024, handSize: 8 }))),
  creation('level no queues', level({ 'spec.limited.limitResponse': { type: 'Queue' } })),
  creation('level queues of a rejecting one', level({
    'spec.limited.limitResponse': { type: 'Reject', queuing: { queues: 1, handSize: 1 } },
  })),
  creation('level strange response', level({ 'spec.limited.limitResponse': { type: 'Ignore' } })),
  creation('level bad shares', level({
    'spec.limited.nominalConcurrencyShares': -1,
    'spec.limited.lendablePercent': 101,
    'spec.limited.borrowingLimitPercent': -1,
  })),
  creation('level exempt', level({ spec: { type: 'Exempt' } })),
  creation('level strange', level({ spec: { type: 'Strange' } })),
  creation('level of nothing', level({ spec: {} })),
  creation('level no limits', level({ spec: { type: 'Limited' } })),
  creation('level both', level({ 'spec.exempt': {} })),
  change('level changes', level(), { 'spec.limited.nominalConcurrencyShares': 6 }),
];
