/** Requests that no well-meaning client sends, from a seed: the same seed, the same requests. */
import type { Random } from '../../../engine/base/random.ts';

export interface BadRequest {
  readonly method: string;
  /** path and query as they stand in the request */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}

const MIB = 1024 * 1024;

/** Small objects of many kinds, right but for what is done to them. */
const templates: readonly (readonly [collection: string, object: object])[] = [
  [
    '/api/v1/namespaces/default/configmaps',
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', labels: { a: 'b' } },
      data: { a: 'b' },
    },
  ],
  [
    '/api/v1/namespaces/default/pods',
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a', annotations: { a: 'b' }, finalizers: ['a.example/b'] },
      spec: {
        containers: [
          {
            name: 'a',
            image: 'b',
            ports: [{ containerPort: 80 }],
            env: [{ name: 'A', value: 'b' }],
            resources: { limits: { cpu: '1', memory: '1Gi' } },
            livenessProbe: { httpGet: { path: '/', port: 80 } },
          },
        ],
        volumes: [{ name: 'a', emptyDir: { sizeLimit: '1Mi' } }],
        tolerations: [{ operator: 'Exists', tolerationSeconds: 1, effect: 'NoExecute' }],
      },
    },
  ],
  [
    '/apis/apps/v1/namespaces/default/deployments',
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'a' },
      spec: {
        replicas: 1,
        selector: { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'a', operator: 'Exists' }] },
        strategy: { rollingUpdate: { maxSurge: '25%' } },
        template: {
          metadata: { labels: { a: 'b' } },
          spec: { containers: [{ name: 'a', image: 'b' }] },
        },
      },
    },
  ],
  [
    '/api/v1/namespaces/default/services',
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'a' },
      spec: { ports: [{ port: 80, targetPort: 'http' }], selector: { a: 'b' }, type: 'NodePort' },
    },
  ],
  [
    '/apis/batch/v1/namespaces/default/cronjobs',
    {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'a' },
      spec: {
        schedule: '* * * * *',
        timeZone: 'Etc/UTC',
        jobTemplate: {
          spec: {
            template: {
              spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'b' }] },
            },
          },
        },
      },
    },
  ],
  [
    '/apis/networking.k8s.io/v1/namespaces/default/networkpolicies',
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'a' },
      spec: {
        podSelector: {},
        ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }] }],
      },
    },
  ],
  [
    '/apis/rbac.authorization.k8s.io/v1/clusterroles',
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'a' },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] },
    },
  ],
  [
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
    {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      // The name never fits the group, so none of these is ever served.
      metadata: { name: 'things.fuzz.example' },
      spec: {
        group: 'other.example',
        scope: 'Namespaced',
        names: { plural: 'things', kind: 'Thing' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: { spec: { type: 'object', properties: { a: { type: 'integer' } } } },
                'x-kubernetes-validations': [{ rule: 'self.spec.a > 1' }],
              },
            },
          },
        ],
      },
    },
  ],
  [
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb: 'get', resource: 'pods' } },
    },
  ],
  [
    '/api/v1/namespaces/default/serviceaccounts/default/token',
    { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: ['a'] } },
  ],
];

/** What is put where something else belongs. */
const wrongValues: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  9_007_199_254_740_991,
  '',
  ' ',
  '-',
  'x'.repeat(300),
  '\u0000',
  '\ud800',
  '../../etc/passwd',
  '<script>',
  '%s%n',
  '1e9Gi',
  'Ω≈ç√',
  [],
  {},
  [null],
  [[]],
  { a: { b: { c: {} } } },
  { $patch: 'replace' },
  { $patch: 'delete', '$deleteFromPrimitiveList/a': [1], '$setElementOrder/a': 'b' },
  ['a', 'a'],
];

/** Pieces that paths and queries are made of. */
const pieces: readonly string[] = [
  'api',
  'apis',
  'v1',
  'v1beta1',
  'apps',
  'namespaces',
  'default',
  'pods',
  'configmaps',
  'nodes',
  'services',
  'fodder',
  'status',
  'scale',
  'log',
  'exec',
  'proxy',
  'binding',
  'eviction',
  'token',
  'watch',
  '..',
  '.',
  '%2e%2e',
  '%2f',
  '%00',
  '%ff',
  '%',
  '%zz',
  '~',
  '*',
  '',
  ' '.trim(),
  'ü',
  '%F0%9F%98%80',
  'a'.repeat(300),
  '-',
  'UPPER',
  ';a=b',
  '@',
  ':80',
  '\\',
  'openapi',
  'v2',
  'v3',
  'healthz',
  'livez',
  'metrics',
  'version',
  'constructor',
  '__proto__',
  'toString',
  'apiextensions.k8s.io',
  'customresourcedefinitions',
  'metrics.k8s.io',
];
const parameters: readonly string[] = [
  'limit',
  'continue',
  'resourceVersion',
  'resourceVersionMatch',
  'labelSelector',
  'fieldSelector',
  'watch',
  'timeoutSeconds',
  'allowWatchBookmarks',
  'sendInitialEvents',
  'dryRun',
  'fieldManager',
  'fieldValidation',
  'force',
  'pretty',
  'gracePeriodSeconds',
  'propagationPolicy',
  'includeObject',
  'timeout',
  'container',
  'command',
  'tailLines',
];
const parameterValues: readonly string[] = [
  '',
  '0',
  '1',
  '-1',
  'true',
  'false',
  'All',
  'x',
  '1e400',
  '99999999999999999999',
  'a=b',
  'a in (',
  'a!=b,,c',
  '!',
  'metadata.name=fodder',
  'metadata.name',
  'spec.nodeName==',
  'eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ',
  'Exact',
  'NotOlderThan',
  'Strict',
  'Warn',
  '%00',
  '%ff',
  '%',
  'ü',
  'a'.repeat(2000),
  '()',
  'a notin (b,c',
  '=',
  '1s',
  '-5m',
];
const headerValues: Readonly<Record<string, readonly string[]>> = {
  accept: [
    'application/json',
    '*/*',
    'text/html',
    'application/yaml',
    'application/vnd.kubernetes.protobuf',
    'application/json;as=Table;v=v1;g=meta.k8s.io',
    'application/json;as=Table;v=v9;g=meta.k8s.io',
    'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
    ';;;',
    'a/b;q=x',
    'x'.repeat(4000),
    ',',
    'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  ],
  'content-type': [
    'application/json',
    'application/yaml',
    'application/json-patch+json',
    'application/merge-patch+json',
    'application/strategic-merge-patch+json',
    'application/apply-patch+yaml',
    'application/vnd.kubernetes.protobuf',
    'application/cbor',
    'text/plain',
    'multipart/form-data; boundary=x',
    ';',
    'application/json; charset=x',
  ],
  authorization: [
    'Bearer',
    'Bearer x',
    'Bearer a.b.c',
    'Basic YTpi',
    'Bearer eyJhbGciOiJub25lIn0.e30.',
    ',',
    'Digest',
  ],
  'impersonate-user': ['', 'jane', 'system:serviceaccount:a', 'x'.repeat(1000)],
  'impersonate-group': ['system:masters', ''],
  'impersonate-extra-%zz': ['x'],
  'if-none-match': ['*', '"x"', 'W/"'],
  'user-agent': ['', 'x'.repeat(5000), '/', 'kubectl/v1 (x)'],
  upgrade: ['websocket', 'SPDY/3.1', 'h2c'],
  connection: ['upgrade', 'close'],
};
const methods: readonly string[] = [
  'GET',
  'GET',
  'POST',
  'POST',
  'POST',
  'PUT',
  'PATCH',
  'PATCH',
  'DELETE',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'BREW',
];
const patchTypes: readonly string[] = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

const encoder = new TextEncoder();

/** Makes requests one after the other. */
export class BadRequests {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  next(): BadRequest {
    const chance = this.#random.next();
    if (chance < 0.35) return this.#wrongObject();
    if (chance < 0.5) return this.#wrongPatch();
    if (chance < 0.75) return this.#strangePath();
    if (chance < 0.9) return this.#strangeQuery();
    if (chance < 0.9995) return this.#brokenBody();
    return this.#hugeBody();
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random.next() * from.length)] as T;
  }

  #upTo(count: number): number {
    return Math.floor(this.#random.next() * count);
  }

  /** Some parts of it are replaced, removed, or joined by others. */
  #mutated(object: object): unknown {
    const copy = structuredClone(object) as Record<string, unknown>;
    for (let changes = 1 + this.#upTo(3); changes > 0; changes--) this.#mutate(copy);
    return copy;
  }

  #mutate(node: Record<string, unknown>): void {
    const keys = Object.keys(node);
    const key = keys.length === 0 ? 'a' : this.#pick(keys);
    const value = node[key];
    if (typeof value === 'object' && value !== null && this.#random.next() < 0.75)
      return this.#mutate(value as Record<string, unknown>);
    const chance = this.#random.next();
    if (chance < 0.7) node[key] = structuredClone(this.#pick(wrongValues));
    else if (chance < 0.85) delete node[key];
    else
      node[this.#pick(['extra', '', '__proto__x', 'metadata', 'ü', key.toUpperCase()])] =
        structuredClone(this.#pick(wrongValues));
  }

  #query(most: number): string {
    const pairs = Array.from(
      { length: this.#upTo(most + 1) },
      () => `${this.#pick(parameters)}=${this.#pick(parameterValues)}`,
    );
    return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
  }

  #headers(most: number): Record<string, string> {
    const headers: Record<string, string> = {};
    for (let count = this.#upTo(most + 1); count > 0; count--) {
      const name = this.#pick(Object.keys(headerValues));
      headers[name] = this.#pick(headerValues[name] ?? ['']);
    }
    return headers;
  }

  #wrongObject(): BadRequest {
    const [collection, object] = this.#pick(templates);
    const named = this.#random.next() < 0.3;
    return {
      method: named ? 'PUT' : 'POST',
      target: `${collection}${named ? '/fodder' : ''}${this.#query(1)}`,
      headers: { 'content-type': 'application/json', ...this.#headers(1) },
      body: encoder.encode(JSON.stringify(this.#mutated(object))),
    };
  }

  #wrongPatch(): BadRequest {
    const [collection, object] = this.#pick(templates);
    const operation = (): unknown => ({
      op: this.#pick(['add', 'remove', 'replace', 'move', 'copy', 'test', 'x', '']),
      path: this.#pick([
        '',
        '/',
        '/metadata',
        '/spec/replicas',
        '/data/a/b',
        'x',
        '/metadata/labels/~2',
        '/-',
        '/data/-1',
      ]),
      ...(this.#random.next() < 0.5 ? { value: this.#pick(wrongValues) } : {}),
      ...(this.#random.next() < 0.3 ? { from: this.#pick(['/metadata', '/x', '']) } : {}),
    });
    const operations = this.#random.next() < 0.4;
    return {
      method: 'PATCH',
      target: `${collection}/${this.#pick(['fodder', 'none', 'fodder/status', 'fodder/scale'])}${this.#query(2)}`,
      headers: { 'content-type': this.#pick(patchTypes) },
      body: encoder.encode(
        JSON.stringify(
          operations ? Array.from({ length: this.#upTo(4) }, operation) : this.#mutated(object),
        ),
      ),
    };
  }

  #strangePath(): BadRequest {
    const length = 1 + this.#upTo(9);
    const known =
      this.#random.next() < 0.5
        ? this.#pick(['/api/v1', '/apis/apps/v1', '/api/v1/namespaces/default'])
        : '';
    const path = Array.from({ length }, () => this.#pick(pieces)).join('/');
    return {
      method: this.#pick(methods),
      target: `${known}/${path}${this.#query(2)}`,
      headers: this.#headers(2),
      body: undefined,
    };
  }

  #strangeQuery(): BadRequest {
    const [collection] = this.#pick(templates);
    return {
      method: this.#pick(['GET', 'GET', 'GET', 'DELETE', 'HEAD']),
      target: `${collection}${this.#pick(['', '/none', '/none/log', '/none/scale'])}?${this.#query(4).slice(1)}`,
      headers: this.#headers(2),
      body: undefined,
    };
  }

  #brokenBody(): BadRequest {
    const [collection, object] = this.#pick(templates);
    const text = JSON.stringify(object);
    const at = this.#upTo(text.length);
    const body = this.#pick<() => Uint8Array | string>([
      () => text.slice(0, at),
      () =>
        `${text.slice(0, at)}${this.#pick(['}', '"', ',', '\\', '\\ud800', '\u0000', '1e', '/*'])}${text.slice(at)}`,
      () => this.#random.bytes(1 + this.#upTo(400)),
      () =>
        new Uint8Array([
          ...encoder.encode(text.slice(0, at)),
          0xc0,
          0x80,
          0xff,
          ...encoder.encode(text.slice(at)),
        ]),
      () => text.replace('{', `{"kind":"Other","kind":1,"metadata":{"name":"x","name":"y"},`),
      () => '['.repeat(20_000),
      () => '{"a":'.repeat(20_000),
      () => `${'['.repeat(5000)}${']'.repeat(5000)}`,
      () => '',
      () => 'null',
      () => '"text"',
      () => '[]',
      () => `${text}${text}`,
      () =>
        'a: &a [x, x]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b]\nd: &d [*c, *c, *c]\ne: [*d, *d, *d]\n',
      () => 'kind: ConfigMap\n\tapiVersion: v1\n',
      () => '- a\n b: c\n  - d: [}\n',
      () => '--- !!binary x\n...\n---\n? {a: b}\n: c\n',
      () => `${'- '.repeat(3000)}x`,
      () => `k8s\u0000${String.fromCharCode(this.#upTo(255))}\u0012${text}`,
    ])();
    return {
      method: this.#pick(['POST', 'POST', 'PUT', 'PATCH', 'DELETE']),
      target: `${collection}${this.#pick(['', '/fodder'])}${this.#query(1)}`,
      headers: { 'content-type': this.#pick(headerValues['content-type'] ?? []) },
      body: typeof body === 'string' ? encoder.encode(body) : body,
    };
  }

  #hugeBody(): BadRequest {
    const labels = (count: number): object => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'huge',
        labels: Object.fromEntries(Array.from({ length: count }, (_, index) => [`l${index}`, ''])),
      },
    });
    return {
      method: 'POST',
      target: '/api/v1/namespaces/default/configmaps',
      headers: { 'content-type': this.#pick(['application/json', 'application/yaml']) },
      body: this.#pick<() => Uint8Array>([
        () => new Uint8Array(3 * MIB + 1 + this.#upTo(MIB)).fill(0x20),
        () => encoder.encode(JSON.stringify(labels(100_000))),
        () =>
          encoder.encode(
            JSON.stringify({
              apiVersion: 'v1',
              kind: 'ConfigMap',
              metadata: { name: 'huge' },
              data: { a: 'x'.repeat(2 * MIB) },
            }),
          ),
        () => encoder.encode(JSON.stringify(Array.from({ length: 100_000 }, () => ({})))),
      ])(),
    };
  }
}
