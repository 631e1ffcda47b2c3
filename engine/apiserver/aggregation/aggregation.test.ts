import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { OutboundRequest } from '../../api/http-message.ts';
import type { TakenOver } from '../../http/index.ts';
import type { UserInfo } from '../auth/user-info.ts';
import { OutboundError, type Outbound, type Peer } from '../outbound/outbound.ts';
import { TestServer } from '../testing/test-server.ts';
import { API_SERVICES } from './api-service.ts';

/** What kube-apiserver 1.37.2 does with the same server behind it was recorded. */

let server: TestServer;
let asked: { readonly peer: Peer; readonly request: OutboundRequest }[] = [];
let broken = false;

const path = '/apis/agg.example.com/v1';
const widget = { resource: 'widgets', scope: 'Namespaced', verbs: ['get'] };
const discovery = {
  kind: 'APIGroupDiscoveryList',
  items: [
    { metadata: { name: 'agg.example.com' }, versions: [{ version: 'v1', resources: [widget] }] },
  ],
};
const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const answers: Readonly<Record<string, { readonly type?: string; readonly body: object }>> = {
  '/apis': { type: AGGREGATED, body: discovery },
  [path]: { body: { kind: 'APIResourceList', groupVersion: 'agg.example.com/v1', resources: [] } },
  [`${path}/widgets`]: { body: { kind: 'WidgetList', items: [] } },
  '/openapi/v3': {
    body: { paths: { [path.slice(1)]: { serverRelativeURL: `/openapi/v3${path}?hash=AB` } } },
  },
  [`/openapi/v3${path}`]: { body: { openapi: '3.0.0' } },
  '/openapi/v2': {
    body: {
      paths: {
        [`${path}/widgets`]: { get: { responses: { $ref: '#/definitions/a.Widget' } } },
        '/apis': {},
      },
      definitions: { 'a.Widget': { $ref: '#/definitions/a.Size' }, 'a.Size': {}, 'a.Other': {} },
    },
  },
};

const outbound: Outbound = (peer, request) => {
  asked.push({ peer, request });
  const { pathname } = new URL(request.url);
  if (broken)
    throw new OutboundError('UNREACHABLE', 'dial tcp 10.96.0.7:443: connect: connection refused');
  if (pathname === `${path}/echo`)
    return Promise.resolve<TakenOver>({
      status: 101,
      headers: new Headers({ upgrade: 'echo', connection: 'Upgrade' }),
      takeOver: ({ readable, writable }) => readable.pipeTo(writable),
    });
  if (pathname === `${path}/moved`)
    return Promise.resolve({ status: 302, headers: new Headers(), body: null });
  const { type = 'application/json', body } = answers[pathname] ?? { body: {} };
  return Promise.resolve({
    status: answers[pathname] === undefined ? 404 : 200,
    headers: new Headers({
      'content-type': type,
      'access-control-allow-origin': '*',
      'x-own': '1',
    }),
    body: new TextEncoder().encode(JSON.stringify(body)),
  });
};

interface Condition {
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

const NAME = 'v1.agg.example.com';

async function condition(name = NAME): Promise<Condition | undefined> {
  const { body } = await server.request('GET', `${API_SERVICES}/${name}`);
  const { status } = body as { readonly status?: { readonly conditions?: readonly Condition[] } };
  return status?.conditions?.[0];
}

beforeAll(async () => {
  server = await TestServer.start({
    outbound,
    frontProxyClient: { certificate: 'CERTIFICATE', key: 'KEY' },
  });
});

beforeEach(() => {
  asked = [];
  broken = false;
});

afterAll(() => server.stop());

const make = (kind: string, apiVersion: string, name: string, rest: object): object => ({
  kind,
  apiVersion,
  metadata: { name, ...('metadata' in rest ? (rest.metadata as object) : {}) },
  ...Object.fromEntries(Object.entries(rest).filter(([key]) => key !== 'metadata')),
});

test('what the server serves itself is registered and available', async () => {
  expect(await condition('v1.apps')).toMatchObject({
    status: 'True',
    reason: 'Local',
    message: 'Local APIServices are always available',
  });
  const { body } = await server.request('GET', `${API_SERVICES}/v2.autoscaling`);
  expect(body).toMatchObject({
    metadata: { labels: { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' } },
    spec: {
      group: 'autoscaling',
      version: 'v2',
      groupPriorityMinimum: 17_500,
      versionPriority: 30,
    },
  });
});

test('what a definition describes is registered as long as it is there', async () => {
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const names = { plural: 'things', singular: 'thing', kind: 'Thing' };
  const schema = { openAPIV3Schema: { type: 'object' } };
  const versions = [{ name: 'v1', served: true, storage: true, schema }];
  const spec = { group: 'crd.example.com', scope: 'Namespaced', names, versions };
  const body = make(
    'CustomResourceDefinition',
    'apiextensions.k8s.io/v1',
    'things.crd.example.com',
    { spec },
  );
  await server.request('POST', definitions, { body });
  await expect.poll(() => condition('v1.crd.example.com')).toMatchObject({ reason: 'Local' });
  await server.request('DELETE', `${definitions}/things.crd.example.com`);
  const gone = () => server.request('GET', `${API_SERVICES}/v1.crd.example.com`);
  await expect.poll(async () => (await gone()).status).toBe(404);
});

describe('a server behind this one', () => {
  test('is available when its Service, endpoints and discovery are there', async () => {
    const spec = {
      group: 'agg.example.com',
      version: 'v1',
      groupPriorityMinimum: 17_150,
      versionPriority: 10,
      service: { namespace: 'default', name: 'agg', port: 443 },
      caBundle: btoa('-----BEGIN CERTIFICATE-----'),
      insecureSkipTLSVerify: false,
    };
    const { caBundle: _, ...unchecked } = { ...spec, insecureSkipTLSVerify: true };
    const created = await server.request('POST', API_SERVICES, {
      body: make('APIService', 'apiregistration.k8s.io/v1', NAME, { spec: unchecked }),
    });
    expect(created.status).toBe(201);
    await expect
      .poll(() => condition())
      .toMatchObject({
        status: 'False',
        reason: 'ServiceNotFound',
        message: 'service/agg in "default" is not present',
      });
    const refused = await server.request('GET', path);
    expect([refused.status, refused.body]).toEqual([503, 'service unavailable\n']);

    const services = '/api/v1/namespaces/default/services';
    const ports = [{ name: 'https', port: 443 }];
    const service = { spec: { clusterIP: '10.96.0.7', ports } };
    await server.request('POST', services, { body: make('Service', 'v1', 'agg', service) });
    await expect
      .poll(() => condition())
      .toMatchObject({
        reason: 'EndpointsNotFound',
        message: 'cannot find endpointslices for service/agg in "default"',
      });
    const slice = {
      metadata: { labels: { 'kubernetes.io/service-name': 'agg' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.1.0.5'] }],
      ports: [{ name: 'https', port: 6443 }],
    };
    await server.request('POST', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
      body: make('EndpointSlice', 'discovery.k8s.io/v1', 'agg', slice),
    });
    await expect.poll(() => condition()).toMatchObject({ status: 'True', reason: 'Passed' });
    expect(asked[0]?.peer).toEqual({
      host: '10.96.0.7',
      port: 443,
      serverName: 'agg.default.svc',
      insecure: true,
      client: { certificate: 'CERTIFICATE', key: 'KEY' },
    });
  });

  test('gets requests with the identity of who makes them, and nothing of theirs that says another', async () => {
    const user: UserInfo = {
      username: 'jane doe',
      uid: 'u1',
      groups: ['system:masters', 'devs'],
      extra: { 'some/Key': ['v 1', 'v 2'] },
    };
    const headers = {
      authorization: 'Bearer x',
      'x-remote-user': 'evil',
      'x-remote-extra-evil': 'x',
      'x-forwarded-for': '9.9.9.9',
      'x-custom': 'kept',
    };
    const answer = await server.request('GET', `${path}/widgets?limit=5`, { user, headers });
    expect([answer.status, answer.body]).toEqual([200, { kind: 'WidgetList', items: [] }]);
    expect(answer.headers.get('x-own')).toBe('1');
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    const request = asked[0]?.request;
    expect(request?.url).toBe(`https://10.96.0.7:443${path}/widgets?limit=5`);
    expect(request?.repeated).toEqual({
      'x-remote-user': ['jane doe'],
      'x-remote-uid': ['u1'],
      'x-remote-group': ['system:masters', 'devs'],
      'x-remote-extra-some%2FKey': ['v 1', 'v 2'],
    });
    expect(Object.fromEntries(request?.headers ?? [])).toEqual({
      host: '10.96.0.7:443',
      'audit-id': answer.headers.get('audit-id'),
      'x-custom': 'kept',
      'x-forwarded-for': '9.9.9.9, 127.0.0.1',
      'x-forwarded-host': '10.96.0.7:443',
      'x-forwarded-proto': 'https',
      'x-forwarded-uri': `${path}/widgets`,
    });
  });

  test('gets no request of who may not make it', async () => {
    const user: UserInfo = { username: 'jane', groups: ['system:authenticated'] };
    const { status, body } = await server.request('GET', `${path}/widgets`, { user });
    expect([status, asked]).toEqual([403, []]);
    expect(body).toMatchObject({ message: expect.stringContaining('cannot list') as string });
  });

  test('may take a connection over', async () => {
    const response = await server.server.handle(
      {
        method: 'GET',
        url: `http://localhost${path}/echo`,
        headers: new Headers({ connection: 'Upgrade', upgrade: 'echo' }),
        body: null,
      },
      {
        remoteAddress: '127.0.0.1',
        clientCertificates: [],
        user: { username: 'a', groups: ['system:masters'] },
      },
    );
    expect(response).toMatchObject({ status: 101, takeOver: expect.any(Function) as unknown });
    expect(asked[0]?.request.headers.get('upgrade')).toBe('echo');
  });

  test('sends nobody elsewhere', async () => {
    const { status, body } = await server.request('GET', `${path}/moved`);
    expect([status, body]).toEqual([
      502,
      'the backend attempted to redirect this request, which is not permitted',
    ]);
  });

  test('is in discovery, by its priority', async () => {
    const { body } = await server.request('GET', '/apis');
    const { groups } = body as unknown as { readonly groups: readonly { readonly name: string }[] };
    const names = groups.map(({ name }) => name);
    expect(names.slice(names.indexOf('agg.example.com') - 1).slice(0, 3)).toEqual([
      'networking.k8s.io',
      'agg.example.com',
      'policy',
    ]);
    const { body: group } = await server.request('GET', '/apis/agg.example.com');
    const version = { groupVersion: 'agg.example.com/v1', version: 'v1' };
    expect(group).toMatchObject({ versions: [version], preferredVersion: version });
    const whole = await server.request('GET', '/apis', { headers: { accept: AGGREGATED } });
    const { items } = whole.body as unknown as typeof discovery;
    expect(items.find(({ metadata }) => metadata.name === 'agg.example.com')?.versions).toEqual([
      { version: 'v1', resources: [widget], freshness: 'Current' },
    ]);
  });

  test('has its documents among the others', async () => {
    const { body } = await server.request('GET', '/openapi/v3');
    const { paths } = body as unknown as { readonly paths: Readonly<Record<string, unknown>> };
    expect(paths['apis/agg.example.com/v1']).toEqual({
      serverRelativeURL: '/openapi/v3/apis/agg.example.com/v1?hash=AB',
    });
    const document = await server.request('GET', `/openapi/v3${path}?hash=AB`);
    expect(document.body).toEqual({ openapi: '3.0.0' });
    const { body: older } = await server.request('GET', '/openapi/v2');
    const { definitions } = older as unknown as { readonly definitions: object };
    expect(Object.keys(definitions).filter((name) => name.startsWith('a.'))).toEqual([
      'a.Widget',
      'a.Size',
    ]);
  });

  test('that does not answer is told', async () => {
    broken = true;
    const { status, body } = await server.request('GET', `${path}/widgets`);
    const why = 'dial tcp 10.96.0.7:443: connect: connection refused';
    expect([status, body]).toEqual([503, `error trying to reach service: ${why}\n`]);
    server.clock.advance(30_000);
    const url = `https://10.96.0.7:443${path}`;
    await expect
      .poll(() => condition())
      .toMatchObject({
        reason: 'FailedDiscoveryCheck',
        message: `failing or missing response from ${url}: Get "${url}": ${why}`,
      });
  });

  test('is gone with its APIService', async () => {
    await server.request('DELETE', `${API_SERVICES}/${NAME}`);
    await expect.poll(async () => (await server.request('GET', path)).status).toBe(404);
    const documents = async (): Promise<readonly string[]> => {
      const { body } = await server.request('GET', '/openapi/v3');
      return Object.keys((body as unknown as { readonly paths: object }).paths);
    };
    await expect.poll(documents).not.toContain('apis/agg.example.com/v1');
  });
});
