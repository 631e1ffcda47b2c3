import { change, creation, like, type GoldenCase } from '../case.ts';

const of = (kind: string, more: Record<string, unknown>) =>
  like({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind,
    metadata: { name: 'golden:reader' },
    ...more,
  });
const rule = { apiGroups: [''], resources: ['pods'], verbs: ['get'] };
const role = of('Role', { rules: [rule] });
const clusterRole = of('ClusterRole', { rules: [rule] });
const roleRef = (kind: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name: 'reader' });
const user = { kind: 'User', name: 'ada', apiGroup: 'rbac.authorization.k8s.io' };
const binding = of('RoleBinding', { roleRef: roleRef('Role'), subjects: [user] });
const clusterBinding = of('ClusterRoleBinding', {
  roleRef: roleRef('ClusterRole'),
  subjects: [user],
});
const subjects = [
  { kind: 'User', name: 'ada' },
  { kind: 'Group', name: '' },
  { kind: 'ServiceAccount', name: 'robot' },
  { kind: 'ServiceAccount', name: 'Bad_', namespace: 'x', apiGroup: 'rbac.authorization.k8s.io' },
  { kind: 'ServiceAccount', name: '', namespace: 'x' },
  { kind: 'Robot', name: 'r' },
  { kind: '', name: 'r' },
  { kind: 'User', name: 'u', apiGroup: 'x' },
];

export const cases: readonly GoldenCase[] = [
  creation('role', role()),
  creation('role without rules', role({ rules: [] })),
  creation('role bad name', role({ 'metadata.name': 'a/b' })),
  creation('role name with percent', role({ 'metadata.name': '%' })),
  creation('role dots', role({ 'metadata.name': '..' })),
  creation('role rules', role({
    rules: [
      {},
      { verbs: ['get'] },
      { verbs: ['get'], apiGroups: [''], nonResourceURLs: ['/x'] },
      { verbs: [], apiGroups: [''], resources: ['pods'], resourceNames: ['a'] },
      { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
    ],
  })),
  change('role new rules', role(), { rules: [{ ...rule, verbs: ['get', 'list'] }] }),
  change('role bad rules', role(), { rules: [{}] }),
  creation('cluster role', clusterRole()),
  creation('cluster role URLs', clusterRole({
    rules: [
      { verbs: ['get'], nonResourceURLs: ['/healthz'] },
      { verbs: ['get'], nonResourceURLs: ['/healthz'], resources: ['pods'] },
    ],
  })),
  creation('cluster role aggregation', clusterRole({
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] },
    rules: null,
  })),
  creation('cluster role aggregation of nothing', clusterRole({ aggregationRule: {} })),
  creation('cluster role bad aggregation', clusterRole({
    aggregationRule: {
      clusterRoleSelectors: [
        { matchLabels: { 'a b': 'c d' } },
        { matchExpressions: [{ key: 'a', operator: 'In' }] },
      ],
    },
  })),
  creation('binding', binding()),
  creation('binding of an account', binding({
    subjects: [{ kind: 'ServiceAccount', name: 'robot' }, { kind: 'User', name: 'ada' }],
  })),
  creation('binding subjects', binding({ subjects })),
  creation('binding to no role', binding({ roleRef: { apiGroup: '', kind: '', name: '' } })),
  creation('binding to a wrong role', binding({
    roleRef: { apiGroup: 'x', kind: 'Pod', name: 'a/b' },
  })),
  creation('binding to no subject', binding({ subjects: [] })),
  change('binding new role', binding(), { 'roleRef.name': 'writer' }),
  change('binding new subjects', binding(), { subjects: [{ kind: 'User', name: 'bob' }] }),
  creation('cluster binding', clusterBinding({
    subjects: [user, { kind: 'ServiceAccount', name: 'robot', namespace: 'golden' }],
  })),
  creation('cluster binding subjects', clusterBinding({ subjects })),
  creation('cluster binding to a role', clusterBinding({ roleRef: roleRef('Role') })),
  change('cluster binding new role', clusterBinding(), { 'roleRef.name': 'writer' }),
];
