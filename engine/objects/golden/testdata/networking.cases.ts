import { change, creation, like, type GoldenCase } from '../case.ts';

const backend = { service: { name: 'web', port: { number: 80 } } };
const ingress = like({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'web' },
  spec: {
    rules: [
      { host: 'example.com', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } },
    ],
  },
});
const paths = 'spec.rules[0].http.paths';
const path = (pathType: unknown, text: string) => ({ path: text, pathType, backend });
const ingressClass = like({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IngressClass',
  metadata: { name: 'external' },
  spec: { controller: 'example.com/controller' },
});
const policy = like({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'deny' },
  spec: { podSelector: {} },
});
const rules = (ports: unknown, from?: unknown) => ({ 'spec.ingress': [{ ports, from }] });
const address = like({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IPAddress',
  metadata: { name: '10.9.8.7' },
  spec: { parentRef: { resource: 'services', namespace: 'golden', name: 'web' } },
});
const prefix = like({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'ServiceCIDR',
  metadata: { name: 'more' },
  spec: { cidrs: ['10.77.0.0/16'] },
});

export const cases: readonly GoldenCase[] = [
  creation('ingress', ingress()),
  creation('ingress default backend', ingress({ spec: { defaultBackend: backend } })),
  creation('ingress of nothing', ingress({ spec: {} })),
  creation('ingress bad name', ingress({ 'metadata.name': 'Web_' })),
  creation('ingress hosts', ingress({
    'spec.rules': [
      { host: '*.example.com' },
      { host: '*' },
      { host: '10.0.0.1' },
      { host: 'Bad_Host' },
      { http: { paths: [] } },
      {},
    ],
  })),
  creation('ingress paths', ingress({
    [paths]: [
      path('Exact', 'relative'),
      path('Prefix', '/a//b'),
      path('Exact', '/a/./b/..'),
      path('Prefix', '/a%2Fb/.'),
      path('Prefix', ''),
      path('ImplementationSpecific', ''),
      path('ImplementationSpecific', 'x'),
      path('Other', '/x'),
      path(undefined, '/x'),
    ],
  })),
  creation('ingress backends', ingress({
    [paths]: [
      { path: '/', pathType: 'Exact', backend: {} },
      {
        path: '/',
        pathType: 'Exact',
        backend: { ...backend, resource: { kind: 'Bucket', name: 'b', apiGroup: 'x.io' } },
      },
      { path: '/', pathType: 'Exact', backend: { resource: { kind: '', name: 'a/b', apiGroup: 'X' } } },
      { path: '/', pathType: 'Exact', backend: { resource: { kind: '..', name: '' } } },
      { path: '/', pathType: 'Exact', backend: { service: { name: 'Bad.', port: { name: 'Bad_Port' } } } },
      { path: '/', pathType: 'Exact', backend: { service: { name: '1web', port: { number: 70000 } } } },
      { path: '/', pathType: 'Exact', backend: { service: { name: '', port: {} } } },
      { path: '/', pathType: 'Exact', backend: { service: { name: 'a', port: { name: 'a', number: 1 } } } },
    ],
  })),
  creation('ingress TLS', ingress({
    'spec.tls': [
      { hosts: ['*.example.com', '*bad', 'Bad_'], secretName: 'Not Secret' },
      { secretName: 'good' },
    ],
    'spec.ingressClassName': 'Bad Class',
  })),
  creation('ingress class annotation', ingress({
    'metadata.annotations': { 'kubernetes.io/ingress.class': 'nginx' },
  })),
  creation('ingress class annotation mismatch', ingress({
    'metadata.annotations': { 'kubernetes.io/ingress.class': 'nginx' },
    'spec.ingressClassName': 'traefik',
  })),
  creation('ingress status is dropped', ingress({
    status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } },
  })),
  change('ingress new path', ingress(), { [`${paths}[0].path`]: '/new' }),
  change('ingress labels only', ingress(), { 'metadata.labels': { a: 'b' } }),
  change('ingress status', ingress(), {
    'spec.rules': [],
    status: {
      loadBalancer: {
        ingress: [
          { ip: '1.2.3.4' },
          { hostname: 'a.example.com', ports: [{ port: 80, protocol: 'TCP' }] },
          { ip: 'FD00::1' },
        ],
      },
    },
  }, 'status'),
  change('ingress bad status', ingress(), {
    status: {
      loadBalancer: { ingress: [{ ip: '1.2.3.04' }, { hostname: '1.2.3.4' }, { hostname: 'A_B' }] },
    },
  }, 'status'),
  creation('ingress class', ingressClass()),
  creation('default ingress class', ingressClass({
    'metadata.annotations': { 'ingressclass.kubernetes.io/is-default-class': 'true' },
    'spec.parameters': { apiGroup: 'x.io', kind: 'Params', name: 'p' },
  })),
  creation('ingress class bad controller', ingressClass({ 'spec.controller': 'plain' })),
  creation('ingress class no controller', ingressClass({ 'spec.controller': '' })),
  creation('ingress class controller parts', ingressClass({ 'spec.controller': 'Bad_/a b' })),
  creation('ingress class long controller', ingressClass({
    'spec.controller': `example.com/${'a'.repeat(250)}`,
  })),
  creation('ingress class bad parameters', ingressClass({
    'spec.parameters': { apiGroup: 'X_', kind: '', name: 'a/b', scope: 'Galaxy' },
  })),
  creation('ingress class parameters scope', ingressClass({
    'spec.parameters': { kind: 'P', name: 'p', scope: 'Namespace' },
  })),
  creation('ingress class parameters namespace', ingressClass({
    'spec.parameters': { kind: 'P', name: 'p', scope: 'Namespace', namespace: 'Bad_' },
  })),
  creation('ingress class parameters of the cluster', ingressClass({
    'spec.parameters': { kind: 'P', name: 'p', scope: 'Cluster', namespace: 'x' },
  })),
  change('ingress class new controller', ingressClass(), { 'spec.controller': 'example.com/other' }),
  change('ingress class new parameters', ingressClass(), {
    'spec.parameters': { kind: 'P', name: 'p', scope: 'Cluster' },
  }),
  creation('policy', policy()),
  creation('policy with egress', policy({
    'spec.egress': [{ to: [{ namespaceSelector: {}, podSelector: { matchLabels: { a: 'b' } } }] }],
    'spec.podSelector': { matchExpressions: [{ key: 'a', operator: 'Exists' }] },
  })),
  creation('policy ports', policy(rules([
    {},
    { port: 80 },
    { port: 'http', protocol: 'UDP' },
    { port: 100, endPort: 200 },
    { port: 200, endPort: 100 },
    { port: 0 },
    { port: 70000, endPort: 80000 },
    { port: 'Bad_Port' },
    { port: 'http', endPort: 90 },
    { endPort: 90 },
    { protocol: 'ICMP' },
  ]))),
  creation('policy peers', policy({
    ...rules([], [
      {},
      { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } },
      { ipBlock: { cidr: '10.0.0.0/8' }, podSelector: {} },
      { ipBlock: { cidr: '' } },
      { ipBlock: { cidr: 'bad', except: ['bad'] } },
      { ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/16', '10.0.0.0/8', 'x', 'fd00::/64'] } },
      { ipBlock: { cidr: '10.0.0.1/8' } },
      { ipBlock: { cidr: '010.0.0.0/8' } },
      { podSelector: { matchLabels: { 'a b': 'c d' } } },
      { namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'Is' }] } },
    ]),
    'spec.podSelector': { matchExpressions: [{ key: 'a', operator: 'In' }] },
  })),
  creation('policy types', policy({ 'spec.policyTypes': ['Ingress', 'Sideways'] })),
  creation('policy too many types', policy({
    'spec.policyTypes': ['Ingress', 'Egress', 'Ingress'],
  })),
  creation('policy IPv6 notation', policy({
    'spec.egress': [{ to: [{ ipBlock: { cidr: 'FD00:0::/32', except: ['fd00:0:1:0::/64'] } }] }],
  })),
  change('policy new rule', policy(), { ...rules([{ port: 1 }]) }),
  change('policy bad rule', policy(), { ...rules([{ port: 0 }]) }),
  creation('address', address()),
  creation('address bad', address({
    'metadata.name': 'FD00::1',
    'spec.parentRef': { group: 'X_', resource: '', name: 'a/b', namespace: '..' },
  })),
  creation('address of nobody', address({ spec: {} })),
  change('address new parent', address(), { 'spec.parentRef.name': 'other' }),
  creation('prefix', prefix({ 'spec.cidrs': ['10.78.0.0/16', 'fd00:78::/112'] })),
  creation('prefix none', prefix({ 'spec.cidrs': [] })),
  creation('prefix many', prefix({
    'spec.cidrs': ['10.77.0.0/16', 'fd00:77::/112', '10.79.0.0/16'],
  })),
  creation('prefix bad', prefix({ 'spec.cidrs': ['10.77.0.1/16', '10.079.0.0/16'] })),
  creation('prefix one family', prefix({ 'spec.cidrs': ['10.77.0.0/16', '10.79.0.0/16'] })),
  change('prefix becomes dual', prefix(), { 'spec.cidrs': ['10.77.0.0/16', 'fd00:77::/112'] }),
  change('prefix changes', prefix(), { 'spec.cidrs': ['10.99.0.0/16'] }),
  change('prefix changes while becoming dual', prefix(), {
    'spec.cidrs': ['10.99.0.0/16', '10.98.0.0/16'],
  }),
  change('prefix goes', prefix(), { 'spec.cidrs': [] }),
];
