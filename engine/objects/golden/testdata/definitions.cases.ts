import {
  type Edits,
  type GoldenCase,
  like,
  settledChange as change,
  settledCreation as creation,
} from '../case.ts';

const object = { type: 'object' };
const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: object } };
const crd = like({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.golden.example.com' },
  spec: {
    group: 'golden.example.com',
    scope: 'Namespaced',
    names: { plural: 'things', kind: 'Thing' },
    versions: [version],
  },
});
const schemaAt = 'spec.versions[0].schema.openAPIV3Schema';
const schema = (name: string, openAPIV3Schema: object, more: Edits = {}) =>
  creation(`schema ${name}`, crd({ [schemaAt]: openAPIV3Schema, ...more }));
const properties = (name: string, fields: object, more: Edits = {}) =>
  schema(name, { type: 'object', properties: fields }, more);
const text = { type: 'string' };
const service = like({
  apiVersion: 'apiregistration.k8s.io/v1',
  kind: 'APIService',
  metadata: { name: 'v1.api.example.com' },
  spec: {
    group: 'api.example.com',
    version: 'v1',
    groupPriorityMinimum: 100,
    versionPriority: 10,
    service: { namespace: 'golden', name: 'api' },
  },
});

export const cases: readonly GoldenCase[] = [
  creation('definition', crd()),
  creation('definition full', crd({
    'spec.scope': 'Cluster',
    'spec.names': {
      plural: 'things',
      singular: 'thing',
      kind: 'Thing',
      listKind: 'Things',
      shortNames: ['th'],
      categories: ['all'],
    },
    'spec.versions': [
      version,
      {
        name: 'v1beta1',
        served: true,
        storage: false,
        deprecated: true,
        deprecationWarning: 'old',
        schema: { openAPIV3Schema: { type: 'object', properties: { spec: object } } },
        subresources: {
          status: {},
          scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
        },
        additionalPrinterColumns: [{ name: 'A', type: 'string', jsonPath: '.spec.a' }],
      },
    ],
  })),
  creation('definition wrong name', crd({ 'metadata.name': 'others.golden.example.com' })),
  creation('definition group', crd({ 'spec.group': 'single', 'metadata.name': 'things.single' })),
  creation('definition bad group', crd({ 'spec.group': 'Bad_' })),
  creation('definition protected group', crd({
    'spec.group': 'x.k8s.io',
    'metadata.name': 'things.x.k8s.io',
  })),
  creation('definition approved group', crd({
    'spec.group': 'x.k8s.io',
    'metadata.name': 'things.x.k8s.io',
    'metadata.annotations': { 'api-approved.kubernetes.io': 'https://github.com/x' },
  })),
  creation('definition strange approval', crd({
    'spec.group': 'x.k8s.io',
    'metadata.name': 'things.x.k8s.io',
    'metadata.annotations': { 'api-approved.kubernetes.io': 'yes' },
  })),
  creation('definition of nothing', crd({ spec: { names: {} } })),
  creation('definition scope', crd({ 'spec.scope': 'Galaxy' })),
  creation('definition names', crd({
    'spec.names': {
      plural: 'Things',
      singular: 'a b',
      kind: 'Thing_',
      listKind: 'Thing_',
      shortNames: ['T'],
      categories: ['A B'],
    },
  })),
  creation('definition versions', crd({
    'spec.versions': [{ ...version, name: '1' }, version, version],
  })),
  creation('definition no storage', crd({
    'spec.versions': [{ ...version, storage: false }],
  })),
  creation('definition no schema', crd({
    'spec.versions': [{ name: 'v1', served: true, storage: true }],
  })),
  creation('definition deprecation', crd({
    'spec.versions': [
      { ...version, deprecationWarning: 'x' },
      { ...version, name: 'v2', storage: false, deprecated: true, deprecationWarning: '' },
      { ...version, name: 'v3', storage: false, deprecated: true, deprecationWarning: 'a\u0001' },
      { ...version, name: 'v4', storage: false, deprecated: true, deprecationWarning: 'a'.repeat(257) },
    ],
  })),
  creation('definition columns', crd({
    'spec.versions[0].additionalPrinterColumns': [
      {},
      { name: 'A', type: 'text', jsonPath: 'spec', format: 'odd' },
      { name: 'B', type: 'date', jsonPath: '.metadata.creationTimestamp', format: 'date' },
    ],
  })),
  creation('definition subresources', crd({
    'spec.versions[0].subresources': {
      scale: { specReplicasPath: 'x', statusReplicasPath: '.spec.x', labelSelectorPath: '.x' },
    },
  })),
  creation('definition empty scale', crd({ 'spec.versions[0].subresources': { scale: {} } })),
  creation('definition selectable fields', crd({
    [schemaAt]: { type: 'object', properties: { spec: { type: 'object', properties: { a: text, b: object } } } },
    'spec.versions[0].selectableFields': [
      { jsonPath: '.spec.a' },
      { jsonPath: '.spec.a' },
      { jsonPath: '.spec.b' },
      { jsonPath: '.spec.missing' },
      { jsonPath: 'spec.a' },
      { jsonPath: ".spec['a']" },
      { jsonPath: '' },
    ],
  })),
  creation('definition conversion', crd({
    'spec.conversion': { strategy: 'Webhook' },
  })),
  creation('definition bad conversion', crd({
    'spec.conversion': {
      strategy: 'Webhook',
      webhook: {
        conversionReviewVersions: ['v9', 'v9'],
        clientConfig: { service: { name: '', namespace: '', path: '/a//b' } },
      },
    },
  })),
  creation('definition conversion by none', crd({
    'spec.conversion': {
      strategy: 'None',
      webhook: { conversionReviewVersions: ['v1'], clientConfig: { url: 'https://x' } },
    },
  })),
  creation('definition strange conversion', crd({ 'spec.conversion': { strategy: 'Magic' } })),
  creation('definition preserves', crd({ 'spec.preserveUnknownFields': true })),
  properties('no types', { a: {}, b: { type: 'array' }, c: { type: 'array', items: {} } }),
  schema('no type at the root', {}),
  schema('list at the root', { type: 'array', items: text }),
  schema('nullable root', { type: 'object', nullable: true }),
  schema('additional at the root', { type: 'object', additionalProperties: text }),
  properties('unknown types', { a: { type: 'text' }, b: { type: 'null' } }),
  properties('forbidden', {
    a: { type: 'array', items: text, uniqueItems: true },
    b: { type: 'object', properties: { x: text }, additionalProperties: text },
    c: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  }),
  properties('metadata', { metadata: { type: 'object', properties: { labels: object } } }),
  properties('metadata names', { metadata: { type: 'object', properties: { name: { ...text, pattern: 'a' } } } }),
  properties('resource fields', { kind: { type: 'integer' }, apiVersion: { type: 'integer' } }),
  properties('int or string', {
    a: { 'x-kubernetes-int-or-string': true },
    b: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
    c: { 'x-kubernetes-int-or-string': true, 'x-kubernetes-preserve-unknown-fields': true },
    d: { anyOf: [{ type: 'string' }, { type: 'integer' }], type: 'string' },
  }),
  properties('embedded', {
    a: { type: 'object', 'x-kubernetes-embedded-resource': true },
    b: { 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
    c: {
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      'x-kubernetes-preserve-unknown-fields': true,
    },
  }),
  properties('not structural', {
    a: {
      type: 'object',
      properties: { x: text },
      anyOf: [{ required: ['x'] }, { properties: { y: { type: 'string', default: 'q' } } }],
      not: { title: 'T', description: 'D', nullable: true },
      oneOf: [{ additionalProperties: text }],
    },
  }),
  properties('list types', {
    a: { type: 'array', items: text, 'x-kubernetes-list-type': 'odd' },
    b: { type: 'object', 'x-kubernetes-list-type': 'set' },
    c: { type: 'array', items: object, 'x-kubernetes-list-type': 'map' },
    d: { type: 'array', items: text, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['x'] },
    e: {
      type: 'array',
      items: { type: 'object', properties: { x: text, y: object } },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['x', 'y', 'z'],
    },
    k: {
      type: 'array',
      items: { type: 'object', properties: { x: text }, required: ['x'] },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['x', 'x'],
    },
    f: { type: 'array', items: text, 'x-kubernetes-list-map-keys': ['x'] },
    g: { type: 'array', items: object, 'x-kubernetes-list-type': 'set' },
    h: { type: 'array', items: { ...text, nullable: true }, 'x-kubernetes-list-type': 'set' },
    i: { type: 'string', 'x-kubernetes-map-type': 'atomic' },
    j: { type: 'object', 'x-kubernetes-map-type': 'odd' },
  }),
  properties('defaults', {
    spec: {
      type: 'object',
      default: { a: 'x', unknown: 1 },
      properties: { a: { ...text, default: 'ok' }, b: { type: 'integer', default: 'no' } },
    },
  }),
  properties('good defaults', {
    spec: { type: 'object', default: {}, properties: { a: { ...text, default: 'ok' } } },
  }),
  properties('default of a name', {
    metadata: { type: 'object', properties: { name: { ...text, default: 'x' } } },
  }),
  properties('formats', { a: { ...text, format: 'odd' }, b: { ...text, format: 'date-time' } }),
  properties('patterns', {
    a: { ...text, pattern: 'a(' },
    b: { ...text, pattern: '(?!a)' },
    c: { ...text, pattern: '[z-a]', anyOf: [{ pattern: '*' }, { pattern: String.raw`\y` }] },
    d: { ...text, pattern: String.raw`^\p{Greek}{2,3}?$` },
  }),
  properties('rules that do not compile', {
    a: {
      ...text,
      'x-kubernetes-validations': [
        { rule: 'self ==' },
        { rule: 'self.size()' },
        { rule: 'true', messageExpression: '1' },
        { rule: 'true', optionalOldSelf: true },
        { rule: 'authorizer.path(self)' },
      ],
    },
    b: {
      type: 'object',
      properties: { c: text },
      'x-kubernetes-validations': [
        { rule: "self.c == 'a'", fieldPath: '.c' },
        { rule: "self.d == 'a'" },
      ],
    },
  }),
  properties('rules of no field', {
    b: {
      type: 'object',
      properties: { c: text },
      'x-kubernetes-validations': [
        { rule: "self.c == 'a'", fieldPath: ' ' },
        { rule: "self.c == 'a'", fieldPath: '.d' },
        { rule: "self.c == 'a'", fieldPath: 'c' },
      ],
    },
  }),
  properties('rules', {
    a: {
      ...text,
      'x-kubernetes-validations': [
        { rule: '' },
        { rule: 'true', message: ' ' },
        { rule: 'true', message: 'a\nb' },
        { rule: 'true\n', message: '' },
        { rule: 'true', messageExpression: ' ', reason: 'Because' },
      ],
    },
  }),
  properties('status at the root', { status: object }, {
    'spec.versions[0].subresources': { status: {} },
  }),
  schema('composed at the root with a status', {
    type: 'object',
    properties: { spec: object },
    anyOf: [{ required: ['spec'] }],
  }, { 'spec.versions[0].subresources': { status: {} } }),
  change('definition new version', crd(), {
    'spec.versions[1]': { ...version, name: 'v2', storage: false },
  }),
  change('definition other storage', crd(), {
    'spec.versions': [{ ...version, storage: false }, { ...version, name: 'v2' }],
  }),
  change('definition without the stored version', crd(), {
    'spec.versions': [{ ...version, name: 'v2' }],
  }),
  change('definition changes', crd(), {
    'spec.group': 'other.example.com',
    'spec.names.plural': 'others',
    'spec.names.kind': 'Other',
    'spec.scope': 'Cluster',
  }),
  creation('service', service()),
  creation('local service', service({ 'spec.service': undefined })),
  creation('service wrong name', service({ 'metadata.name': 'v2.golden.example.com' })),
  creation('service bad', service({
    spec: {
      group: 'Bad_',
      version: 'V1',
      groupPriorityMinimum: 0,
      versionPriority: 1001,
      service: { port: 70000 },
      insecureSkipTLSVerify: true,
      caBundle: 'AAAA',
    },
  })),
  creation('local service with a bundle', service({
    'spec.service': undefined,
    'spec.caBundle': 'AAAA',
    'spec.insecureSkipTLSVerify': true,
  })),
  creation('service no group', service({ 'spec.group': '' })),
  change('service changes', service(), { 'spec.versionPriority': 20 }),
  change('service status', service(), {
    status: { conditions: [{ type: 'Available', status: 'False', reason: 'Missing' }] },
  }, 'status'),
  change('service bad status', service(), {
    status: { conditions: [{ type: 'Available', status: 'Maybe' }] },
  }, 'status'),
];
