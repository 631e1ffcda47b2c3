import { change, creation, like, type GoldenCase } from '../case.ts';

const rule = {
  apiGroups: [''],
  apiVersions: ['v1'],
  operations: ['CREATE'],
  resources: ['pods'],
};
const hook = {
  name: 'hook.example.com',
  admissionReviewVersions: ['v1'],
  sideEffects: 'None',
  clientConfig: { service: { namespace: 'golden', name: 'hook' } },
  rules: [rule],
};
const of = (kind: string, more: Record<string, unknown>) =>
  like({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: { name: 'golden' },
    ...more,
  });
const validating = of('ValidatingWebhookConfiguration', { webhooks: [hook] });
const mutating = of('MutatingWebhookConfiguration', { webhooks: [hook] });
const withUrl = (url: string) => ({ ...hook, clientConfig: { url } });
const withService = (service: object) => ({ ...hook, clientConfig: { service } });
const withRule = (more: object) => ({ ...hook, rules: [{ ...rule, ...more }] });
const names = (hooks: readonly object[]) =>
  hooks.map((each, index) => ({ ...each, name: `hook-${index}.example.com` }));

const policy = of('ValidatingAdmissionPolicy', {
  spec: {
    matchConstraints: { resourceRules: [rule] },
    validations: [{ expression: 'object.metadata.name.size() > 1' }],
  },
});
const policyBinding = of('ValidatingAdmissionPolicyBinding', {
  spec: { policyName: 'golden', validationActions: ['Deny'] },
});
const mutatingPolicy = of('MutatingAdmissionPolicy', {
  spec: {
    matchConstraints: { resourceRules: [rule] },
    reinvocationPolicy: 'Never',
    mutations: [
      { patchType: 'JSONPatch', jsonPatch: { expression: '[JSONPatch{op: "remove", path: "/x"}]' } },
    ],
  },
});
const mutatingBinding = of('MutatingAdmissionPolicyBinding', { spec: { policyName: 'golden' } });

export const cases: readonly GoldenCase[] = [
  creation('validating', validating()),
  creation('mutating', mutating()),
  creation('validating without hooks', validating({ webhooks: [] })),
  creation('hook bare', validating({ webhooks: [{ name: 'x' }] })),
  creation('hook names', validating({
    webhooks: [{ ...hook, name: '' }, { ...hook, name: 'a.b' }, { ...hook, name: 'Bad_.b.c' }, hook, hook],
  })),
  creation('hook enums', mutating({
    webhooks: [
      {
        ...hook,
        failurePolicy: 'Maybe',
        matchPolicy: 'Maybe',
        sideEffects: 'Some',
        reinvocationPolicy: 'Maybe',
        timeoutSeconds: 31,
        namespaceSelector: { matchLabels: { 'a b': 'c' } },
        objectSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] },
        admissionReviewVersions: ['v2', 'v2', '1'],
      },
    ],
  })),
  creation('hook review versions', validating({
    webhooks: names([
      { ...hook, admissionReviewVersions: [] },
      { ...hook, admissionReviewVersions: ['v1beta1', 'v9'] },
    ]),
  })),
  creation('hook clients', validating({
    webhooks: names([
      { ...hook, clientConfig: {} },
      { ...hook, clientConfig: { url: 'https://x', service: { name: 'a', namespace: 'b' } } },
      withUrl('http://example.com/x'),
      withUrl('https://user:secret@example.com/x?y=z#w'),
      withUrl('/path'),
      withUrl('https://example.com:8443/ok'),
      withService({ name: '', namespace: '' }),
      withService({ name: 'a', namespace: 'b', port: 70000, path: 'x//y/Z_' }),
      withService({ name: 'a', namespace: 'b', path: '//' }),
      withService({ name: 'a', namespace: 'b', path: '/good/path/' }),
    ]),
  })),
  creation('hook rules', validating({
    webhooks: names([
      { ...hook, rules: [{}] },
      withRule({ operations: ['*', 'CREATE'] }),
      withRule({ operations: ['READ'] }),
      withRule({ apiGroups: ['*', 'apps'], apiVersions: ['*', 'v1'] }),
      withRule({ apiVersions: [''] }),
      withRule({ resources: ['pods', '*'] }),
      withRule({ resources: ['*', 'pods'] }),
      withRule({ resources: ['*/*', 'pods'] }),
      withRule({ resources: ['pods/*', 'pods/status', ''] }),
      withRule({ resources: ['*/status', 'pods/status'] }),
      withRule({ scope: 'Galaxy' }),
    ]),
  })),
  creation('hook conditions', validating({
    webhooks: [
      {
        ...hook,
        matchConditions: [
          { name: '', expression: '' },
          { name: 'a b', expression: 'true' },
          { name: 'ok', expression: 'true' },
          { name: 'ok', expression: ' ' },
        ],
      },
    ],
  })),
  creation('hook unseen resources', validating({
    webhooks: [withRule({ apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'] })],
  })),
  creation('hook static name', validating({ 'metadata.name': 'a.static.k8s.io' })),
  change('hook changes', validating(), { 'webhooks[0].timeoutSeconds': 5 }),
  change('hook labels', mutating(), { 'metadata.labels': { a: 'b' } }),
  creation('policy', policy()),
  creation('policy full', policy({
    'spec.paramKind': { apiVersion: 'v1', kind: 'ConfigMap' },
    'spec.variables': [{ name: 'small', expression: '1' }],
    'spec.auditAnnotations': [{ key: 'who', valueExpression: "'x'" }],
    'spec.matchConditions': [{ name: 'a', expression: 'true' }],
    'spec.validations': [
      {
        expression: 'variables.small == 1',
        message: 'no',
        reason: 'Forbidden',
        messageExpression: "'no'",
      },
    ],
  })),
  creation('policy of nothing', policy({ spec: {} })),
  creation('policy bad', policy({
    spec: {
      failurePolicy: 'Maybe',
      paramKind: { apiVersion: 'a/b/c', kind: 'Bad_' },
      matchConstraints: {
        matchPolicy: 'Maybe',
        resourceRules: [{ ...rule, resourceNames: ['a/b', 'x', 'x'] }],
        excludeResourceRules: [{}],
      },
      variables: [{ name: 'for', expression: '1' }, { name: '', expression: ' ' }],
      validations: [
        { expression: '' },
        { expression: 'true', message: ' ', messageExpression: ' ', reason: 'Because' },
        { expression: 'true', message: 'a\nb' },
      ],
      auditAnnotations: [
        { key: 'a b', valueExpression: "'x'" },
        { key: 'ok', valueExpression: '' },
        { key: 'ok', valueExpression: "'x'" },
      ],
    },
  })),
  creation('policy kinds', policy({ 'spec.paramKind': { apiVersion: 'Bad_/1', kind: '' } })),
  creation('policy no kind', policy({ 'spec.paramKind': { apiVersion: '', kind: 'X' } })),
  creation('policy no version', policy({ 'spec.paramKind': { apiVersion: 'apps/', kind: 'X' } })),
  change('policy changes', policy(), { 'spec.validations[0].message': 'no' }),
  change('policy status', policy(), {
    status: {
      observedGeneration: 1,
      typeChecking: { expressionWarnings: [{ fieldRef: 'spec.validations[0].expression', warning: 'w' }] },
    },
  }, 'status'),
  change('policy bad status', policy(), {
    status: {
      typeChecking: { expressionWarnings: [{ fieldRef: '', warning: '' }] },
      conditions: [{ type: '', status: '', reason: '', message: '', lastTransitionTime: null }],
    },
  }, 'status'),
  creation('policy binding', policyBinding()),
  creation('policy binding full', policyBinding({
    'spec.paramRef': { name: 'p', namespace: 'n', parameterNotFoundAction: 'Deny' },
    'spec.matchResources': { namespaceSelector: { matchLabels: { a: 'b' } } },
  })),
  creation('policy binding by selector', policyBinding({
    'spec.paramRef': {
      selector: {
        matchLabels: { b: '1', a: '2' },
        matchExpressions: [{ key: 'x', operator: 'In', values: ['1', '2'] }],
      },
      parameterNotFoundAction: 'Allow',
    },
  })),
  creation('policy binding bad', policyBinding({
    spec: {
      policyName: 'Bad_',
      paramRef: { name: 'a/b', selector: {}, parameterNotFoundAction: 'Shrug' },
      validationActions: ['Deny', 'Warn', 'Warn', 'Shout'],
    },
  })),
  creation('policy binding of nothing', policyBinding({ spec: { paramRef: {} } })),
  change('policy binding changes', policyBinding(), { 'spec.validationActions': ['Audit'] }),
  creation('mutating policy', mutatingPolicy()),
  creation('mutating policy bad', mutatingPolicy({
    'spec.matchConstraints.resourceRules': [{ ...rule, operations: ['DELETE'] }],
    'spec.reinvocationPolicy': 'Maybe',
    'spec.mutations': [
      {},
      { patchType: 'Merge' },
      { patchType: 'JSONPatch' },
      { patchType: 'ApplyConfiguration', jsonPatch: { expression: '' } },
      { patchType: 'JSONPatch', jsonPatch: { expression: '' }, applyConfiguration: { expression: 'x' } },
    ],
  })),
  creation('mutating policy of nothing', mutatingPolicy({ spec: {} })),
  creation('mutating binding', mutatingBinding()),
  creation('mutating binding bad', mutatingBinding({
    spec: { matchResources: { resourceRules: [{ ...rule, operations: ['DELETE'] }] } },
  })),
];
