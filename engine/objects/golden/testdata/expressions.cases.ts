import { creation, like, type GoldenCase } from '../case.ts';

/** Expressions of policies and webhooks that do not compile, or are of another type than wanted. */
const policy = like({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name: 'golden' },
  spec: {
    matchConstraints: {
      resourceRules: [
        { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] },
      ],
    },
    validations: [{ expression: 'object.spec.replicas <= 5' }],
  },
});
const params = { apiVersion: 'v1', kind: 'ConfigMap' };
const validations = (...expressions: readonly string[]) =>
  expressions.map((expression) => ({ expression }));

export const cases: readonly GoldenCase[] = [
  creation('expressions of policies', policy({
    'spec.validations': validations(
      'has(object.spec.hostNetwork) && !object.spec.hostNetwork',
      "request.operation == 'CREATE' && request.userInfo.groups.exists(g, g == 'admins')",
      "namespaceObject.metadata.labels['a'] == 'b'",
      "authorizer.group('apps').resource('deployments').namespace('x').check('get').allowed()",
      "authorizer.requestResource.check('update').allowed()",
      "authorizer.serviceAccount('a', 'b').path('/healthz').check('get').reason() == ''",
      "object.spec.containers.all(c, c.image.startsWith('example.com/'))",
      'oldObject == null || oldObject.spec.x == object.spec.x',
    ),
  })),
  creation('expressions of other types', policy({
    'spec.validations': validations(
      'object.spec.replicas',
      "'a'",
      '[1]',
      "{'a': 1}",
      'null',
      '1.0',
      "timestamp('2020-01-01T00:00:00Z')",
      "duration('1s')",
      "quantity('1')",
      'optional.of(1)',
    ),
  })),
  creation('expressions that do not compile', policy({
    'spec.validations': validations(
      'object.',
      '1 +',
      'foo',
      'params.x',
      'variables.x',
      'request.nothing',
      'namespaceObject.metadata.nothing == 1',
      "authorizer.nothing('x')",
      "1 == 'a'",
      "size(1)",
      "object.x ? 'a' : 1",
      "'a' < 1",
    ),
  })),
  creation('expressions with parameters', policy({
    'spec.paramKind': params,
    'spec.matchConditions': [{ name: 'a', expression: 'params.x == 1' }],
    'spec.validations': [
      { expression: 'params.x == object.x', messageExpression: "'a' + params.x" },
    ],
  })),
  creation('expressions with variables', policy({
    'spec.variables': [
      { name: 'a', expression: '1' },
      { name: 'b', expression: 'variables.a + 1' },
      { name: 'c', expression: 'variables.d' },
      { name: 'd', expression: '1 +' },
    ],
    'spec.matchConditions': [{ name: 'a', expression: 'variables.a == 1' }],
    'spec.validations': validations('variables.b == 2', 'variables.e == 2', "variables.a == 'a'"),
    'spec.auditAnnotations': [
      { key: 'a', valueExpression: 'variables.a' },
      { key: 'b', valueExpression: "variables.a == 1 ? 'a' : 'b'" },
      { key: 'c', valueExpression: ' null ' },
      { key: 'd', valueExpression: ' nothing ' },
    ],
  })),
  creation('expressions of messages', policy({
    'spec.validations': [
      { expression: 'true', messageExpression: '1' },
      { expression: 'true', messageExpression: ' object.x + ' },
      { expression: 'true', messageExpression: "authorizer.path('/').check('get').reason()" },
      { expression: 'true', messageExpression: "'x'" },
    ],
  })),
  creation('expressions of conditions', {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'golden' },
    webhooks: [
      {
        name: 'hook.example.com',
        clientConfig: { url: 'https://example.com/hook' },
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        matchConditions: [
          { name: 'a', expression: "request.resource.group != 'apps'" },
          { name: 'b', expression: ' 1 ' },
          { name: 'c', expression: '  request.x == 1' },
          { name: 'd', expression: 'params == 1' },
          { name: 'e', expression: '!(' },
        ],
      },
    ],
  }),
];
